// An incident is stored with what came before it, followed after a mend, and closed with how that went.
import { Types } from 'mongoose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { IncidentPage, OpenIncidents, Retriable, Retried, RetryOrder } from '../../src/contract.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { findComeback } from '../../src/comeback.ts'
import { listBreakers, writeBreakers } from '../../src/db/processes.ts'
import { rankOf } from '../../src/outcomes/ranks.ts'
import { startTelling } from '../../workers/gate/tell-breakers.ts'
import { OVER_MS, watchOnce } from '../../workers/incidents.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const server = 'https://wrong.example.com'
const home = 'https://home.example.com'
let system: System
let admin: Client
const db = () => system.context.db

beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
})
afterAll(() => system.stop())
afterEach(async () => {
  const { channels, incidents, incidentWatch, audit, processes, options, attempts } = db()
  await Promise.all([
    channels.deleteMany(),
    incidents.deleteMany(),
    incidentWatch.deleteMany(),
    audit.deleteMany(),
    processes.deleteMany(),
    options.deleteMany(),
    attempts.deleteMany(),
  ])
})

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)
const later = (seconds: number) => new Date(Date.now() + seconds * 1000)
const fail = (code: OutcomeCode, count: number, at: Date, parts: object = {}) =>
  db().channels.insertMany(
    Array.from({ length: count }, () => {
      const channel = storedChannel(code, at, { serviceUrl: server, ...parts })
      if (channel.outcome && code === 'wrong_server') channel.outcome.params = { server, actualServer: home }
      return channel
    }),
  )
const changed = (parts: object) =>
  db().audit.create({
    _id: Types.ObjectId.createFromTime(Math.floor(ago(60).getTime() / 1000)),
    at: ago(60),
    actor: 'ada@example.com',
    action: 'option_changed',
    option: 'bluesky_service-url',
    from: home,
    to: server,
    requestId: 'r',
    ...parts,
  })
const find = () => db().incidents.findOne().lean()
const someId = async () => (await db().channels.find().limit(1).lean()).map(({ _id }) => _id)
const openOnes = async () => (await admin.request<OpenIncidents>('GET', '/api/admin/incidents/open')).body.incidents

test('it names the change that led there and what the failed have in common', async () => {
  await changed({})
  await db().options.create({ _id: 'bluesky_service-url', value: server })
  await fail('wrong_server', 20, ago(30))
  await watchOnce(system.context)
  expect(await find()).toMatchObject({
    open: true,
    server,
    change: { actor: 'ada@example.com', from: home, to: server },
    common: { sampled: 20, people: 20, actualServer: { value: home, count: 20, people: 20 } },
  })
  const { incidents } = (await admin.request<OpenIncidents>('GET', '/api/admin/incidents/open')).body
  expect(incidents).toMatchObject([{ mend: { kind: 'undo_change', option: 'bluesky_service-url', value: home } }])
})

test('a change that came after it, or led elsewhere, is not its cause; a process that was started just before is', async () => {
  await changed({ to: 'https://elsewhere.example.com' })
  await changed({ _id: new Types.ObjectId(), at: new Date() })
  await db().processes.create({ _id: 'p', at: new Date(), startedAt: ago(90), beats: 1 })
  await fail('pds_unreachable', 20, ago(30))
  await watchOnce(system.context)
  expect((await find())?.change).toMatchObject({ at: expect.any(Date), actor: '', option: '' })
})

test('after a mend it follows those that run again, and is over as soon as all of them have ended', async () => {
  await fail('wrong_server', 20, ago(30))
  await watchOnce(system.context, ago(20))
  await db().audit.create({
    at: ago(10),
    actor: 'ada@example.com',
    action: 'option_changed',
    option: 'bluesky_service-url',
    from: server,
    to: home,
    retried: 20,
    requestId: 'mend',
  })
  const began = { serviceUrl: home, requestId: 'mend', submittedAt: ago(9), status: 'connecting', outcome: null }
  await db().channels.updateMany({}, { $set: { ...began, rank: rankOf('connecting') } })
  await watchOnce(system.context)
  expect(await find()).toMatchObject({
    open: true,
    course: { retried: 20, connected: 0, failed: 0, toGo: 20, waiting: 0, nextTryAt: null },
  })
  const nextTryAt = later(600)
  const waits = { status: 'retrying', rank: rankOf('retrying'), nextTryAt }
  const one = { _id: { $in: await someId() } }
  await db().channels.updateOne(one, { $set: waits })
  await watchOnce(system.context, later(5))
  expect(await find()).toMatchObject({ open: true, course: { toGo: 20, waiting: 1, nextTryAt } })
  const ids = (await db().channels.find({}, { _id: 1 }).limit(19).lean()).map(({ _id }) => _id)
  await db().channels.updateMany({ _id: { $in: ids } }, { $set: { status: 'connected', rank: rankOf('connected') } })
  await db().channels.updateMany({ _id: { $nin: ids } }, { $set: { status: 'failed', rank: rankOf('failed') } })
  await watchOnce(system.context, later(10))
  const over = { course: { retried: 20, connected: 19, failed: 1, toGo: 0 }, closedAt: expect.any(Date) }
  expect(await find()).toMatchObject(over)
  expect((await find())?.open).toBeUndefined()
  const past = (await admin.request<IncidentPage>('GET', '/api/admin/incidents?limit=1')).body
  expect(past).toMatchObject({ incidents: [{ server, course: { connected: 19, failed: 1 } }], nextCursor: null })
})

test('one that nobody mended is over a quarter of an hour after it was found last', async () => {
  await fail('pds_unreachable', 20, ago(30))
  await watchOnce(system.context)
  await db().channels.deleteMany()
  await watchOnce(system.context, later(60))
  expect((await find())?.open).toBe(true)
  await watchOnce(system.context, later(60 + OVER_MS / 1000))
  expect((await find())?.open).toBeUndefined()
})

test('trying many again leaves out those that only an option helps, and says what came of it', async () => {
  const secrets = { secrets: { password: 'sealed' } }
  await fail('wrong_server', 3, ago(30), secrets)
  await fail('pds_unreachable', 2, ago(30), secrets)
  const counted = (await admin.request<Retriable>('GET', '/api/admin/connections/retry')).body
  expect(counted).toEqual({ count: 2, vain: 3 })
  const { order, retried } = (
    await admin.request<Retried>('POST', '/api/admin/connections/retry', { body: { all: true } })
  ).body
  expect(retried).toBe(2)
  const follow = async () => (await admin.request<RetryOrder>('GET', `/api/admin/retries/${order}`)).body
  const noneWaits = { waiting: 0, nextTryAt: null }
  expect(await follow()).toEqual({ id: order, retried: 2, connected: 0, failed: 0, toGo: 2, ...noneWaits })
  const { requestId } = (await db().audit.findById(order).lean()) ?? {}
  await db().audit.updateOne({ _id: order }, { $unset: { retry: 1 } })
  await db().channels.updateMany(
    { 'outcome.code': 'pds_unreachable' },
    { $set: { requestId, status: 'failed', rank: rankOf('failed') } },
  )
  expect(await follow()).toEqual({ id: order, retried: 2, connected: 0, failed: 2, toGo: 0, ...noneWaits })
})

test('of a server that is down it says how many wait, who has put it aside and when it is tried, and offers a try once it is back', async () => {
  const [nextTryAt, openUntil] = [later(300), later(120)]
  await fail('pds_unreachable', 12, ago(30), { nextTryAt, secrets: { password: 'sealed' } })
  await db().processes.create({ _id: 'p', at: new Date(), beats: 1 })
  await writeBreakers(db(), 'p', [{ server, openUntil }])
  await watchOnce(system.context)
  await expect.poll(openOnes, { timeout: 10_000 }).toMatchObject([
    {
      mend: { kind: 'wait', retried: 0 },
      comeback: {
        breakers: 1,
        triedAt: openUntil.toISOString(),
        waiting: 12,
        nextTryAt: nextTryAt.toISOString(),
        back: false,
      },
    },
  ])
  await db().channels.create(storedChannel('connected', new Date(), { serviceUrl: server }))
  const isBack = async () => (await findComeback(db(), { server, code: 'pds_unreachable' }, null, new Date()))?.back
  // As long as somebody has put it aside, nothing would be sent.
  expect(await isBack()).toBe(false)
  await writeBreakers(db(), 'p', [])
  await expect
    .poll(openOnes, { timeout: 10_000 })
    .toMatchObject([{ mend: { kind: 'try_again', retried: 12 }, comeback: { breakers: 0, triedAt: null, back: true } }])
})

test('what the server answered most of the newest is named', async () => {
  await fail('pds_error', 12, ago(30))
  const channels = await db().channels.find().lean()
  const answered = (status: number, error: string | null, parts: object) => ({
    revision: 1,
    step: 'connect',
    generation: 1,
    requestId: 'r',
    startedAt: ago(30),
    durationMs: 10,
    outcome: 'pds_error',
    serviceUrl: server,
    answer: { call: 'createSession', status, error, detail: null, durationMs: 9 },
    ...parts,
  })
  await db().attempts.insertMany(
    channels.flatMap(({ _id: channelId }, index) => [
      // Of one channel the newest alone counts.
      answered(502, null, { channelId }),
      answered(index < 8 ? 500 : 503, index < 8 ? 'InternalServerError' : null, { channelId, revision: 2 }),
    ]),
  )
  await watchOnce(system.context)
  const answer = { status: 500, error: 'InternalServerError', count: 8, sampled: 12 }
  await expect
    .poll(openOnes, { timeout: 10_000 })
    .toMatchObject([{ common: { answer, step: { value: 'connect', count: 12 } } }])
})

test('it ends when nothing of it can run any more, and what failed by then makes no other', async () => {
  await fail('bad_credentials', 40, ago(300))
  await watchOnce(system.context)
  expect((await find())?.open).toBe(true)
  // Lately somebody failed.
  await watchOnce(system.context, later(300))
  expect((await find())?.open).toBe(true)
  // One of them can still run.
  const one = { _id: { $in: await someId() } }
  await db().channels.updateOne(one, { $set: { 'secrets.password': 'sealed' } })
  await watchOnce(system.context, later(OVER_MS / 1000))
  expect((await find())?.open).toBe(true)
  await db().channels.updateOne(one, { $unset: { 'secrets.password': 1 } })
  await watchOnce(system.context, later(OVER_MS / 1000 + 10))
  expect(await find()).toMatchObject({ closedAt: expect.any(Date) })
  await watchOnce(system.context, later(OVER_MS / 1000 + 20))
  expect(await db().incidents.countDocuments()).toBe(1)
  // What fails from then on does.
  await fail('bad_credentials', 40, later(OVER_MS / 1000 + 600))
  await watchOnce(system.context, later(OVER_MS / 1000 + 700))
  expect(await db().incidents.countDocuments({ open: true })).toBe(1)
})

test('a worker that has put servers aside says so for administrators to read', async () => {
  await db().processes.create({ _id: system.context.processId, at: new Date(), beats: 1 })
  const openUntil = later(60)
  const open = [{ server, openUntil }]
  const telling = startTelling(system.context, () => open)
  await expect.poll(() => listBreakers(db(), server, new Date()), { timeout: 10_000 }).toEqual([openUntil])
  open.pop()
  await expect.poll(() => listBreakers(db(), server, new Date()), { timeout: 10_000 }).toEqual([])
  await telling.stop()
})
