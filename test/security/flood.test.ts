// A flood of connects by one user beside the connect of another: who waits for what, and who does not.
import { randomUUID } from 'node:crypto'
import { Worker } from 'bullmq'
import { afterEach, expect, inject, onTestFinished, test } from 'vitest'
import { submitConnect, type Channel } from '../../src/db/channels.ts'
import { startStep, type JobPayload } from '../../src/jobs.ts'
import { openRedis } from '../../src/redis.ts'
import { startAnsweringServer, startSilentServer, wrongPassword, type OddServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PASSWORD = 'aaaa-bbbb-cccc-dddd'
const CONCURRENCY = 8
let system: System
const servers: OddServer[] = []
afterEach(async () => {
  // First the servers: a call that hangs keeps the workers from stopping.
  for (const server of servers.splice(0)) await server.close()
  await system.stop()
})

const start = async (env: Record<string, string>) => {
  system = await createSystem({ env: { WORKER_CONCURRENCY: String(CONCURRENCY), ...env }, workers: false })
}
const serve = async (server: Promise<OddServer>) => {
  servers.push(await server)
  return server
}

/** Past the front door, whose own limits would end a flood sooner. */
async function submit(userId: string, identifier: string, found?: string): Promise<Channel> {
  const { context } = system
  const { channel } = await submitConnect(context.db, {
    userId,
    identifier,
    serviceUrl: context.config.bluesky.serviceUrl ?? '',
    requestId: randomUUID(),
    at: new Date(),
    sealFor: (id) => context.seal('password', id, PASSWORD),
  })
  // As if its identity had been asked.
  const named = found ? { serviceUrl: found, serverFoundAt: new Date() } : {}
  await context.db.channels.updateOne({ _id: channel._id }, named)
  await startStep(context, channel)
  return channel
}

const stepsOf = (userId: string) => system.context.db.channels.find({ userId }).lean<Channel[]>()

test('servers that all hang hold half of a worker for the user who named them, and nobody else', async () => {
  await start({ PDS_DISCOVERY: 'follow', REQUEST_TIMEOUT_SECONDS: '40' })
  const hanging = await Promise.all(Array.from({ length: 12 }, () => serve(startSilentServer())))
  const names = Array.from({ length: 60 }, (_, index) => `nobody-${index}.example.com`)
  await Promise.all(names.map((name, index) => submit('flooder', name, hanging[index % hanging.length]?.origin)))
  await system.startWorkers()

  const user = await system.user()
  const account = await createAccount(pds)
  const { id } = await user.connect(account.did, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'connected')
  // Nothing of the flood has ended: what it did not get, it did not get for want of a place.
  expect((await stepsOf('flooder')).every(({ status }) => status === 'connecting')).toBe(true)
  expect(hanging.flatMap(({ calls }) => calls).length).toBeLessThanOrEqual(CONCURRENCY / 2)
})

test('whoever has one connect has his turn before those of whoever has many, however long they have waited', async () => {
  await start({})
  for (let index = 0; index < 10; index++) await submit('flooder', `nobody-${index}.example.com`)
  await submit('somebody', 'somebody.example.com')
  const { config, log, queues } = system.context
  const connection = openRedis(config, log, 'worker')
  const { prefix } = queues.connect.opts
  const worker = new Worker<JobPayload>('connect', null, { connection, autorun: false, ...(prefix ? { prefix } : {}) })
  onTestFinished(async () => {
    await worker.close()
    connection.disconnect()
  })
  const turns: unknown[] = []
  for (let turn = 0; turn < 4; turn++) {
    const job = await worker.getNextJob(randomUUID(), { block: false })
    turns.push(job?.data.userId)
  }
  expect(turns).toEqual(['flooder', 'somebody', 'flooder', 'flooder'])
})

test('one who floods uses up a quarter of what a server gets from here, and only his own connects wait', async () => {
  const server = await serve(startAnsweringServer(wrongPassword))
  await start({ BLUESKY_SERVICE_URL: server.origin, SIGN_IN_BUDGETS: 'server=40/300' })
  const user = await system.user()
  const flood = await Promise.all(Array.from({ length: 20 }, (_, index) => submit(user.id, `n${index}.example.com`)))
  await system.startWorkers()
  const ended = await Promise.all(flood.map(({ _id }) => system.settled(user, _id.toHexString())))
  const codes = Object.groupBy(ended, ({ outcome }) => outcome?.code ?? '')
  expect(codes['waiting_for_rate_limit']).toHaveLength(15)

  const other = await system.user()
  const { id } = await other.connect('somebody.example.com', PASSWORD)
  expect((await system.settled(other, id)).attempts).toHaveLength(1)
})

test("strangers' wrong passwords never make the owner of an identity wait", async () => {
  await start({})
  await system.startWorkers()
  const owner = await system.user()
  const account = await createAccount(pds)
  const { id } = await owner.connect(account.did, await createAppPassword(account))
  await system.until(owner, id, ({ status }) => status === 'connected')

  const strangers = await Promise.all(Array.from({ length: 5 }, () => system.user()))
  for (const stranger of strangers) {
    const { _id } = await submit(stranger.id, account.did)
    for (let count = 0; count < 4; count++) {
      const last = await system.settled(stranger, _id.toHexString())
      if (last.status === 'retrying') break
      await stranger.request('POST', `/api/channels/${last.id}/reconnect`, { body: { appPassword: PASSWORD } })
    }
  }
  const waiting = await system.context.db.channels.countDocuments({ 'outcome.code': 'waiting_for_rate_limit' })
  expect(waiting).toBeGreaterThan(0)

  const body = { appPassword: await createAppPassword(account) }
  await owner.request('POST', `/api/channels/${id}/reconnect`, { body })
  expect((await system.settled(owner, id)).status).toBe('connected')
}, 120_000)
