// The doctor: each thing that can be wrong is found where it is, with what to do, within the time, and without a secret.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { examineEnvFile } from '../../services/cli/doctor.ts'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { freePort } from '../../services/processes/ports.ts'
import { startRedis } from '../../services/stores/redis.ts'
import type { Examination } from '../../src/examination.ts'
import { examineAll } from '../../workers/doctor/examine.ts'
import { makeCheckout, type Checkout } from '../helpers/checkout.ts'
import { mailEnv, startMailServer } from '../helpers/mail-server.ts'
import { startAnsweringServer } from '../helpers/odd-servers.ts'
import { startRawServer } from '../helpers/raw-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System
const cleanUps: (() => unknown)[] = []

beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** All that the doctor says with these variables in place of the system's own, by id. */
async function examine(env: Record<string, string> = {}): Promise<Record<string, Examination>> {
  const all = await examineAll({ ...system.env, ...env })
  return Object.fromEntries(all.map((one) => [one.id, one]))
}
/** The ids of what is not well. Names are looked up on a machine that may have no name server. */
const unwell = (found: Record<string, Examination>) =>
  Object.values(found)
    .filter(({ id, health }) => id !== 'dns' && health !== 'ok')
    .map(({ id, health }) => `${id} ${health}`)

const IDS = [
  'configuration',
  'mongodb',
  'mongodb_write',
  'mongodb_indexes',
  'mongodb_migrations',
  'mongodb_disk',
  'redis',
  'redis_write',
  'redis_eviction',
  'redis_persistence',
  'redis_memory',
  'clock',
  'dns',
  'network',
  'plc',
  'appview',
  'handle_resolver',
  'service_url',
  'smtp',
  'keys',
]

test('where all is well it says what there is, and leaves nothing behind', async () => {
  const found = await examine()
  expect(Object.keys(found)).toEqual(IDS)
  // The tests' Redis writes nothing to disk.
  expect(unwell(found)).toEqual(['redis_persistence warning'])
  expect(found['mongodb']?.found).toMatch(/^\d+\.\d+\.\d+ at mongodb:.*answers in \d+ ms$/)
  expect(found['service_url']?.found).toContain(`${pds.pdsUrl} (of BLUESKY_SERVICE_URL): It answers`)
  const { options } = system.context.db
  expect(await options.findById('doctor')).toBeNull()
  expect(await system.context.redis.exists(`${system.env['QUEUE_PREFIX']}:doctor`)).toBe(0)
})

describe('the stores', () => {
  test('a wrong port of Redis is told, and all else is looked at', async () => {
    const found = await examine({ REDIS_URL: `redis://:s3cret@127.0.0.1:${await freePort()}` })
    const ofRedis = ['redis', 'redis_write', 'redis_eviction', 'redis_persistence', 'redis_memory']
    expect(unwell(found)).toEqual(ofRedis.map((id) => `${id} failed`))
    expect(found['redis']?.found).toMatch(/^127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)$/)
    expect(found['redis']?.todo).toContain('REDIS_URL')
  })

  test('a Redis that throws keys away, that is full, that is a replica: each by its name', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'doctor-redis-'))
    const own = await startRedis({ dataDir: dir, durable: true, log: () => {} })
    const redis = new Redis(own.url)
    cleanUps.push(
      () => rm(dir, { recursive: true, force: true }),
      () => own.stop(),
      () => redis.disconnect(),
    )
    const env = { REDIS_URL: own.url }
    expect(unwell(await examine(env))).toEqual([])

    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const evicting = await examine(env)
    expect(unwell(evicting)).toEqual(['redis_eviction warning'])
    expect(evicting['redis_eviction']).toMatchObject({
      found: expect.stringContaining('allkeys-lru') as string,
      todo: expect.stringContaining('noeviction') as string,
    })

    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    await redis.config('SET', 'maxmemory', '1')
    const full = await examine(env)
    expect(unwell(full)).toEqual(['redis_write failed', 'redis_memory warning'])
    expect(full['redis_write']?.found).toContain('is full')

    await redis.config('SET', 'maxmemory', '0')
    await redis.call('REPLICAOF', '127.0.0.1', String(await freePort()))
    const replica = await examine(env)
    expect(unwell(replica)).toEqual(['redis failed', 'redis_write failed'])
    expect(replica['redis_write']?.found).toContain('is a replica')
  })

  test('an index that is missing is named', async () => {
    const { collection } = system.context.db.channels
    await collection.dropIndex('handle_1')
    cleanUps.push(() => collection.createIndex({ handle: 1 }))
    const found = await examine()
    expect(found['mongodb_indexes']).toMatchObject({ health: 'failed', found: 'missing: channels (handle)' })
  })
})

test('where nothing answers it is over within 15 s, says so of each, and repeats no secret', async () => {
  const silent = await startRawServer(() => {})
  cleanUps.push(silent.close)
  const at = `127.0.0.1:${silent.port}`
  const secrets = { MONGODB_URL: `mongodb://me:m0ngo-s3cret@${at}/x`, REDIS_URL: `redis://me:r3dis-s3cret@${at}` }
  const startedAt = performance.now()
  const found = await examine({
    ...secrets,
    BLUESKY_SERVICE_URL: silent.url,
    PLC_DIRECTORY_URL: silent.url,
    HANDLE_RESOLVER_URL: silent.url,
    BLUESKY_APPVIEW_URL: silent.url,
    SMTP_URL: `smtp://me:sm7p-s3cret@${at}`,
    MAIL_FROM: 'connect@example.com',
  })
  expect(performance.now() - startedAt).toBeLessThan(30_000)
  const fine = Object.values(found).filter(({ health }) => health === 'ok')
  expect(fine.map(({ id }) => id).filter((id) => id !== 'dns')).toEqual(['configuration'])
  expect(found['service_url']?.found).toContain('It does not answer')
  for (const { health, todo } of Object.values(found)) if (health !== 'ok') expect(todo).toBeTruthy()
  expect(JSON.stringify(found)).not.toMatch(/s3cret|me:/)
})

describe('the servers', () => {
  const wrongBySeconds = async (seconds: number) => {
    const server = await startAnsweringServer(() => ({
      status: 200,
      headers: { date: new Date(Date.now() + seconds * 1000).toUTCString() },
      json: { did: 'did:web:pds.example.com', availableUserDomains: ['.example.com'] },
    }))
    cleanUps.push(server.close)
    return server.origin
  }

  test('a clock that all servers disagree with is ours', async () => {
    const origin = await wrongBySeconds(3600)
    const found = await examine({
      BLUESKY_SERVICE_URL: origin,
      PLC_DIRECTORY_URL: origin,
      HANDLE_RESOLVER_URL: origin,
    })
    expect(unwell(found)).toEqual(['redis_persistence warning', 'clock failed'])
    expect(found['clock']?.found).toMatch(/^3(599|600|601) s behind 127\.0\.0\.1:/)
    expect(found['clock']?.todo).toContain('NTP')
  })

  test('a clock that one server alone disagrees with is its', async () => {
    const found = await examine({ BLUESKY_SERVICE_URL: await wrongBySeconds(-600) })
    expect(found['clock']).toMatchObject({ health: 'warning' })
    expect(found['clock']?.found).toMatch(/^agrees with localhost:\d+.*; (599|600|601) s ahead of 127\.0\.0\.1:/)
  })

  test('the Service URL that an administrator saved is looked at, and which was meant is said', async () => {
    const { options } = system.context.db
    const _id = 'bluesky_service-url'
    await options.updateOne({ _id }, { $set: { value: 'https://bsky.app' } }, { upsert: true })
    cleanUps.push(() => options.deleteOne({ _id }))
    const found = await examine()
    expect(found['service_url']).toMatchObject({
      health: 'failed',
      found: 'https://bsky.app (saved by an administrator): It is the web page',
      todo: expect.stringContaining('bsky.social') as string,
    })
  })

  test('connections that are paused are no fault, but said', async () => {
    const { options } = system.context.db
    const _id = 'bluesky_integration_status'
    await options.updateOne({ _id }, { $set: { value: 'disabled' } }, { upsert: true })
    cleanUps.push(() => options.deleteOne({ _id }))
    expect((await examine())['service_url']).toMatchObject({ health: 'warning' })
  })

  test('the mail server is signed in at, and gets no mail', async () => {
    const server = await startMailServer()
    cleanUps.push(server.close)
    const env = { ...mailEnv(server), SMTP_URL: `smtp://connect:sm7p-s3cret@127.0.0.1:${server.port}` }
    expect((await examine(env))['smtp']).toMatchObject({ health: 'ok' })
    expect([server.count('auth'), server.count('from')]).toEqual([1, 0])
    server.reply = (stage) => (stage === 'auth' ? 535 : null)
    const { smtp } = await examine(env)
    expect(smtp).toMatchObject({
      health: 'failed',
      found: expect.stringContaining('refuses user or password') as string,
    })
    expect(JSON.stringify(smtp)).not.toContain('s3cret')
  })
})

test('keys that do not open what is stored are named, and how much they sealed', async () => {
  const { db, seal } = system.context
  const channel = storedChannel('connected', new Date())
  const owner = channel._id.toHexString()
  await db.channels.create({ ...channel, secrets: { session: await seal('session', owner, '{}') } })
  cleanUps.push(() => db.channels.deleteOne({ _id: channel._id }))
  expect((await examine())['keys']).toMatchObject({ health: 'ok', found: 'k1 opens each of 1 that were tried' })
  const { keys } = await examine(newSealingKeys('k2'))
  expect(keys).toMatchObject({
    health: 'failed',
    found: 'of 1 that were tried k2 does not open 1 sealed by "k1"',
    todo: expect.stringContaining('UNSEALING_KEYS') as string,
  })
  const another = await examine(newSealingKeys('k1'))
  expect(another['keys']).toMatchObject({ health: 'failed' })
})

test('a configuration with mistakes is all that is looked at', async () => {
  const found = await examine({ WORKER_CONCURRENCY: 'many', SMTP_URL: 'smtp://a:s3cret%@b' })
  expect(Object.keys(found)).toEqual(['configuration'])
  expect(found['configuration']).toMatchObject({ health: 'failed' })
  expect(found['configuration']?.found).toMatch(/SMTP_URL is not usable.*; WORKER_CONCURRENCY is not usable/)
  expect(found['configuration']?.found).not.toMatch(/many|s3cret/)
})

describe('as programs', () => {
  let checkout: Checkout
  beforeAll(async () => {
    checkout = await makeCheckout()
  })
  afterAll(() => checkout.remove())

  interface Told {
    version: string
    commit: string
    health: string
    examinations: Examination[]
  }

  test('node workers/doctor.ts says it to people and to machines, and ends with 1 where something failed', async () => {
    const told = await checkout.run('workers/doctor.ts', ['--json'], { ...system.env, COMMIT: 'abc1234' })
    const { examinations, ...about } = JSON.parse(told.stdout) as Told
    expect(about).toMatchObject({
      commit: 'abc1234',
      health: 'warning',
      version: expect.stringMatching(/^\d/) as string,
    })
    expect(examinations.map(({ id }) => id)).toEqual(IDS)
    expect(told.code).toBe(0)

    const failing = await checkout.run('workers/doctor.ts', [], { ...system.env, SEALING_KEY: 'k1:c2hvcnQ=' })
    expect(failing.code).toBe(1)
    expect(failing.stdout).toMatch(/✗ Configuration {2}SEALING_KEY is not usable/)
    expect(failing.stdout).toMatch(/\n {17}→ Correct this/)
  }, 180_000)

  test('service.sh doctor adds what this machine alone knows', async () => {
    const env = { ...system.env, PORT: String(await freePort()) }
    const told = await checkout.run('services/cli/cli.ts', ['doctor', '--json'], env)
    const { examinations } = JSON.parse(told.stdout) as Told
    const ofMachine = ['api_configuration', 'env_file', 'processes', 'port', 'disk']
    expect(examinations.map(({ id }) => id)).toEqual([...IDS, ...ofMachine])
    const byId = Object.fromEntries(examinations.map((one) => [one.id, one]))
    expect(byId['processes']).toMatchObject({ health: 'warning', found: 'nothing is running here' })
    expect(byId['port']).toMatchObject({ health: 'ok' })

    const taken = await startRawServer(() => {})
    cleanUps.push(taken.close)
    const wrong = { ...env, PORT: String(taken.port), AUTH_SECRET: 'short' }
    const failing = await checkout.run('services/cli/cli.ts', ['doctor'], wrong)
    expect(failing.code).toBe(1)
    expect(failing.stdout).toMatch(/✗ API configuration +AUTH_SECRET is not usable/)
    expect(failing.stdout).toMatch(/✗ Port +\d+ is in use by another program/)
    expect(failing.stdout).not.toContain(system.env['UNSEALING_KEYS'])
  }, 180_000)
})

test('mistakes in .env: names that nothing reads, names that are there twice, and who can read it', () => {
  expect(examineEnvFile('PORT=3000\nNODE_IMAGE=node:24\nAUTH_SECRET_FILE=/x\n', 0o100600)).toMatchObject({
    health: 'ok',
  })
  expect(examineEnvFile('PORT=1\nWORKER_CONCURENCY=3\nPORT=2\n', 0o100644)).toMatchObject({
    health: 'warning',
    found: 'other users of this machine can read it; nothing reads WORKER_CONCURENCY; PORT is there twice',
  })
})
