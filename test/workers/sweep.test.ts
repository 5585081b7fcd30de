// The sweep: brings back what is due, once, and destroys passwords in time. The clock is moved, not waited for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jobNames } from '../../src/jobs.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const DAY_MS = 24 * 3600_000
let system: System
let user: Client
let context: System['context']

beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
  user = await system.user()
  context = system.context
})
afterAll(() => system.stop())

const submit = (name: string) => user.connect(`${name}.test`, 'aaaa-bbbb-cccc-dddd')
const later = (ms: number) => new Date(Date.now() + ms)
const waiting = () => system.context.queues.connect.getJobCountByTypes('wait', 'prioritized')
const withSecrets = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean()

test('a job that is alive is left alone', async () => {
  await submit('alive')
  await system.context.queues.connect.drain()
  await submit('alive-too')
  expect(await sweepOnce(context, new Date())).toBe(0)
  expect(await waiting()).toBe(1)
  await sweepOnce(context, later(60_000))
  expect(await waiting()).toBe(2)
  await sweepOnce(context, later(120_000))
  expect(await waiting()).toBe(2)
})

test('two processes that sweep at once bring a step back once', async () => {
  await submit('twice')
  const taken = await Promise.all([sweepOnce(context, later(240_000)), sweepOnce(context, later(240_000))])
  const due = await system.context.db.channels.countDocuments({ status: 'connecting' })
  expect(taken[0] + taken[1]).toBe(due)
})

test('a password that waits for an admin is destroyed a day after the submit, and not before', async () => {
  const { id } = await submit('waits')
  await system.context.db.channels.updateOne(
    { _id: id },
    {
      $set: {
        status: 'action_required',
        outcome: { code: 'wrong_server', step: 'connect', params: {}, at: new Date() },
      },
      $unset: { 'lease.sweepAt': 1 },
    },
  )
  await sweepOnce(context, later(DAY_MS - 60_000))
  expect((await withSecrets(id))?.secrets?.password).toBeDefined()
  await sweepOnce(context, later(DAY_MS + 60_000))
  const after = await withSecrets(id)
  expect(after?.secrets?.password).toBeUndefined()
  expect(after).toMatchObject({ status: 'failed', outcome: { code: 'wrong_server' } })
})

test('a password that waits for the next attempt is destroyed a day after the submit too', async () => {
  const { id } = await submit('retries')
  const nextTryAt = later(2 * DAY_MS)
  await system.context.db.channels.updateOne({ _id: id }, { status: 'retrying', nextTryAt, 'lease.sweepAt': nextTryAt })
  await sweepOnce(context, later(DAY_MS + 60_000))
  const after = await withSecrets(id)
  expect(after?.secrets?.password).toBeUndefined()
  expect(after).toMatchObject({ status: 'failed', nextTryAt: null })
  expect(after?.lease.sweepAt).toBeUndefined()
})

test('a password in a queue that nobody serves is destroyed a day after the submit too, and the channel says so', async () => {
  const { id } = await submit('unserved')
  await sweepOnce(context, later(DAY_MS - 60_000))
  expect((await withSecrets(id))?.secrets?.password).toBeDefined()
  await sweepOnce(context, later(DAY_MS + 60_000))
  const after = await withSecrets(id)
  expect(after?.secrets?.password).toBeUndefined()
  expect(after).toMatchObject({ status: 'failed', outcome: { code: 'unknown', step: 'connect' } })
})

test('a round takes five hundred at the most, those that wait longest first', async () => {
  const { channels } = context.db
  await channels.deleteMany({})
  const at = Date.now()
  const lapsed = Array.from({ length: 510 }, (_, index) => {
    const lease = { generation: 1, claims: 0, failures: 0, sweepAt: new Date(at - index) }
    return storedChannel('pds_unreachable', new Date(at), { status: 'connecting', lease })
  })
  await channels.insertMany(lapsed)
  expect(await sweepOnce(context, new Date(at))).toBe(500)
  const left = await channels.find({ 'lease.sweepAt': { $lte: new Date(at) } }, { _id: 1 }).lean()
  const newest = lapsed.slice(0, 10).map(({ _id }) => _id.toHexString())
  expect(left.map(({ _id }) => _id.toHexString()).toSorted()).toEqual(newest.toSorted())
})

test('a round names the index of what it looks for, whatever the database believes of how much there is', async () => {
  const sent = await sentWhile(system, () => sweepOnce(context, new Date()))
  const hints = sent.flatMap(({ find, hint }) => (find === 'channels' ? [hint] : []))
  const byStep = jobNames.map(() => ({ step: 1, 'lease.sweepAt': 1 }))
  expect(hints).toEqual([...byStep, { submittedAt: 1 }])
})
