// Who hears of a channel that broke, when, and how often: the clock is moved, the mail server is a real one.
import { Types } from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ChannelStatus } from '../../src/contract.ts'
import { submitDisconnect, type ChannelDoc } from '../../src/db/channels.ts'
import type { MailDoc } from '../../src/db/mails.ts'
import { settleStep } from '../../src/db/steps.ts'
import {
  beginTelling,
  endTelling,
  findSubscription,
  openSubscription,
  switchTopic,
} from '../../src/db/subscriptions.ts'
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { runMailJob } from '../../workers/mail.ts'
import { GATHER_MS, RESUME_MS, tellOnce } from '../../workers/notices.ts'
import { createSmtp, type Smtp } from '../../workers/smtp.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { createUnseal } from '../../workers/unseal.ts'
import { dyingDb } from '../helpers/dying.ts'
import { mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
let server: MailServer
let system: System
let smtp: Smtp
let context: System['context']
let user: { id: string; email: string }

beforeAll(async () => {
  server = await startMailServer()
  system = await createSystem({ workers: false, env: { ...mailEnv(server), ...watchedMongo() } })
  context = system.context
  const { smtp: to, mail } = context.config
  if (!to || !mail) throw new Error('e-mail is off')
  smtp = createSmtp(to, mail.from)
})
afterAll(async () => {
  smtp.close()
  await system.stop()
  await server.close()
})
beforeEach(async () => {
  user = await person()
})
afterEach(async () => {
  await context.db.channels.deleteMany({})
  await context.db.mails.deleteMany({})
  await context.db.subscriptions.deleteMany({})
  server.caught.length = 0
})

const users = () => context.db.connection.collection('user')

/** Somebody with an address, proven unless it is said. */
async function person(fields: object = {}) {
  const _id = new Types.ObjectId()
  const email = `u-${_id.toHexString()}@example.com`
  await users().insertOne({ _id, email, name: 'U', role: 'user', emailVerified: true, language: 'en', ...fields })
  return { id: _id.toHexString(), email }
}

const start = Date.now()
const after = (ms: number) => new Date(start + ms)

/** What a check of it came to. */
async function ends(_id: Types.ObjectId, status: ChannelStatus, code: OutcomeCode, at: Date) {
  const channel = await stored(_id)
  if (!channel) throw new Error('there is no such channel')
  const outcome = {
    code,
    step: 'verify' as const,
    params: { identifier: channel.identifier, server: channel.serviceUrl },
    at,
  }
  await settleStep(context.db, channel, { status, outcome, nextTryAt: null, keepPassword: false, attempted: true })
}
/** A channel that was connected, and a check that finds that it is not. */
async function breaks(at: Date, parts: Partial<ChannelDoc> = {}): Promise<Types.ObjectId> {
  const connected = { userId: user.id, step: 'check' as const, lastVerifiedAt: at, ...parts }
  const { _id } = await context.db.channels.create(storedChannel('connected', at, connected))
  await breakAgain(_id, at)
  return _id
}
const breakAgain = (_id: Types.ObjectId, at: Date) => ends(_id, 'action_required', 'session_revoked', at)
const mend = (_id: Types.ObjectId, at: Date) => ends(_id, 'connected', 'connected', at)
const set = (_id: Types.ObjectId, fields: object) => context.db.channels.updateOne({ _id }, { $set: fields })

const stored = (_id: Types.ObjectId) => context.db.channels.findById(_id).lean<ChannelDoc>()

/** Hands every mail that is ordered to the mail server. @returns the subjects that arrived since */
async function delivered(): Promise<string[]> {
  const before = server.caught.length
  const unseal = createUnseal(context.config.unsealingKeys)
  for (const { _id } of await context.db.mails.find({ endedAt: { $exists: false } }).lean<MailDoc[]>()) {
    await runMailJob({ ...context, unseal, smtp }, { id: '1', data: { mailId: _id, requestId: 'r' } })
  }
  return server.caught.slice(before).map(({ mail }) => mail.subject ?? '')
}

/** A round at that time. @returns the subjects that arrived */
async function round(at: Date): Promise<string[]> {
  await tellOnce(context, at)
  return delivered()
}

test('a breakage is one mail to the owner, with the cause, the fix and the way to reconnect', async () => {
  const id = await breaks(after(0), { handle: 'name.example.com' })
  expect(await round(after(GATHER_MS))).toEqual(['name.example.com is no longer connected'])
  const [{ mail, to } = { mail: null, to: [] }] = server.caught
  expect(to).toEqual([user.email])
  expect(mail?.text).toContain(outcomes.session_revoked.fix)
  expect(mail?.text).toContain(`${system.url}/app/channels?reconnect=${id.toHexString()}`)
  for (const minutes of [1, 60, 23 * 60, 25 * 60]) expect(await round(after(minutes * MINUTE_MS))).toEqual([])
})

test('it is written in the language of the reader', async () => {
  await users().updateOne({ email: user.email }, { $set: { language: 'de' } })
  await breaks(after(0), { handle: 'name.example.com' })
  expect(await round(after(GATHER_MS))).toEqual(['name.example.com ist nicht mehr verbunden'])
})

test('what breaks together stands in one mail', async () => {
  for (const seconds of [0, 10, 20]) await breaks(after(seconds * 1000))
  expect(await round(after(GATHER_MS - 1000))).toEqual([])
  expect(await round(after(GATHER_MS))).toEqual(['3 of your channels are no longer connected'])
})

test('what breaks later that day waits until the day is over, and comes as one mail', async () => {
  await breaks(after(0))
  expect(await round(after(GATHER_MS))).toHaveLength(1)
  await breaks(after(2 * 60 * MINUTE_MS))
  await breaks(after(5 * 60 * MINUTE_MS))
  for (const hours of [3, 6, 12, 23]) expect(await round(after(hours * 60 * MINUTE_MS))).toEqual([])
  expect(await round(after(DAY_MS + MINUTE_MS + GATHER_MS))).toEqual(['2 of your channels are no longer connected'])
  expect(await round(after(3 * DAY_MS))).toEqual([])
})

test('what got well before its mail is left out', async () => {
  await breaks(after(0))
  expect(await round(after(GATHER_MS))).toHaveLength(1)
  const well = await breaks(after(60 * MINUTE_MS))
  await breaks(after(60 * MINUTE_MS), { handle: 'still.example.com' })
  expect(await round(after(2 * 60 * MINUTE_MS))).toEqual([])
  await mend(well, after(3 * 60 * MINUTE_MS))
  expect(await round(after(DAY_MS + 2 * MINUTE_MS))).toEqual(['still.example.com is no longer connected'])
})

test('what got well at once is told to nobody, and the next breakage has to wait for nothing', async () => {
  await mend(await breaks(after(0)), after(1000))
  expect(await round(after(GATHER_MS))).toEqual([])
  await breaks(after(60 * MINUTE_MS))
  expect(await round(after(62 * MINUTE_MS))).toHaveLength(1)
})

test('what a mail told and then got well is told once, without waiting for the day to be over', async () => {
  const id = await breaks(after(0), { handle: 'name.example.com' })
  await round(after(GATHER_MS))
  expect((await stored(id))?.toldBrokenAt).toEqual(after(GATHER_MS))
  await mend(id, after(60 * MINUTE_MS))
  expect(await round(after(62 * MINUTE_MS))).toEqual(['name.example.com is connected again'])
  expect(await stored(id)).not.toHaveProperty('notice')
  expect(await round(after(2 * DAY_MS))).toEqual([])
})

test('one that breaks and gets well all day long makes two mails a day', async () => {
  const id = await breaks(after(0))
  const subjects = await round(after(GATHER_MS))
  for (let hour = 1; hour < 24; hour++) {
    const at = after(hour * 60 * MINUTE_MS)
    await (hour % 2 === 1 ? mend(id, at) : breakAgain(id, at))
    subjects.push(...(await round(new Date(at.getTime() + MINUTE_MS))))
  }
  expect(subjects).toHaveLength(2)
})

test('checks that find it well go on, and its mail comes all the same', async () => {
  const id = await breaks(after(0), { handle: 'name.example.com' })
  await round(after(GATHER_MS))
  await mend(id, after(60 * MINUTE_MS))
  await mend(id, after(60 * MINUTE_MS + 10_000))
  expect(await round(after(62 * MINUTE_MS))).toEqual(['name.example.com is connected again'])
})

test('a mail that goes out while a check is under way is followed by one that it got well', async () => {
  const id = await breaks(after(0), { handle: 'name.example.com' })
  const claimed = await stored(id)
  await round(after(GATHER_MS))
  if (!claimed) throw new Error('there is no such channel')
  const outcome = { code: 'connected' as const, step: 'verify' as const, params: {}, at: after(40_000) }
  const well = { status: 'connected' as const, outcome, nextTryAt: null, keepPassword: false, attempted: true }
  await settleStep(context.db, claimed, well)
  expect(await round(after(2 * MINUTE_MS))).toEqual(['name.example.com is connected again'])
})

test('whoever reconnects hears nothing of it', async () => {
  const id = await breaks(after(0))
  await round(after(GATHER_MS))
  await set(id, { step: 'verify', status: 'verifying' })
  await mend(id, after(60 * MINUTE_MS))
  expect(await round(after(62 * MINUTE_MS))).toEqual([])
  await set(id, { step: 'check' })
  await breakAgain(id, after(2 * DAY_MS))
  await mend(id, after(2 * DAY_MS + 1000))
  expect(await round(after(3 * DAY_MS)), 'of the next breakage no mail told').toEqual([])
})

test('a digest says as well what got well since', async () => {
  const first = await breaks(after(0), { handle: 'one.example.com' })
  const second = await breaks(after(0), { handle: 'two.example.com' })
  await round(after(GATHER_MS))
  await mend(first, after(60 * MINUTE_MS))
  expect(await round(after(62 * MINUTE_MS))).toEqual(['one.example.com is connected again'])
  await mend(second, after(120 * MINUTE_MS))
  await breaks(after(120 * MINUTE_MS), { handle: 'three.example.com' })
  expect(await round(after(122 * MINUTE_MS))).toEqual([])
  expect(await round(after(DAY_MS + 2 * MINUTE_MS))).toEqual(['three.example.com is no longer connected'])
  expect(server.caught.at(-1)?.mail.text).toContain('two.example.com is connected again.')
})

test('while a step of the channel is under way nothing is said of it', async () => {
  const id = await breaks(after(0))
  await set(id, { status: 'verifying' })
  expect(await round(after(GATHER_MS))).toEqual([])
  await set(id, { status: 'action_required' })
  expect(await round(after(10 * MINUTE_MS))).toHaveLength(1)
})

test.for<[string, object]>([
  ['who has not proved the address', { emailVerified: false }],
  ['who is locked out', { banned: true }],
])('nothing goes to somebody %s, and nothing waits', async ([, fields]) => {
  user = await person(fields)
  const id = await breaks(after(0))
  expect(await round(after(GATHER_MS))).toEqual([])
  expect(await stored(id)).not.toHaveProperty('notice')
  expect(await context.db.mails.countDocuments()).toBe(0)
})

test('nothing goes to a user who is gone, nor about a channel that is removed', async () => {
  await users().deleteOne({ email: user.email })
  await breaks(after(0))
  expect(await round(after(GATHER_MS))).toEqual([])
  user = await person()
  const removed = await breaks(after(0))
  await submitDisconnect(context.db, { id: removed.toHexString() }, 'r', after(1000))
  expect(await round(after(GATHER_MS))).toEqual([])
  expect(await context.db.mails.countDocuments()).toBe(0)
})

test('whoever switched the mails off gets none: of what breaks, nor one that was ordered and not sent', async () => {
  await breaks(after(0))
  await tellOnce(context, after(GATHER_MS))
  await switchTopic(context.db, user.id, 'channels', false)
  expect(await delivered()).toEqual([])
  expect(await context.db.mails.findOne().lean()).toMatchObject({ end: 'no_recipient' })
  const id = await breaks(after(2 * DAY_MS))
  expect(await round(after(3 * DAY_MS))).toEqual([])
  expect(await stored(id)).not.toHaveProperty('notice')
  await switchTopic(context.db, user.id, 'channels', true)
  await breaks(after(4 * DAY_MS))
  expect(await round(after(4 * DAY_MS + GATHER_MS))).toHaveLength(1)
})

test('where e-mail is off, what nobody will be told does not pile up', async () => {
  const id = await breaks(after(0))
  const off = { ...context, config: { ...context.config, mail: null } }
  await tellOnce(off, after(GATHER_MS))
  expect(await stored(id)).not.toHaveProperty('notice')
  expect(await round(after(DAY_MS))).toEqual([])
})

test('many processes that look at once order one mail', async () => {
  for (let index = 0; index < 3; index++) await breaks(after(0))
  await Promise.all(Array.from({ length: 6 }, () => tellOnce(context, after(GATHER_MS))))
  expect(await delivered()).toEqual(['3 of your channels are no longer connected'])
})

type Death = [collection: 'channels' | 'mails' | 'subscriptions', method: string, nth: number]
const brokeOff: unknown[] = []
const dying = (...death: Death) => {
  const stores = { ...context.stores, report: (error: unknown) => void brokeOff.push(error) }
  return { ...context, stores, db: dyingDb(context.db, ...death) }
}

test.for<[string, Death]>([
  ['after it took the decision', ['mails', 'create', 1]],
  ['between the order and the notices', ['channels', 'updateMany', 1]],
  ['before it was done', ['subscriptions', 'updateOne', 2]],
])('a worker that dies %s leaves one mail, and every notice cleared', async ([, where]) => {
  const id = await breaks(after(0))
  brokeOff.length = 0
  await tellOnce(dying(...where), after(GATHER_MS))
  expect(brokeOff).toEqual([new Error('killed')])
  await tellOnce(context, after(GATHER_MS + 1000))
  // Whoever sweeps next goes on with it, as soon as nobody can be at it any more.
  await breaks(after(GATHER_MS + 2000))
  await tellOnce(context, after(GATHER_MS + RESUME_MS))
  expect(await delivered()).toHaveLength(1)
  expect(await stored(id)).toMatchObject({ toldBrokenAt: after(GATHER_MS) })
  expect(await stored(id)).not.toHaveProperty('notice')
  expect((await findSubscription(context.db, user.id))?.telling).toBeUndefined()
  expect(await round(after(DAY_MS + 5 * MINUTE_MS)), 'what broke meanwhile').toHaveLength(1)
})

test('what one process tells, no other touches; what it told, no other tells the same day', async () => {
  const { db } = context
  await openSubscription(db, user.id)
  const telling = (at: Date, kind: 'broken' | 'well') => ({ at, broken: [], well: [], [kind]: [new Types.ObjectId()] })
  const well = telling(after(0), 'well')
  expect(await beginTelling(db, user.id, well, 'well')).toBe(true)
  const broken = telling(after(1000), 'broken')
  expect(await beginTelling(db, user.id, broken, 'broken')).toBe(false)
  await endTelling(db, user.id, well, true)
  expect(await beginTelling(db, user.id, broken, 'broken')).toBe(true)
  await endTelling(db, user.id, broken, true)
  expect(await beginTelling(db, user.id, telling(after(2000), 'broken'), 'broken')).toBe(false)
  expect(await beginTelling(db, user.id, telling(after(DAY_MS + 1000), 'broken'), 'broken')).toBe(true)
})

test('what got well while its mail was being ordered is told well again', async () => {
  const id = await breaks(after(0), { handle: 'name.example.com' })
  await tellOnce(dying('channels', 'updateMany', 1), after(GATHER_MS))
  await mend(id, after(GATHER_MS + 1000))
  await tellOnce(context, after(GATHER_MS + RESUME_MS))
  const told = ['name.example.com is no longer connected', 'name.example.com is connected again']
  expect((await delivered()).toSorted()).toEqual(told.toSorted())
  expect(await round(after(DAY_MS + MINUTE_MS))).toEqual([])
})

test('what got well after a worker died that had ordered nothing is told to nobody', async () => {
  const id = await breaks(after(0))
  await tellOnce(dying('mails', 'create', 1), after(GATHER_MS))
  await mend(id, after(GATHER_MS + 1000))
  expect(await round(after(GATHER_MS + RESUME_MS))).toEqual([])
  await breakAgain(id, after(60 * MINUTE_MS))
  expect(await round(after(61 * MINUTE_MS)), 'nothing was told that day yet').toHaveLength(1)
})

test('a round reads only what is due, from an index of what is to be told', async () => {
  await context.db.channels.insertMany(Array.from({ length: 300 }, () => storedChannel('session_revoked', after(0))))
  await breaks(after(DAY_MS))
  const sent = await sentWhile(system, () => tellOnce(context, after(0)))
  const reads = sent.flatMap(({ find, hint, filter, limit }) => (find === 'channels' ? [{ hint, filter, limit }] : []))
  expect(reads).toEqual([
    { hint: { 'notice.at': 1 }, filter: { 'notice.at': { $lte: after(-GATHER_MS), $type: 'date' } }, limit: 200 },
  ])
})

test('the sweep tells, and the mail can be switched off where it is read', async () => {
  await breaks(new Date(Date.now() - GATHER_MS))
  await sweepOnce(context)
  await delivered()
  const { headers } = server.caught[0]?.mail ?? { headers: new Map<string, unknown>() }
  expect(headers.get('list')).toMatchObject({
    unsubscribe: { url: expect.stringContaining('/api/unsubscribe/channels.') },
  })
  expect(server.caught[0]?.raw).toMatch(/List-Unsubscribe-Post: List-Unsubscribe=One-Click/)
})
