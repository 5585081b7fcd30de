// The configuration: what is taken, what is refused and how, and that .env.example tells the truth.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { ConfigError, readApiConfig, readWorkerConfig, variables } from '../../src/config.ts'
import { secretVariables } from '../../src/environment.ts'

const keys = newSealingKeys()
const stores = { MONGODB_URL: 'mongodb://127.0.0.1/x', REDIS_URL: 'redis://127.0.0.1' }
const least = { ...stores, AUTH_SECRET: '0123456789abcdef'.repeat(2), SEALING_KEY: keys.SEALING_KEY }
const leastOfWorker = { ...stores, ...keys }

const messageOf = (env: Record<string, string>, read: (env: Record<string, string>) => unknown = readApiConfig) => {
  try {
    read(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

test('little has to be set', () => {
  const config = readApiConfig(least)
  expect(config.bluesky).toMatchObject({ serviceUrl: null, allowPrivateNetwork: false })
  expect(config.http.baseUrl).toBe('http://localhost:3000')
  expect(config.sealingKey.id).toBe('k1')
  expect(readWorkerConfig(leastOfWorker).unsealingKeys).toHaveLength(1)
})

test('all mistakes come in one message, with the name and what is expected, and without the value', () => {
  const message = messageOf({
    ...least,
    PORT: 'eighty',
    AUTH_SECRET: 'tooshort',
    MONGODB_URL: '',
    SEALING_KEY: 'k1:c2hvcnQ=',
  })
  expect(message).toContain('PORT is not usable: expected a whole number from 0 to 65535')
  expect(message).toContain('AUTH_SECRET is not usable: expected at least 32 characters')
  expect(message).toContain('MONGODB_URL is not set')
  expect(message).toContain('SEALING_KEY is not usable: expected one "id:key"')
  expect(message).not.toMatch(/eighty|tooshort|c2hvcnQ/)
})

describe('who needs which secret', () => {
  test('the API is not given the key that opens, and a worker not those of the API', () => {
    const everything = { ...least, ...leastOfWorker, ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD: 'made up for this' }
    const told = (config: object) => Object.keys(config)
    expect(told(readApiConfig(everything))).not.toContain('unsealingKeys')
    expect(told(readWorkerConfig(everything))).not.toContain('authSecret')
    expect(told(readWorkerConfig(everything))).not.toContain('firstAdmin')
  })
  test('neither minds mistakes in what only the other needs', () => {
    expect(() => readApiConfig({ ...least, UNSEALING_KEYS: 'nonsense' })).not.toThrow()
    expect(() => readWorkerConfig({ ...leastOfWorker, AUTH_SECRET: 'short', ADMIN_EMAIL: 'nobody' })).not.toThrow()
  })
})

describe('e-mail', () => {
  const mail = { MAIL_FROM: 'Connect <connect@example.com>', SMTP_URL: 'smtp://u%40x:p%25s@mail.example.com' }
  const ofWorker = (env: Record<string, string>) => readWorkerConfig({ ...leastOfWorker, ...env })

  test('it is off unless it is set', () => {
    expect(readApiConfig(least).mail).toBeNull()
    expect(ofWorker({})).toMatchObject({ mail: null, smtp: null })
  })
  test('the API knows from whom mails come, and not where they are handed in', () => {
    const config = readApiConfig({ ...least, ...mail })
    expect(config.mail).toEqual({ from: { name: 'Connect', address: 'connect@example.com' } })
    expect(Object.keys(config)).not.toContain('smtp')
  })
  test('a worker knows both', () => {
    expect(ofWorker(mail).smtp).toEqual({
      host: 'mail.example.com',
      port: 587,
      secure: false,
      requireTls: true,
      auth: { user: 'u@x', pass: 'p%s' },
    })
  })
  test.each([
    ['smtps://mail.example.com', { port: 465, secure: true, requireTls: false, auth: null }],
    ['smtps://mail.example.com:2465/', { port: 2465, secure: true }],
    ['smtp://mail.example.com:25?tls=optional', { port: 25, requireTls: false }],
    ['smtp://127.0.0.1:1025', { port: 1025, requireTls: false }],
    ['smtp://[::1]:1025', { host: '::1', requireTls: false }],
    ['smtp://127.0.0.1.example.com:25', { requireTls: true }],
  ])('%s', (url, expected) => {
    expect(ofWorker({ ...mail, SMTP_URL: url }).smtp).toMatchObject(expected)
  })
  test.each([
    'mail.example.com',
    'https://mail.example.com',
    'smtp://',
    'smtp://s3cret@mail.example.com',
    'smtp://u:s3cret@mail.example.com/box',
    'smtp://u:s3cret@mail.example.com?tls=off',
    'smtp://u:s3cret%@mail.example.com',
  ])('%s is refused, without being repeated', (url) => {
    const message = messageOf({ ...mail, SMTP_URL: url }, ofWorker)
    expect(message).toContain('SMTP_URL is not usable: expected an address such as smtps://')
    expect(message).not.toContain('s3cret')
  })
  test.each([
    'nobody',
    'Connect <>',
    'a@example.com, b@example.com',
    'A\nBcc: b@example.com <a@example.com>',
    '<a@b> <c@d.de>',
  ])('%s is from nobody', (from) => {
    expect(messageOf({ ...least, MAIL_FROM: from })).toContain('MAIL_FROM is not usable: expected an e-mail address')
  })
  test.each([
    ['connect@example.com', '', 'connect@example.com'],
    ['"Connect, Bluesky" <connect@example.com>', 'Connect, Bluesky', 'connect@example.com'],
    ['Grüße <connect@example.com>', 'Grüße', 'connect@example.com'],
  ])('%s', (from, name, address) => {
    expect(readApiConfig({ ...least, MAIL_FROM: from }).mail).toEqual({ from: { name, address } })
  })
  test('one without the other is a mistake, where both are seen and needed', () => {
    expect(messageOf({ SMTP_URL: mail.SMTP_URL }, ofWorker)).toContain('SMTP_URL is set and MAIL_FROM is not')
    expect(messageOf({ MAIL_FROM: mail.MAIL_FROM }, ofWorker)).toContain('MAIL_FROM is set and SMTP_URL is not')
    expect(ofWorker({ MAIL_FROM: mail.MAIL_FROM, WORKER_QUEUES: 'connect' })).toMatchObject({ smtp: null })
  })
})

describe('a proxy in the environment', () => {
  const ofWorker = (env: Record<string, string>) => readWorkerConfig({ ...leastOfWorker, ...env })

  test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])(
    '%s: a worker does not start, and says what to do',
    (name) => {
      const message = messageOf({ [name]: 'http://user:s3cret@proxy.example:3128' }, ofWorker)
      expect(message).toContain(`${name}: workers use no proxy`)
      expect(message).toContain('NO_PROXY=*')
      expect(message).not.toContain('s3cret')
    },
  )

  test('all that are set are named at once', () => {
    const both = { HTTPS_PROXY: 'http://proxy.example', http_proxy: 'http://proxy.example' }
    expect(messageOf(both, ofWorker)).toContain('HTTPS_PROXY, http_proxy: workers use no proxy')
  })

  test.each<Record<string, string>>([
    { HTTPS_PROXY: '' },
    { HTTPS_PROXY: 'http://proxy.example', NO_PROXY: '*' },
    { HTTPS_PROXY: 'http://proxy.example', no_proxy: 'localhost, *' },
    { NO_PROXY: 'localhost' },
  ])('%j: there is none to use', (env) => {
    expect(() => ofWorker(env)).not.toThrow()
  })

  test('exceptions for some hosts leave it set for all others', () => {
    const env = { HTTPS_PROXY: 'http://proxy.example', NO_PROXY: 'localhost,.example.com,*.example.net' }
    expect(messageOf(env, ofWorker)).toContain('HTTPS_PROXY')
  })

  test('the API, which calls no server, does not mind', () => {
    expect(() => readApiConfig({ ...least, HTTPS_PROXY: 'http://proxy.example' })).not.toThrow()
  })
})

describe('the keys', () => {
  const other = newSealingKeys('k2')
  const ofWorker = (env: Record<string, string>) => messageOf({ ...leastOfWorker, ...env }, readWorkerConfig)

  test('a worker takes old private keys beside the one that belongs to SEALING_KEY', () => {
    const both = { ...other, UNSEALING_KEYS: `${keys.UNSEALING_KEYS},${other.UNSEALING_KEYS}` }
    const { sealingKey, unsealingKeys } = readWorkerConfig({ ...leastOfWorker, ...both })
    expect(sealingKey.id).toBe('k2')
    expect(unsealingKeys.map(({ id }) => id)).toEqual(['k1', 'k2'])
  })
  test('a worker that could not open what is sealed does not start', () => {
    const expected = 'SEALING_KEY is not usable: expected the public half, and the id, of one of UNSEALING_KEYS'
    expect(ofWorker({ SEALING_KEY: other.SEALING_KEY })).toContain(expected)
    expect(ofWorker({ SEALING_KEY: newSealingKeys('k1').SEALING_KEY })).toContain(expected)
  })
  test('a private key is no public one, nor the other way round', () => {
    expect(messageOf({ ...least, SEALING_KEY: keys.UNSEALING_KEYS })).toContain('SEALING_KEY is not usable')
    expect(ofWorker({ UNSEALING_KEYS: keys.SEALING_KEY })).toContain('UNSEALING_KEYS is not usable')
  })
  test('an id stands for one key', () => {
    expect(ofWorker({ UNSEALING_KEYS: `${keys.UNSEALING_KEYS},${newSealingKeys('k1').UNSEALING_KEYS}` })).toContain(
      'each with an id of its own',
    )
  })
})

describe('a secret in a file', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'config-test-'))
    return () => rm(dir, { recursive: true })
  })
  const written = async (text: string) => {
    const file = join(dir, 'secret')
    await writeFile(file, text)
    return file
  }
  const { AUTH_SECRET: _, ...rest } = least

  test.for(secretVariables)('%s', async (name) => {
    const { [name]: value = 'made up for this', ...others } = { ...least, ...keys } as Record<string, string>
    const more: Record<string, string> = name === 'ADMIN_PASSWORD' ? { ADMIN_EMAIL: 'a@example.com' } : {}
    const read = name === 'UNSEALING_KEYS' ? readWorkerConfig : readApiConfig
    const fromFile = read({ ...others, ...more, [`${name}_FILE`]: await written(`${value}\n`) })
    expect(fromFile).toEqual(read({ ...others, ...more, [name]: value }))
  })
  test('loses the line break at its end, and nothing else', async () => {
    const secret = ` ${least.AUTH_SECRET} \n`
    expect(readApiConfig({ ...rest, AUTH_SECRET_FILE: await written(`${secret}\r\n`) }).authSecret).toBe(secret)
  })
  test('beside the variable itself is a mistake', async () => {
    expect(messageOf({ ...least, AUTH_SECRET_FILE: await written('abcdefghijklmn'.repeat(4)) })).toContain(
      'AUTH_SECRET and AUTH_SECRET_FILE are both set: expected one of them',
    )
  })
  test('that is missing, empty or too short is a mistake, told once and without its contents', async () => {
    const missing = messageOf({ ...rest, AUTH_SECRET_FILE: join(dir, 'nowhere') })
    expect(missing).toBe('The configuration has mistakes:\n  AUTH_SECRET_FILE cannot be read (ENOENT)')
    expect(messageOf({ ...rest, AUTH_SECRET_FILE: await written('\n') })).toBe(
      'The configuration has mistakes:\n  AUTH_SECRET_FILE is not usable: the file is empty',
    )
    const short = messageOf({ ...rest, AUTH_SECRET_FILE: await written('tooshort') })
    expect(short).toContain('AUTH_SECRET is not usable: expected at least 32 characters')
    expect(short).not.toContain('tooshort')
  })
})

describe('the stores', () => {
  const redisOf = (url: string) => readApiConfig({ ...least, REDIS_URL: url }).redis
  const one = (host: string, port = 6379) => ({ host, port })
  test.for([
    ['/run/redis.sock', { kind: 'socket', path: '/run/redis.sock' }],
    ['/run/redis.sock?username=u&password=p%25&db=2', { user: { username: 'u', password: 'p%' }, db: 2 }],
    ['redis://127.0.0.1', { kind: 'server', hosts: [one('127.0.0.1')], tls: false, db: 0, user: {} }],
    ['redis://[::1]:7000/3', { hosts: [one('::1', 7000)], db: 3 }],
    ['rediss://:s3cret@cache.example.com:6380', { tls: true, user: { password: 's3cret' } }],
    ['redis://app:p%40ss%3A@cache', { user: { username: 'app', password: 'p@ss:' } }],
    [
      'redis+sentinel://a,b:7/mine',
      { kind: 'sentinel', hosts: [one('a', 26_379), one('b', 7)], master: 'mine', db: 0 },
    ],
    ['rediss+sentinel://u:p@a/mine/4?sentinelPassword=x', { tls: true, db: 4, sentinelUser: { password: 'x' } }],
    ['redis+cluster://u:p@a:1,b:2', { kind: 'cluster', hosts: [one('a', 1), one('b', 2)], user: { username: 'u' } }],
  ] as const)('REDIS_URL takes %s', ([url, expected]) => {
    expect(redisOf(url).address).toMatchObject(expected)
  })
  test.for([
    'cache.example.com',
    'http://:s3cret@cache',
    'redis://',
    'redis://u:s3cret@a,b',
    'redis://u:s3cret%@a',
    'redis://u:s3cret@a/one',
    'redis://u:s3cret@a?tls=on',
    'redis://u:s3cret@a:70000',
    'redis+sentinel://u:s3cret@a:26379',
    'redis+cluster://u:s3cret@a/1',
  ])('%s is refused, without being repeated', (url) => {
    const message = messageOf({ ...least, REDIS_URL: url })
    expect(message).toContain('REDIS_URL is not usable: expected an address such as redis://')
    expect(message).not.toContain('s3cret')
  })
  test('all keys of a cluster are in one slot, without anybody having to know', () => {
    const prefixOf = (REDIS_URL: string, QUEUE_PREFIX: string) =>
      readApiConfig({ ...least, REDIS_URL, QUEUE_PREFIX }).redis.prefix
    expect(prefixOf('redis+cluster://a', 'mine')).toBe('{mine}')
    expect(prefixOf('redis+cluster://a', '{mine}')).toBe('{mine}')
    expect(prefixOf('redis://a', '{mine}')).toBe('{mine}')
    expect(prefixOf('redis://a', 'mine')).toBe('mine')
    expect(messageOf({ ...least, QUEUE_PREFIX: '{mine' })).toContain('QUEUE_PREFIX is not usable')
  })
  test.for([
    'mongodb://127.0.0.1/x',
    'mongodb://u:p@a.internal:27017,b.internal,c.internal:27018/x?replicaSet=rs0&w=1',
    'mongodb+srv://u:p@cluster.example.com/x',
    'mongodb://%2Frun%2Fmongo.sock/x',
  ])('MONGODB_URL takes %s', (url) => {
    expect(readApiConfig({ ...least, MONGODB_URL: url }).mongo.url).toBe(url)
  })
  test.for(['mysql://u:s3cret@a/x', 'mongodb://', 'a:27017'])('MONGODB_URL does not take %s', (url) => {
    const message = messageOf({ ...least, MONGODB_URL: url })
    expect(message).toContain('MONGODB_URL is not usable: expected an address such as mongodb://')
    expect(message).not.toContain('s3cret')
  })
})

describe('BASE_URL', () => {
  test.for([
    ['https://connect.example.com', 'https://connect.example.com'],
    ['https://connect.example.com/', 'https://connect.example.com'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ])('%s', ([url = '', expected]) => {
    expect(readApiConfig({ ...least, BASE_URL: url }).http.baseUrl).toBe(expected)
  })
  test.for([
    'https://example.com/connect',
    'https://u:s3cret@example.com',
    'https://example.com/?s3cret',
    'https://example.com/#x',
    'https://example.com?',
    'ftp://example.com',
    'example.com',
  ])('%s is refused', (url) => {
    const message = messageOf({ ...least, BASE_URL: url })
    expect(message).toContain(
      'BASE_URL is not usable: expected an address such as https://connect.example.com, without a path',
    )
    expect(message).not.toContain('s3cret')
  })
})

describe('BLUESKY_SERVICE_URL', () => {
  test('empty means the default', () => {
    expect(readApiConfig({ ...least, BLUESKY_SERVICE_URL: ' ' }).bluesky.serviceUrl).toBeNull()
  })
  test('loses its trailing slash', () => {
    expect(readApiConfig({ ...least, BLUESKY_SERVICE_URL: 'https://pds.example.com/' }).bluesky.serviceUrl).toBe(
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
    expect(readApiConfig({ ...http, ALLOW_PRIVATE_NETWORK: 'true' }).bluesky.serviceUrl).toBe('http://pds.lan')
    expect(readApiConfig({ ...http, ALLOW_PRIVATE_NETWORK: '10.0.0.0/8, pds.lan' }).bluesky.serviceUrl).toBe(
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
    expect(readApiConfig({ ...least, ALLOW_PRIVATE_NETWORK: value }).http.httpImages).toEqual(expected)
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
  expect(readApiConfig({ ...example, ...least })).toEqual(readApiConfig(least))
  for (const name of secretVariables) expect(text).toContain(`${name}_FILE`)
})
