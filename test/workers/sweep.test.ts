// The sweep: brings back what is due, once, and destroys passwords in time. The clock is moved, not waited for.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { stepNames } from '../../src/jobs.ts'
import { nextCheckAt } from '../../src/schedule.ts'
import { planMissing, sweepOnce } from '../../workers/sweep.ts'
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
  const byStep = stepNames.map(() => ({ step: 1, 'lease.sweepAt': 1 }))
  expect(hints).toEqual([{ 'notice.at': 1 }, ...byStep, { submittedAt: 1 }])
})

describe('checks that nobody has planned', () => {
  const at = new Date()
  const lease = { generation: 1, claims: 0, failures: 0 }
  const plan = () => planMissing(context, new AbortController().signal, at)
  const dueAt = ({ _id, sessionEndsAt = null }: ChannelDoc) =>
    nextCheckAt(_id.toHexString(), sessionEndsAt, context.config.checks, at)
  /** As they were before there were checks. */
  const unplanned = (parts: Partial<ChannelDoc> = {}) =>
    storedChannel('connected', new Date(at.getTime() - DAY_MS), { step: 'verify', lease, ...parts })
  const planned = (sweepAt: Date, parts: Partial<ChannelDoc> = {}) =>
    unplanned({ step: 'check', lease: { ...lease, sweepAt }, ...parts })
  const stored = async ({ _id }: ChannelDoc) => context.db.channels.findById(_id).lean()
  beforeEach(() => context.db.channels.deleteMany({}))

  test('channels from before there were checks each get the time that is their own, more of them than a page', async () => {
    const channels = Array.from({ length: 1_203 }, () => unplanned())
    await context.db.channels.insertMany(channels)
    await plan()
    const after = await context.db.channels.find().lean()
    expect(after).toHaveLength(1_203)
    const times = new Map(after.map(({ _id, step, lease: { sweepAt } }) => [_id.toHexString(), { step, sweepAt }]))
    for (const channel of channels) {
      expect(times.get(channel._id.toHexString())).toEqual({ step: 'check', sweepAt: dueAt(channel) })
    }
  })

  test('one whose session ends sooner than the next day gets a time before that', async () => {
    const channel = unplanned({ sessionEndsAt: new Date(at.getTime() + 3_600_000) })
    await context.db.channels.create(channel)
    await plan()
    const sweepAt = (await stored(channel))?.lease.sweepAt?.getTime() ?? 0
    expect(sweepAt).toBeGreaterThan(at.getTime())
    expect(sweepAt).toBeLessThanOrEqual(at.getTime() + 2_700_001)
  })

  test('after the interval was shortened, those that were planned for later than it come sooner', async () => {
    const [far, near] = [planned(later(20 * DAY_MS)), planned(later(3_600_000))]
    await context.db.channels.insertMany([far, near])
    await plan()
    expect((await stored(far))?.lease.sweepAt).toEqual(dueAt(far))
    expect((await stored(near))?.lease.sweepAt).toEqual(near.lease.sweepAt)
  })

  test('nothing is written, and nothing of them read, where all is planned', async () => {
    const fine = Array.from({ length: 40 }, (_, hour) => planned(later(hour * 1_800_000)))
    await context.db.channels.insertMany(fine)
    const sent = await sentWhile(system, plan)
    expect(sent.map((command) => Object.keys(command)[0])).toEqual(['find'])
    expect(sent[0]).toMatchObject({ find: 'channels', hint: { step: 1, 'lease.sweepAt': 1 }, limit: 500 })
    expect(await context.db.channels.distinct('revision')).toEqual([0])
  })

  test('what is no connected channel, is gone or is being checked is left alone', async () => {
    const far = later(20 * DAY_MS)
    const left = [
      unplanned({ status: 'action_required' }),
      unplanned({ status: 'failed' }),
      planned(far, { lease: { ...lease, claims: 1, sweepAt: far } }),
    ]
    const { live: _, ...gone } = unplanned()
    await context.db.channels.insertMany([...left, gone])
    await plan()
    expect(await context.db.channels.distinct('revision')).toEqual([0])
  })

  test('a process that is stopped meanwhile plans no further', async () => {
    await context.db.channels.create(unplanned())
    await planMissing(context, AbortSignal.abort(), at)
    expect(await context.db.channels.countDocuments({ step: 'verify' })).toBe(1)
  })
})
