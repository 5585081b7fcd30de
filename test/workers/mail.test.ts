// The outbox: every mail that is ordered is handed to the mail server once, or given up for a reason that is written down.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Types } from 'mongoose'
import { orderMail, type MailDoc, type MailOrder } from '../../src/db/mails.ts'
import { sendMail } from '../../src/mail/send.ts'
import { enqueueMail, mailJob } from '../../src/jobs.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { runMailJob } from '../../workers/mail.ts'
import { createSmtp } from '../../workers/smtp.ts'
import { createUnseal } from '../../workers/unseal.ts'
import { mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const HOUR_MS = 3600_000
let server: MailServer
let system: System
let user: Client

beforeEach(async () => {
  server = await startMailServer()
  system = await createSystem({ workers: false, env: mailEnv(server) })
  user = await person()
})
afterEach(async () => {
  await system.stop()
  await server.close()
})

/** Made by an admin, which sends no mail. */
async function person(): Promise<Client> {
  const email = `m-${new Types.ObjectId().toHexString()}@example.com`
  const admin = await system.admin()
  const { body } = await admin.request<{ user: { id: string } }>('POST', '/api/auth/admin/create-user', {
    body: { email, name: 'M', role: 'user', password: 'lamp harbour cactus' },
  })
  return { ...admin, id: body.user.id, email }
}

let count = 0
const order = (more: Partial<MailOrder<'password_changed'>> = {}): MailOrder<'password_changed'> => ({
  id: `test-${(count += 1)}`,
  kind: 'password_changed',
  userId: user.id,
  params: {},
  requestId: 'r',
  ...more,
})
const stored = (id: string) => system.context.db.mails.findById(id).lean<MailDoc>()
const jobs = () => system.context.queues.mail.getJobCountByTypes('wait', 'prioritized', 'active', 'delayed')
const later = (ms: number) => new Date(Date.now() + ms)
const ended = (id: string, end: string) =>
  expect.poll(async () => (await stored(id))?.end, { timeout: 30_000 }).toBe(end)

/** One try of a mail, without a queue, by a worker that is not there before and after. */
async function tryOnce(id: string) {
  const { context } = system
  const { smtp: to, mail } = context.config
  if (!to || !mail) throw new Error('e-mail is off')
  const smtp = createSmtp(to, mail.from)
  try {
    const unseal = createUnseal(context.config.unsealingKeys)
    await runMailJob({ ...context, unseal, smtp }, { id: '1', data: { mailId: id, requestId: 'r' } })
  } finally {
    smtp.close()
  }
}
/** Moves the clock of a mail to its next try. */
const makeDue = (id: string) =>
  system.context.db.mails.updateOne({ _id: id }, { $set: { notBefore: new Date(0), 'lease.sweepAt': new Date(0) } })

test('it is sent once, however often it is ordered, with a Message-ID made from what was decided', async () => {
  await system.startWorkers()
  const one = order()
  expect(await sendMail(system.context, one)).toBe(true)
  expect(await sendMail(system.context, one)).toBe(false)
  await ended(one.id, 'sent')
  expect(await sendMail(system.context, one)).toBe(false)
  await sweepOnce(system.context, later(HOUR_MS))
  await expect.poll(jobs).toBe(0)
  expect(server.caught).toHaveLength(1)
  const [{ mail, to } = { mail: null, to: [] }] = server.caught
  expect(to).toEqual([user.email])
  expect(mail).toMatchObject({
    subject: 'Your password was changed',
    messageId: expect.stringMatching(/^<[0-9a-f]{40}@example\.com>$/),
  })
  expect(mail?.from?.value).toEqual([{ name: 'Bluesky Connect', address: 'connect@example.com' }])
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  expect(mail?.text).toContain(`${system.url}/forgot-password`)
  expect(mail?.html).toContain(`href="${system.url}/forgot-password"`)
})

test('it is in the language of who gets it', async () => {
  await user.request('GET', '/api/me', { headers: { 'accept-language': 'en' } })
  await system.context.db.connection.collection('user').updateOne({ email: user.email }, { $set: { language: 'de' } })
  const one = order()
  await orderMail(system.context.db, one)
  await tryOnce(one.id)
  expect(server.caught[0]?.mail).toMatchObject({ subject: 'Ihr Passwort wurde geändert' })
  expect(server.caught[0]?.mail.html).toContain('<html lang="de">')
})

test('the mail server is away: it is tried again, later each time, and sent when it is back', async () => {
  await server.close()
  const one = order()
  await orderMail(system.context.db, one)
  for (const [index, seconds] of [30, 120, 600, 1800, 3600, 3600].entries()) {
    const before = Date.now()
    await tryOnce(one.id)
    const mail = await stored(one.id)
    expect(mail).toMatchObject({ lease: { failures: index + 1, claims: 0, sweepAt: mail?.notBefore } })
    const waitMs = (mail?.notBefore.getTime() ?? 0) - before
    expect(waitMs).toBeGreaterThanOrEqual(seconds * 1000)
    expect(waitMs).toBeLessThan(seconds * 1100 + 15_000)
    await tryOnce(one.id)
    expect((await stored(one.id))?.lease.failures, 'nobody takes it before its time').toBe(index + 1)
    await makeDue(one.id)
  }
  server = await startMailServer({ port: server.port })
  await system.startWorkers()
  await ended(one.id, 'sent')
  expect(server.caught).toHaveLength(1)
})

test.each([
  ['the server is busy', 'connect', 421],
  ['the sender is put off', 'from', 451],
  ['the recipient is put off', 'to', 450],
  ['the mail is put off', 'data', 452],
  // These concern every mail, and ops can mend them.
  ['the sender is refused', 'from', 550],
] as const)('%s: it is tried again, and then sent', async (_name, stage, code) => {
  server.reply = (now) => (now === stage ? code : null)
  const one = order()
  await orderMail(system.context.db, one)
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ lease: { failures: 1 } })
  expect((await stored(one.id))?.end).toBeUndefined()
  server.reply = () => null
  await makeDue(one.id)
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ end: 'sent' })
  expect(server.caught).toHaveLength(1)
})

test.each([
  ['recipient', 'to', 'EENVELOPE RCPT TO 550'],
  ['mail', 'data', 'EMESSAGE DATA 550'],
] as const)(
  'a %s that is refused for good is not tried again, and the log says so without its address',
  async (_name, stage, reason) => {
    server.reply = (now) => (now === stage ? 550 : null)
    const one = order()
    await orderMail(system.context.db, one)
    await tryOnce(one.id)
    const mail = await stored(one.id)
    expect(mail).toMatchObject({ end: 'refused' })
    expect(mail?.lease.sweepAt).toBeUndefined()
    const line = system.log.records().find(({ msg }) => msg === 'mail')
    expect(line).toMatchObject({ level: 'warn', mailId: one.id, kind: 'password_changed', end: 'refused', reason })
    expect(JSON.stringify(line)).not.toContain(user.email)
  },
)

test('after two days it is given up; a link that is over is given up with it, and destroyed', async () => {
  const { db, seal } = system.context
  const one = order()
  const at = new Date(Date.now() - 48 * HOUR_MS)
  await orderMail(db, one, at)
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ end: 'given_up' })

  const two = order({ validUntil: later(10_000), link: await seal('link', 'x', 'https://example.com/') })
  await orderMail(db, two)
  server.reply = () => 421
  // The next try would come after the link is over.
  await tryOnce(two.id)
  expect(await stored(two.id)).toMatchObject({ end: 'given_up' })
  expect((await stored(two.id))?.link).toBeUndefined()
  expect(server.caught).toEqual([])
})

test('two workers at once: one sends it', async () => {
  const one = order()
  await orderMail(system.context.db, one)
  await Promise.all([tryOnce(one.id), tryOnce(one.id), tryOnce(one.id)])
  expect(server.caught).toHaveLength(1)
  expect(await stored(one.id)).toMatchObject({ end: 'sent' })
})

test('a wiped Redis loses none, and doubles none', async () => {
  const one = order()
  await sendMail(system.context, one)
  expect(await jobs()).toBe(1)
  await system.context.queues.mail.obliterate({ force: true })
  await system.startWorkers()
  await ended(one.id, 'sent')
  await system.context.queues.mail.obliterate({ force: true })
  await sweepOnce(system.context, later(HOUR_MS))
  expect(await jobs()).toBe(0)
  expect(server.caught).toHaveLength(1)
})

test('one that brings its worker down again and again is given up', async () => {
  const one = order()
  await orderMail(system.context.db, one)
  await system.context.db.mails.updateOne({ _id: one.id }, { $set: { 'lease.claims': 5 } })
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ end: 'given_up' })
})

test('whoever is gone or locked out gets none, and a removed user leaves none', async () => {
  const { db } = system.context
  const one = order({ userId: new Types.ObjectId().toHexString() })
  await orderMail(db, one)
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ end: 'no_recipient' })

  const admin = await system.admin()
  const two = order()
  await orderMail(db, two)
  await admin.request('POST', '/api/auth/admin/ban-user', { body: { userId: user.id } })
  await tryOnce(two.id)
  expect(await stored(two.id)).toMatchObject({ end: 'no_recipient' })
  await admin.request('POST', '/api/auth/admin/remove-user', { body: { userId: user.id } })
  await sweepOnce(system.context, new Date())
  expect(await stored(two.id)).toBeNull()
  expect(server.caught).toEqual([])
})

test('an order with a link that was sealed for another mail is given up', async () => {
  const { db, seal } = system.context
  const one = order({ link: await seal('link', 'another', 'https://example.com/') })
  await orderMail(db, one)
  await tryOnce(one.id)
  expect(await stored(one.id)).toMatchObject({ end: 'given_up' })
  expect(server.caught).toEqual([])
})

test('a mail that somebody waits for goes before those that can wait', async () => {
  const { queues } = system.context
  const add = (mailId: string, urgent: boolean) => enqueueMail(system.context, { mailId, requestId: 'r' }, { urgent })
  await add('slow-1', false)
  await add('slow-2', false)
  await add('quick', true)
  const next = await queues.mail.getJobs(['wait', 'prioritized'])
  expect(next.find(({ data }) => data.mailId === 'quick')?.priority).toBe(0)
  expect(next.find(({ data }) => data.mailId === 'slow-1')?.priority).toBe(1)
})

test('the deadline of a try is over before anybody else takes the mail', async () => {
  const { promise: never, resolve } = Promise.withResolvers<null>()
  server.reply = (stage) => (stage === 'data' ? never : null)
  const one = order()
  await orderMail(system.context.db, one)
  const trying = tryOnce(one.id)
  await expect.poll(() => server.count('data'), { timeout: 45_000 }).toBe(1)
  const mail = await stored(one.id)
  expect((mail?.notBefore.getTime() ?? 0) - (mail?.createdAt.getTime() ?? 0)).toBeGreaterThan(mailJob.deadlineMs)
  await tryOnce(one.id)
  expect(server.count('data')).toBe(1)
  resolve(null)
  await trying
  expect(server.caught).toHaveLength(1)
})
