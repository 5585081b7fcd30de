// Administrators hear by mail that an incident began and that it is over, once each, whatever many processes do.
import { Types } from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { switchTopic } from '../../src/db/subscriptions.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { AGAIN_MS, OVER_MS, TAKEN_MS, watchOnce } from '../../workers/incidents.ts'
import { dyingDb } from '../helpers/dying.ts'
import { mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const MINUTE_MS = 60_000
const server = 'https://pds.example.com'
let mailServer: MailServer
let system: System
let context: System['context']
let admins: string[]

beforeAll(async () => {
  mailServer = await startMailServer()
  system = await createSystem({ workers: false, env: mailEnv(mailServer) })
  context = system.context
})
afterAll(async () => {
  await system.stop()
  await mailServer.close()
})
beforeEach(async () => {
  await users().deleteMany({ role: 'admin' })
  admins = [await admin(), await admin()]
})
afterEach(async () => {
  const { channels, mails, subscriptions, incidents, incidentWatch } = context.db
  const all = [channels, mails, subscriptions, incidents, incidentWatch]
  await Promise.all(all.map((each) => (each as typeof channels).deleteMany()))
})

const users = () => context.db.connection.collection('user')
async function admin(fields: object = {}): Promise<string> {
  const _id = new Types.ObjectId()
  const email = `a-${_id.toHexString()}@example.com`
  await users().insertOne({ _id, email, name: 'A', role: 'admin', emailVerified: true, ...fields })
  return _id.toHexString()
}

// In the middle of a day: what is counted begins at a whole hour.
const start = new Date('2026-11-27T12:00:00Z').getTime()
const after = (ms: number) => new Date(start + ms)

/** So many connects that were submitted at that time and ended so; those that failed can run again. */
const connects = (code: OutcomeCode, count: number, at: Date, serviceUrl = server) => {
  const secrets = { password: 'sealed' }
  return context.db.channels.insertMany(
    Array.from({ length: count }, () => storedChannel(code, at, { serviceUrl, secrets })),
  )
}

interface Told {
  opened: { server: string; code: string }[]
  closed: { server: string; code: string }[]
}
/** What was ordered for one of the administrators, oldest first. */
async function toldTo(userId: string) {
  const mails = await context.db.mails.find({ kind: 'incidents', userId }).sort({ _id: 1 }).lean()
  return mails.map(({ params }) => {
    const { opened, closed } = params as unknown as Told
    return [...opened.map((one) => `opened ${one.code} ${one.server}`), ...closed.map((one) => `closed ${one.server}`)]
  })
}
const opened = [`opened pds_unreachable ${server}`]
const closed = [`closed ${server}`]

/** Looks every minute from one time to another. */
async function watch(from: number, until: number) {
  for (let ms = from; ms <= until; ms += MINUTE_MS) await watchOnce(context, after(ms))
}

test('an incident is told when it begins and when it is over, once each, to every administrator', async () => {
  await connects('connected', 40, after(-60 * MINUTE_MS))
  await watch(0, 3 * MINUTE_MS)
  expect(await toldTo(admins[0] ?? '')).toEqual([])
  await connects('pds_unreachable', 30, after(4 * MINUTE_MS))
  await watch(5 * MINUTE_MS, 30 * MINUTE_MS)
  for (const id of admins) expect(await toldTo(id)).toEqual([opened])
  await connects('connected', 200, after(31 * MINUTE_MS))
  await watch(32 * MINUTE_MS, 32 * MINUTE_MS + OVER_MS + 5 * MINUTE_MS)
  for (const id of admins) expect(await toldTo(id)).toEqual([opened, closed])
})

test('two processes that look at once tell it once', async () => {
  await connects('pds_unreachable', 30, after(0))
  const looked = await Promise.all(Array.from({ length: 6 }, () => watchOnce(context, after(MINUTE_MS))))
  expect(looked.filter(Boolean)).toHaveLength(1)
  expect(await toldTo(admins[0] ?? '')).toEqual([opened])
})

test('one that comes and goes is one incident', async () => {
  await connects('pds_unreachable', 30, after(0))
  await watch(MINUTE_MS, MINUTE_MS)
  await connects('connected', 200, after(6 * MINUTE_MS))
  await watch(7 * MINUTE_MS, 12 * MINUTE_MS)
  await connects('pds_unreachable', 300, after(13 * MINUTE_MS))
  await watch(14 * MINUTE_MS, 40 * MINUTE_MS)
  expect(await toldTo(admins[0] ?? '')).toEqual([opened])
})

test('however many ways connects fail at a server, it is one incident there', async () => {
  await connects('pds_unreachable', 30, after(0))
  await watch(MINUTE_MS, MINUTE_MS)
  await connects('pds_error', 60, after(2 * MINUTE_MS))
  await watch(3 * MINUTE_MS, 10 * MINUTE_MS)
  expect(await toldTo(admins[0] ?? '')).toEqual([opened])
})

test('what begins at several servers at once stands in one mail', async () => {
  const other = 'https://other.example.com'
  await connects('pds_unreachable', 30, after(0))
  await connects('pds_unreachable', 40, after(0), other)
  await watch(MINUTE_MS, 5 * MINUTE_MS)
  const [told] = await toldTo(admins[0] ?? '')
  expect(told?.toSorted()).toEqual([`opened pds_unreachable ${other}`, ...opened])
  expect(await context.db.mails.countDocuments()).toBe(2)
})

test('a worker that dies after the decision leaves one mail for each administrator', async () => {
  await connects('pds_unreachable', 30, after(0))
  const killed = watchOnce({ ...context, db: dyingDb(context.db, 'mails', 'create', 2) }, after(MINUTE_MS))
  await expect(killed).rejects.toThrow('killed')
  expect(await context.db.mails.countDocuments()).toBe(1)
  await watchOnce(context, after(MINUTE_MS + TAKEN_MS + AGAIN_MS))
  for (const id of admins) expect(await toldTo(id)).toEqual([opened])
})

test('a worker that dies while it looks is followed by another', async () => {
  await connects('pds_unreachable', 30, after(0))
  const killed = watchOnce({ ...context, db: dyingDb(context.db, 'channels', 'aggregate', 1) }, after(MINUTE_MS))
  await expect(killed).rejects.toThrow('killed')
  expect(await watchOnce(context, after(MINUTE_MS + TAKEN_MS - 1))).toBe(false)
  expect(await watchOnce(context, after(MINUTE_MS + TAKEN_MS))).toBe(true)
  expect(await toldTo(admins[0] ?? '')).toEqual([opened])
})

test('who switched it off, is locked out or is no administrator hears nothing', async () => {
  await switchTopic(context.db, admins[0] ?? '', 'incidents', false)
  await users().updateOne({ _id: new Types.ObjectId(admins[1]) }, { $set: { banned: true } })
  const user = await admin({ role: 'user' })
  const third = await admin()
  await connects('pds_unreachable', 30, after(0))
  await watch(MINUTE_MS, 2 * MINUTE_MS)
  expect(await toldTo(third)).toEqual([opened])
  for (const id of [...admins, user]) expect(await toldTo(id)).toEqual([])
})

test('the end of one that nobody looked at for a day is no news', async () => {
  await connects('pds_unreachable', 30, after(0))
  await watch(MINUTE_MS, MINUTE_MS)
  await watch(30 * 60 * MINUTE_MS, 30 * 60 * MINUTE_MS)
  expect(await toldTo(admins[0] ?? '')).toEqual([opened])
  expect(await context.db.incidents.countDocuments({ open: true })).toBe(0)
})

test('the workers look by themselves, and the mail server gets the mail', async () => {
  await connects('pds_unreachable', 30, new Date(Date.now() - 10 * MINUTE_MS))
  await system.startWorkers()
  try {
    for (const id of admins) {
      const caught = await mailServer.mailTo(`a-${id}@example.com`)
      expect(caught.mail.subject).toBe('Something is wrong: The server does not answer (pds.example.com)')
      expect(caught.raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    }
  } finally {
    await system.stopWorkers()
  }
})

test('where e-mail is off nobody is told, and the incident stands on the page all the same', async () => {
  await connects('pds_unreachable', 30, after(0))
  await watchOnce({ ...context, config: { ...context.config, mail: null } }, after(MINUTE_MS))
  expect(await context.db.incidents.findOne().lean()).toMatchObject({ open: true, server, code: 'pds_unreachable' })
  await watchOnce(context, after(2 * MINUTE_MS))
  expect(await context.db.mails.countDocuments()).toBe(0)
})
