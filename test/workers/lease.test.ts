// The lease of a channel: who may begin its step and when, what counts, and what an attempt that broke off leaves behind.
import { randomUUID } from 'node:crypto'
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listAttempts } from '../../src/db/attempts.ts'
import { submitReconnect, type ChannelDoc } from '../../src/db/channels.ts'
import { claimStep, mergeInto, releaseStep, settleStep } from '../../src/db/steps.ts'
import { enqueue, jobs } from '../../src/jobs.ts'
import { startWorkers, steps } from '../../workers/start.ts'
import type { Step } from '../../workers/step.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: { SWEEP_INTERVAL_SECONDS: '300' } })
})
afterAll(() => system.stop())

const at = new Date()
const until = new Date(at.getTime() + 60_000)
const keep = async (parts: Partial<ChannelDoc> = {}) => {
  const channel = storedChannel('pds_unreachable', at, parts)
  await system.context.db.channels.create(channel)
  return channel
}
const payloadOf = ({ _id, lease: { generation }, userId, requestId }: ChannelDoc) => ({
  channelId: _id.toHexString(),
  generation,
  userId,
  requestId,
})
const stored = ({ _id }: ChannelDoc) => system.context.db.channels.findById(_id).lean()
const claim = (channel: ChannelDoc, now = at) => claimStep(system.context.db, channel, { at: now, until })

test('a step is not begun before its time, whoever brings the job', async () => {
  const channel = await keep({ nextTryAt: new Date(at.getTime() + 1_000) })
  expect(await claim(channel)).toBeNull()
  expect(await claim(channel, new Date(at.getTime() + 1_000))).not.toBeNull()
})

test('a claim that was given back does not count, however often', async () => {
  const channel = await keep({ status: 'connecting' })
  for (let round = 0; round < 7; round++) {
    expect((await claim(channel))?.channel.lease.claims).toBe(1)
    expect(await releaseStep(system.context.db, channel, until)).toBe(true)
  }
  expect((await stored(channel))?.lease.claims).toBe(0)
})

test('an end counts claims anew and a passing fault as one more; a new generation counts everything anew', async () => {
  const { db } = system.context
  const channel = await keep({ status: 'connecting', lease: { generation: 1, claims: 3, failures: 2, sweepAt: until } })
  const outcome = { code: 'pds_unreachable' as const, step: 'connect' as const, params: {}, at }
  const nextTryAt = new Date(at.getTime() + 60_000)
  const retrying = { status: 'retrying' as const, nextTryAt, keepPassword: true, attempted: true, outcome }
  expect((await settleStep(db, channel, retrying))?.lease).toEqual({
    generation: 1,
    claims: 0,
    failures: 3,
    sweepAt: nextTryAt,
  })
  await db.channels.updateOne({ _id: channel._id }, { 'lease.claims': 4 })
  const now = await stored(channel)
  const submission = { serviceUrl: channel.serviceUrl, requestId: 'r', at, sealFor: async () => 'sealed' }
  expect((now && (await submitReconnect(db, now, submission)))?.lease).toMatchObject({
    generation: 2,
    claims: 0,
    failures: 0,
  })
})

test('a wait that asked no server counts as no failure, and an end for good leaves nothing to sweep', async () => {
  const { db } = system.context
  const channel = await keep({ status: 'connecting', lease: { generation: 1, claims: 1, failures: 0, sweepAt: until } })
  const outcome = { code: 'waiting_for_rate_limit' as const, step: 'connect' as const, params: {}, at }
  const waits = { status: 'retrying' as const, nextTryAt: until, keepPassword: true, attempted: false, outcome }
  expect((await settleStep(db, channel, waits))?.lease).toMatchObject({ failures: 0, sweepAt: until })
  const gone = { ...waits, status: 'failed' as const, nextTryAt: null, keepPassword: false, attempted: true }
  expect((await settleStep(db, channel, gone))?.lease).toEqual({ generation: 1, claims: 0, failures: 0 })
})

test('readers are told of a claim only where they see another status', async () => {
  expect((await claim(await keep({ status: 'connecting' })))?.changed).toBe(false)
  expect((await claim(await keep({ status: 'retrying' })))?.changed).toBe(true)
})

test('a reconnect does not overtake a step that has just ended: who asked for it sees the new end first', async () => {
  const channel = await keep({ status: 'retrying' })
  const { db } = system.context
  const outcome = { code: 'bad_credentials' as const, step: 'connect' as const, params: {}, at }
  const settled = { status: 'action_required' as const, nextTryAt: null, keepPassword: false, attempted: true, outcome }
  expect(await settleStep(db, channel, settled)).not.toBeNull()
  const submission = { serviceUrl: channel.serviceUrl, requestId: 'r', at, sealFor: async () => 'sealed' }
  expect(await submitReconnect(db, channel, submission)).toBeNull()
})

test('of the attempts of a channel the newest 50 are kept, whatever others have', async () => {
  const channel = await keep({ status: 'connecting', attemptCount: 55, revision: 100 })
  const { db } = system.context
  const numbered = (channelId: Types.ObjectId) => (_: unknown, durationMs: number) => ({
    channelId,
    // In another order than their ids, which the clock of whoever wrote them decides.
    revision: 54 - durationMs,
    step: 'connect' as const,
    generation: 1,
    requestId: 'r',
    startedAt: at,
    durationMs,
    outcome: 'pds_unreachable' as const,
    serviceUrl: channel.serviceUrl,
    answer: null,
  })
  const other = new Types.ObjectId()
  await db.attempts.insertMany(Array.from({ length: 55 }, numbered(channel._id)))
  await db.attempts.insertMany(Array.from({ length: 55 }, numbered(other)))
  const workers = await startWorkers(system.context)
  try {
    await enqueue(system.context, 'connect', payloadOf(channel))
    const ended = () =>
      system.log.records().some(({ end, channelId }) => end && channelId === payloadOf(channel).channelId)
    await vi.waitFor(() => expect(ended()).toBe(true), { timeout: 30_000 })
  } finally {
    await workers.stop()
  }
  const left = await listAttempts(db, channel._id)
  expect(left).toHaveLength(50)
  expect(left.map(({ outcome }) => outcome).slice(0, 2)).toEqual(['unknown', 'pds_unreachable'])
  expect(left.at(-1)?.durationMs).toBe(48)
  expect(await db.attempts.countDocuments({ channelId: channel._id })).toBe(50)
  expect(await db.attempts.countDocuments({ channelId: other })).toBe(55)
})

test('an attempt that broke off is begun again in seconds, not when its lease would be over', async () => {
  const channel = await keep({ status: 'connecting', requestId: randomUUID() })
  const broken = { ...steps.connect, ask: () => Promise.reject(new Error('a mistake of ours')) }
  const workers = await startWorkers(system.context, { ...steps, connect: broken })
  try {
    const payload = payloadOf(channel)
    await enqueue(system.context, 'connect', payload)
    const brokeOff = () =>
      system.log.records().some(({ msg, channelId }) => msg === 'job broke off' && channelId === payload.channelId)
    await vi.waitFor(() => expect(brokeOff()).toBe(true), { timeout: 30_000 })
    const { sweepAt, claims } = (await stored(channel))?.lease ?? {}
    expect(claims).toBe(1)
    expect((sweepAt?.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(5_000)
  } finally {
    await workers.stop()
  }
})

test('a step that never ends holds up neither its channel nor its worker: another job takes it', async () => {
  const channel = await keep({ status: 'connecting', requestId: randomUUID() })
  const ask = vi.fn<Step['ask']>().mockReturnValueOnce(new Promise(() => {}))
  ask.mockResolvedValue({ kind: 'known', code: 'unknown' })
  const workers = await startWorkers(system.context, { ...steps, connect: { ...steps.connect, ask } })
  const payload = payloadOf(channel)
  const brokeOff = () => system.log.records().find(({ channelId, err }) => err && channelId === payload.channelId)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    await enqueue(system.context, 'connect', payload)
    // Each look lets a moment of the timers pass.
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1), { timeout: 30_000 })
    vi.advanceTimersByTime(jobs.connect.deadlineMs + 60_000)
    const err = { message: 'the step does not end' }
    await vi.waitFor(() => expect(brokeOff()).toMatchObject({ err }), { timeout: 30_000 })
    await system.context.db.channels.updateOne({ _id: channel._id }, { 'lease.sweepAt': at })
    await enqueue(system.context, 'connect', payload)
    const outcome = async () => (await stored(channel))?.outcome
    await vi.waitFor(async () => expect(await outcome()).toMatchObject({ code: 'unknown' }), { timeout: 30_000 })
  } finally {
    vi.useRealTimers()
    await workers.stop()
  }
})

test('a sign-in that finds no handle takes none away from the older channel of the account', async () => {
  const [older, newer] = [await keep({ handle: 'known.example.com' }), await keep({ status: 'connecting' })]
  const { serviceUrl, did } = older
  const signedIn = { serviceUrl, did: did ?? '', pdsUrl: serviceUrl, sealedSession: 'sealed', sessionEndsAt: null }
  await mergeInto(system.context.db, newer, older, signedIn, at)
  expect(await stored(older)).toMatchObject({ status: 'verifying', handle: 'known.example.com' })
})
