// The configuration: what is taken, what is refused and how, and that .env.example tells the truth.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig, variables } from '../../src/config.ts'

const key = Buffer.alloc(32, 7).toString('base64')
const least = {
  MONGODB_URL: 'mongodb://127.0.0.1/x',
  REDIS_URL: 'redis://127.0.0.1',
  AUTH_SECRET: '0123456789abcdef'.repeat(2),
  SECRET_KEYS: `k1:${key}`,
}
const messageOf = (env: Record<string, string>) => {
  try {
    readConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

test('little has to be set', () => {
  const config = readConfig(least)
  expect(config.bluesky).toMatchObject({ serviceUrl: null, allowPrivateNetwork: false })
  expect(config.http.baseUrl).toBe('http://localhost:3000')
  expect(config.sealing.keys).toEqual([{ id: 'k1', key: new Uint8Array(32).fill(7) }])
})

test('all mistakes come in one message, with the name and what is expected, and without the value', () => {
  const message = messageOf({
    ...least,
    PORT: 'eighty',
    AUTH_SECRET: 'tooshort',
    MONGODB_URL: '',
    SECRET_KEYS: 'k1:c2hvcnQ=',
  })
  expect(message).toContain('PORT is not usable: expected a whole number from 0 to 65535')
  expect(message).toContain('AUTH_SECRET is not usable: expected at least 32 characters')
  expect(message).toContain('MONGODB_URL is not set')
  expect(message).toContain('SECRET_KEYS is not usable')
  expect(message).not.toMatch(/eighty|tooshort|c2hvcnQ/)
})

describe('BLUESKY_SERVICE_URL', () => {
  test('empty means the default', () => {
    expect(readConfig({ ...least, BLUESKY_SERVICE_URL: ' ' }).bluesky.serviceUrl).toBeNull()
  })
  test('loses its trailing slash', () => {
    expect(readConfig({ ...least, BLUESKY_SERVICE_URL: 'https://pds.example.com/' }).bluesky.serviceUrl).toBe(
      'https://pds.example.com',
    )
  })
  test.for(['pds.example.com', 'ftp://pds.example.com', 'https://pds.example.com/x', 'https://a:b@pds.example.com'])(
    'refuses %s',
    (url) => {
      expect(messageOf({ ...least, BLUESKY_SERVICE_URL: url })).toContain('BLUESKY_SERVICE_URL is not usable')
    },
  )
  test('takes http only for private networks', () => {
    const http = { ...least, BLUESKY_SERVICE_URL: 'http://pds.lan' }
    expect(messageOf(http)).toContain('ALLOW_PRIVATE_NETWORK')
    expect(readConfig({ ...http, ALLOW_PRIVATE_NETWORK: 'true' }).bluesky.serviceUrl).toBe('http://pds.lan')
    expect(readConfig({ ...http, ALLOW_PRIVATE_NETWORK: '10.0.0.0/8, pds.lan' }).bluesky.serviceUrl).toBe(
      'http://pds.lan',
    )
    expect(messageOf({ ...http, ALLOW_PRIVATE_NETWORK: '10.0.0.0/8, pds.lan:8080' })).toContain('ALLOW_PRIVATE_NETWORK')
  })
  test.for(['yes', '1', '8.8.8.0/24', '10.0.0.0/8,,pds.lan', '10.0.0.0/8 pds.lan'])(
    'refuses %s as what is open of the inside, and says how it is written',
    (value) => {
      const message = messageOf({ ...least, ALLOW_PRIVATE_NETWORK: value })
      expect(message).toContain('ALLOW_PRIVATE_NETWORK is not usable: expected true, false, or private networks')
    },
  )
  test.for([
    ['false', []],
    ['true', ['http:']],
    ['10.0.0.0/8', ['http:']],
    ['pds.lan,*.pds.lan:2583', ['http://pds.lan:*', 'http://*.pds.lan:2583']],
  ] as const)('with %s pictures without https come from %s', ([value, expected]) => {
    expect(readConfig({ ...least, ALLOW_PRIVATE_NETWORK: value }).http.httpImages).toEqual(expected)
  })
})

test('an admin without a password is refused', () => {
  expect(messageOf({ ...least, ADMIN_EMAIL: 'a@example.com' })).toContain(
    'ADMIN_EMAIL and ADMIN_PASSWORD belong together',
  )
})

test('.env.example names every variable, each with its meaning, and its defaults are the real ones', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const lines = text.split('\n')
  const example = Object.fromEntries(
    lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )
  expect(Object.keys(example).toSorted()).toEqual(Object.keys(variables).toSorted())
  for (const [index, line] of lines.entries())
    if (/^[A-Z]/.test(line)) expect(lines[index - 1], line).toMatch(/^(# |[A-Z])/)
  expect(readConfig({ ...example, ...least })).toEqual(readConfig(least))
})
