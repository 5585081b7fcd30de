// `service.sh keys rotate` changes two lines of `.env`, in two steps, and goes on where it was broken off.
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { withNewestSealing, withNewKey } from '../../services/cli/keys.ts'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { readWorkerConfig } from '../../src/config.ts'

const { SEALING_KEY, UNSEALING_KEYS } = newSealingKeys('k7')
const before = `# mine\nPORT=3000\nSEALING_KEY=${SEALING_KEY}\n export UNSEALING_KEYS = "${UNSEALING_KEYS}"\n# UNSEALING_KEYS=none\nLAST=1\n`
const idsIn = (text: string) => {
  const values = { MONGODB_URL: 'mongodb://x/y', REDIS_URL: 'redis://x', ...parseEnv(text) }
  const { sealingKey, unsealingKeys } = readWorkerConfig(values)
  return { seals: sealingKey.id, opens: unsealingKeys.map(({ id }) => id) }
}

test('first the new key opens beside the old one, which goes on sealing', () => {
  const text = withNewKey(before) ?? ''
  expect(idsIn(text)).toEqual({ seals: 'k7', opens: ['k7', 'k8'] })
  expect(text.replace(/UNSEALING_KEYS=k7.*/, '')).toBe(before.replace(/ export UNSEALING_KEYS.*/, ''))
})

test('then it seals', () => {
  expect(idsIn(withNewestSealing(withNewKey(before) ?? ''))).toEqual({ seals: 'k8', opens: ['k7', 'k8'] })
})

test('while one is on its way in, there is no third, and what is done is done once', () => {
  const added = withNewKey(before) ?? ''
  expect(withNewKey(added)).toBeNull()
  const sealing = withNewestSealing(added)
  expect(withNewestSealing(sealing)).toBe(sealing)
  expect(withNewestSealing(before)).toBe(before)
})
