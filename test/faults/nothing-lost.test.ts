// An accepted connect reaches its outcome, whatever is killed, wiped or away meanwhile.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { PAYLOAD_VERSION } from '../../src/jobs.ts'
import { startWorkers } from '../../workers/start.ts'
import { startAnsweringServer, wrongPassword } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const OPTIONS = '/api/admin/api-integration/bluesky'
let system: System
let user: Client
const children: ChildProcess[] = []

beforeAll(async () => {
  system = await createSystem({ workers: false })
  user = await system.user()
})
afterEach(async () => {
  await system.stopWorkers()
  for (const child of children.splice(0)) await end(child)
})
afterAll(() => system.stop())

const startWorkerProcess = () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../workers/main.ts')], {
    env: { PATH: process.env.PATH, ...system.env },
    stdio: 'inherit',
  })
  children.push(child)
  return child
}
const end = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}
const submit = async () => {
  const account = await createAccount(pds)
  return user.connect(account.handle, await createAppPassword(account))
}
const stored = (id: string) => system.context.db.channels.findById(id).lean()
/** What FLUSHALL does, for this system's part of a shared Redis. */
const wipeRedis = async () => {
  const keys = await system.context.redis.keys(`${system.context.config.redis.prefix}:*`)
  if (keys.length > 0) await system.context.redis.del(keys)
  return keys.length
}

test('a worker killed in the middle of a sign-in: another one finishes it', async () => {
  const { id } = await submit()
  const victim = startWorkerProcess()
  await vi.waitFor(async () => expect((await stored(id))?.lease.claims).toBe(1), { timeout: 45_000, interval: 5 })
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  expect((await stored(id))?.status).toBe('connecting')
  await system.startWorkers()
  await system.until(user, id, ({ status }) => status === 'connected')
}, 180_000)

test('a worker that is told to stop finishes the sign-in that it has in hand, and takes no other', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const server = await startAnsweringServer(async (path) => {
    if (path.endsWith('createSession')) await released
    return wrongPassword
  })
  try {
    const serviceUrl = { 'bluesky_service-url': server.origin }
    const admin = await system.admin()
    expect((await admin.request('PUT', OPTIONS, { body: serviceUrl })).status).toBe(200)
    const first = await user.connect('in-hand.test', 'aaaa-bbbb-cccc-dddd')
    const worker = startWorkerProcess()
    await vi.waitFor(() => expect(server.calls.some((path) => path.endsWith('createSession'))).toBe(true), {
      timeout: 45_000,
    })
    worker.kill('SIGTERM')
    const second = await user.connect('too-late.test', 'aaaa-bbbb-cccc-dddd')
    release()
    expect(await once(worker, 'exit')).toEqual([0, null])
    expect(await stored(first.id)).toMatchObject({ status: 'action_required', lease: { claims: 0 } })
    expect(await stored(second.id)).toMatchObject({ status: 'connecting', lease: { claims: 0 } })
    await admin.request('PUT', OPTIONS, { body: {} })
    await system.context.db.channels.deleteMany({ _id: { $in: [first.id, second.id] } })
  } finally {
    await server.close()
  }
}, 180_000)

test('Redis wiped while 50 connects run: every one reaches its outcome', async () => {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const wrong = await Promise.all(
    Array.from({ length: 49 }, (_, index) => user.connect(`nobody-${index}.test`, 'aaaa-bbbb-cccc-dddd')),
  )
  const right = await user.connect(account.handle, appPassword)
  await system.startWorkers()
  await system.settled(user, wrong[0]?.id ?? '')
  expect(await wipeRedis()).toBeGreaterThan(0)
  await vi.waitFor(
    async () =>
      expect(
        await system.context.db.channels.countDocuments({
          userId: user.id,
          status: { $in: ['connecting', 'verifying'] },
        }),
      ).toBe(0),
    { timeout: 40_000, interval: 200 },
  )
  expect((await stored(right.id))?.status).toBe('connected')
  const ended = await system.context.db.channels.countDocuments({ userId: user.id, 'outcome.code': 'handle_not_found' })
  expect(ended).toBe(49)
}, 180_000)

test('Redis away when the connect is submitted: it is accepted at once and done when Redis is back', async () => {
  system.context.redis.disconnect()
  const startedAt = Date.now()
  const { id, status } = await submit()
  expect(status).toBe('connecting')
  expect(Date.now() - startedAt).toBeLessThan(20_000)
  await system.context.redis.connect()
  await system.startWorkers()
  await system.until(user, id, ({ status }) => status === 'connected')
})

test('a step that takes its worker down every time ends as a fault of ours', async () => {
  const { id } = await submit()
  await system.context.db.channels.updateOne({ _id: id }, { $set: { 'lease.claims': 5 } })
  await system.startWorkers()
  const channel = await system.until(user, id, ({ status }) => status === 'retrying' || status === 'failed')
  expect(channel.outcome).toMatchObject({ code: 'unknown', fixBy: 'us' })
})

test('a job of an older generation changes nothing', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, 'aaaa-bbbb-cccc-dddd')
  await system.context.db.channels.updateOne(
    { _id: id },
    { $inc: { 'lease.generation': 1 }, $unset: { 'lease.sweepAt': 1 } },
  )
  await system.startWorkers()
  await vi.waitFor(
    () => expect(system.log.records().some((line) => line['channelId'] === id && line['end'] === 'skipped')).toBe(true),
    {
      timeout: 45_000,
    },
  )
  expect(await stored(id)).toMatchObject({ status: 'connecting', lease: { claims: 0 } })
})

test('a job that a newer version wrote is left to the sweep, which brings the connect back in words of its own', async () => {
  await system.startWorkers()
  await system.context.queues.connect.pause()
  const { id } = await submit()
  const [job] = await system.context.queues.connect.getJobs(['prioritized', 'waiting'])
  // The version before takes no other field than those it knows.
  expect(job?.data).not.toHaveProperty('version')
  const data = { ...job?.data, version: PAYLOAD_VERSION + 1, anything: 'of tomorrow' }
  await job?.updateData(data as never)
  await system.context.queues.connect.resume()
  await system.until(user, id, ({ status }) => status === 'connected')
  const left = system.log.records().filter(({ msg }) => msg === 'a newer version wrote this job: left to the sweep')
  expect(left).toMatchObject([{ jobId: job?.id }])
  expect(await system.context.queues.connect.getFailed()).toEqual([])
})

test('Redis answers nothing before the proof: the step comes back, and nothing is said of the server', async () => {
  const { redis } = system.context
  let refused = 0
  const late = new Proxy(redis, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'mget' && String(given[0]).includes(':test-posts:') && refused++ === 0)
          return Promise.reject(new Error('Command timed out'))
        return (value as (...all: unknown[]) => unknown).apply(target, given)
      }
    },
  })
  const workers = await startWorkers({ ...system.context, redis: late })
  onTestFinished(() => workers.stop())
  const { id } = await submit()
  const { outcome, attempts } = await system.until(user, id, ({ status }) => status === 'connected')
  expect(refused).toBe(2)
  expect(outcome?.code).toBe('connected')
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'signed_in'])
})
