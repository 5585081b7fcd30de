// The settings of a checkout: secrets are generated once, nothing that is set is touched, URLs are shown without credentials.
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { withSecrets } from '../../services/cli/settings.ts'
import { readWorkerConfig } from '../../src/config.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'

const SECRETS = ['SEALING_KEY', 'UNSEALING_KEYS', 'AUTH_SECRET', 'ADMIN_EMAIL', 'ADMIN_PASSWORD']

test('an empty file gets every secret', () => {
  const { text, added } = withSecrets('', {})
  const values = parseEnv(text)
  expect(added).toEqual(SECRETS)
  const { sealingKey } = readWorkerConfig({ MONGODB_URL: 'mongodb://x/y', REDIS_URL: 'redis://x', ...values })
  expect(sealingKey.id).toBe('k1')
  expect(values['AUTH_SECRET']?.length).toBeGreaterThanOrEqual(32)
  expect(values['ADMIN_PASSWORD']?.length).toBeGreaterThanOrEqual(16)
})

test('what is set stays byte for byte', () => {
  const before =
    '# mine\nAUTH_SECRET=set\nSEALING_KEY="k9:abc"\nUNSEALING_KEYS=k9:def\nADMIN_EMAIL=me@example.com\nADMIN_PASSWORD=mine # really\n'
  expect(withSecrets(before, {})).toEqual({ text: before, added: [] })
})

test('an empty or commented line is filled in where it stands, a missing one is added at the end', () => {
  const { text } = withSecrets(
    '# keys\nSEALING_KEY=\nUNSEALING_KEYS=\n# AUTH_SECRET=\nPORT=3000\nADMIN_EMAIL=me@example.com',
    {},
  )
  expect(text).toMatch(
    /^# keys\nSEALING_KEY=k1:\S+\nUNSEALING_KEYS=k1:\S+\nAUTH_SECRET=\S+\nPORT=3000\nADMIN_EMAIL=me@example.com\nADMIN_PASSWORD=\S+\n$/,
  )
})

test('what the environment sets is not written to the file', () => {
  expect(withSecrets('', { AUTH_SECRET: 'x' }).added).not.toContain('AUTH_SECRET')
  expect(withSecrets('', { AUTH_SECRET_FILE: '/run/secrets/x' }).added).not.toContain('AUTH_SECRET')
})

test('where half of a pair of keys is set, the other half is not made up', () => {
  expect(withSecrets('SEALING_KEY=k1:x', {}).added).toEqual(['AUTH_SECRET', 'ADMIN_EMAIL', 'ADMIN_PASSWORD'])
})

test('two files never get the same secret', () => {
  expect(withSecrets('', {}).text).not.toBe(withSecrets('', {}).text)
})

test.each([
  ['mongodb://me:secret@db.example.com:27017/app?authSource=admin', 'mongodb://db.example.com:27017/app'],
  ['mongodb://me:secret@a.example.com:1,b.example.com:2/app', 'mongodb://a.example.com:1,b.example.com:2/app'],
  ['mongodb://me:sec/re@t@a.example.com/app', 'mongodb://a.example.com/app'],
  ['rediss://:secret@cache.example.com:6380', 'rediss://cache.example.com:6380'],
  ['secret', '(not shown)'],
  ['/run/redis/redis.sock?db=1', '/run/redis/redis.sock'],
  ['mongodb://%2Frun%2Fmongo.sock/app', 'mongodb://%2Frun%2Fmongo.sock/app'],
])('%s is shown as %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown)
})
