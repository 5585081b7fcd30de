// The settings of a checkout: secrets are generated once, nothing that is set is touched, URLs are shown without credentials.
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { withSecrets } from '../../services/cli/settings.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'

const SECRETS = ['SECRET_KEYS', 'AUTH_SECRET', 'ADMIN_EMAIL', 'ADMIN_PASSWORD']

test('an empty file gets every secret', () => {
  const { text, added } = withSecrets('', {})
  const values = parseEnv(text)
  expect(added).toEqual(SECRETS)
  const [id, key = ''] = values['SECRET_KEYS']?.split(/:(.*)/s) ?? []
  expect(id).toBe('k1')
  expect(Buffer.from(key, 'base64')).toHaveLength(32)
  expect(values['AUTH_SECRET']?.length).toBeGreaterThanOrEqual(32)
  expect(values['ADMIN_PASSWORD']?.length).toBeGreaterThanOrEqual(16)
})

test('what is set stays byte for byte', () => {
  const before =
    '# mine\nAUTH_SECRET=set\nSECRET_KEYS="k9:abc"\nADMIN_EMAIL=me@example.com\nADMIN_PASSWORD=mine # really\n'
  expect(withSecrets(before, {})).toEqual({ text: before, added: [] })
})

test('an empty or commented line is filled in where it stands, a missing one is added at the end', () => {
  const { text } = withSecrets('# keys\nSECRET_KEYS=\n# AUTH_SECRET=\nPORT=3000\nADMIN_EMAIL=me@example.com', {})
  expect(text).toMatch(
    /^# keys\nSECRET_KEYS=k1:\S+\nAUTH_SECRET=\S+\nPORT=3000\nADMIN_EMAIL=me@example.com\nADMIN_PASSWORD=\S+\n$/,
  )
})

test('what the environment sets is not written to the file', () => {
  expect(withSecrets('', { SECRET_KEYS: 'k1:x' }).added).not.toContain('SECRET_KEYS')
})

test('two files never get the same secret', () => {
  expect(withSecrets('', {}).text).not.toBe(withSecrets('', {}).text)
})

test.each([
  ['mongodb://me:secret@db.example.com:27017/app?authSource=admin', 'mongodb://db.example.com:27017/app'],
  ['mongodb://me:secret@a.example.com:1,b.example.com:2/app', '(not shown)'],
  ['rediss://:secret@cache.example.com:6380', 'rediss://cache.example.com:6380'],
  ['secret', '(not shown)'],
])('%s is shown as %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown)
})
