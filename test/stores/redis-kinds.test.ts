// Redis in every form it has in production: with a password, a user of its own, TLS, under Sentinels, as a cluster.
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { redisWarnings } from '../../src/redis-settings.ts'
import { connects, readiness, submitGood, untilConnected } from '../helpers/connected.ts'
import { startCluster, startRedisServer, startSentinel } from '../helpers/redis-servers.ts'
import { createSystem } from '../helpers/system.ts'
import { makeCertificate, trustCertificates } from '../helpers/tls.ts'
import { bringValkey } from '../helpers/valkey.ts'

const PASSWORD = 'p@ss/w:rd%'

async function systemOn(env: Record<string, string>) {
  const system = await createSystem({ env })
  onTestFinished(() => system.stop())
  return system
}

test('a user of its own who may touch no other keys', async () => {
  const acl = `user app on >${PASSWORD} ~mine:* &mine:* +@all -@dangerous +info +config|get +client|setname +client|setinfo`
  const { port } = await startRedisServer([acl])
  const login = `app:${encodeURIComponent(PASSWORD)}`
  await connects(await systemOn({ REDIS_URL: `redis://${login}@127.0.0.1:${port}`, QUEUE_PREFIX: 'mine' }))
}, 120_000)

test('TLS, with a password', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-tls-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const certificate = await makeCertificate('localhost')
  onTestFinished(trustCertificates(certificate))
  await writeFile(join(dir, 'cert.pem'), certificate.cert)
  await writeFile(join(dir, 'key.pem'), certificate.key)
  const { port } = await startRedisServer([
    'tls-port PORT',
    `tls-cert-file ${dir}/cert.pem`,
    `tls-key-file ${dir}/key.pem`,
    'tls-auth-clients no',
    'requirepass secret',
  ])
  await connects(await systemOn({ REDIS_URL: `rediss://:secret@localhost:${port}` }))
}, 120_000)

test('a cluster of three: everything of ours is in one slot, whatever the prefix', async () => {
  const nodes = await startCluster()
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const system = await systemOn({ REDIS_URL: `redis+cluster://${hosts}` })
  await connects(system)
  expect(await readiness(system.url)).toEqual({ status: 200, mongodb: 'ok', redis: 'ok' })
  const sizes = await Promise.all(nodes.map(({ client }) => client.dbsize()))
  expect(sizes.filter((size) => size > 0)).toHaveLength(1)
  const faults = system.log.records().filter(({ level }) => level === 'warn' || level === 'error')
  expect(faults).toEqual([])
}, 120_000)

test('Sentinels: a connect goes on after the server died and its replica took over', async () => {
  const { master, sentinel } = await startSentinel('mine', 'secret')
  const REDIS_URL = `redis+sentinel://:secret@127.0.0.1:${sentinel.port}/mine`
  const system = await systemOn({ REDIS_URL })
  await connects(system)
  const user = await system.user()
  await master.stop()
  const id = await submitGood(user)
  await untilConnected(user, id)
  await expect.poll(() => readiness(system.url), { timeout: 30_000 }).toMatchObject({ status: 200, redis: 'ok' })
}, 180_000)

test('Valkey', async (context) => {
  const valkey = await bringValkey()
  if (!valkey) return context.skip('there is no valkey-server on PATH, and Debian packages cannot be had')
  const { port, client } = await startRedisServer([], { program: Promise.resolve(valkey) })
  expect(await client.info('server')).toContain('valkey_version')
  await connects(await systemOn({ REDIS_URL: `redis://127.0.0.1:${port}` }))
}, 300_000)

test('settings that lose jobs are told at the start, each with what to do', async () => {
  const wrong = await startRedisServer(['maxmemory-policy allkeys-lru'])
  expect(await redisWarnings(wrong.client)).toEqual([
    expect.stringMatching(/^Redis: allkeys-lru: .*Set maxmemory-policy noeviction/),
    expect.stringMatching(/^Redis: appendonly is off: .*Set appendonly yes/),
  ])
  const right = await startRedisServer(['appendonly yes'])
  expect(await redisWarnings(right.client)).toEqual([])
}, 120_000)
