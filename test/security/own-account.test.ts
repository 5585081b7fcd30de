// What everybody does with their own account beside password and sessions: another e-mail address, and a copy of their data.
import { randomUUID } from 'node:crypto'
import { Types } from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { Export, type EmailChange, type Me, type Problem } from '../../src/contract.ts'
import { linkIn, mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const newEmail = () => `n-${randomUUID()}@example.com`
const change = (user: Client, email: string) =>
  user.request<EmailChange & Problem>('POST', '/api/me/email', { body: { email } })
const me = async (user: Client) => (await user.request<Me>('GET', '/api/me')).body
const signIn = (system: System, email: string) =>
  system.anyone.request('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD } })
const growStale = (system: System, { id }: Client) =>
  system.context.db.sessions.updateMany(
    { userId: new Types.ObjectId(id) },
    { $set: { createdAt: new Date(Date.now() - 11 * 60_000) } },
  )

describe('without e-mail', () => {
  let system: System
  beforeAll(async () => {
    system = await createSystem()
  })
  afterAll(() => system.stop())

  test('an address changes at once, for whoever has just shown the password', async () => {
    const user = await system.user()
    const email = newEmail()
    expect(await change(user, email.toUpperCase())).toMatchObject({ status: 200, body: { email, changed: true } })
    expect(await me(user)).toMatchObject({ email, emailVerified: false })
    expect((await signIn(system, email)).status).toBe(200)
    expect((await signIn(system, user.email)).status).toBe(401)
  })

  test('a stolen session changes none', async () => {
    const user = await system.user()
    await growStale(system, user)
    expect(await change(user, newEmail())).toMatchObject({ status: 403, body: { code: 'fresh_session_needed' } })
    expect((await me(user)).email).toBe(user.email)
    await user.request('POST', '/api/auth/verify-password', { body: { password: PASSWORD } })
    expect((await change(user, newEmail())).status).toBe(200)
  })

  test('nobody takes an address that somebody has, nor one that is none', async () => {
    const user = await system.user()
    expect((await change(user, 'ADMIN@example.com')).body).toMatchObject({ status: 422, code: 'email_taken' })
    expect((await change(user, user.email)).body).toMatchObject({ status: 422, code: 'email_same' })
    expect((await change(user, 'nobody')).body).toMatchObject({ status: 422, code: 'invalid_input' })
    expect((await me(user)).email).toBe(user.email)
  })

  test('of two who take the same at once one gets it', async () => {
    const [one, other] = [await system.user(), await system.user()]
    const email = newEmail()
    const both = await Promise.all([change(one, email), change(other, email)])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422])
    const people = await system.context.db.connection.collection('user').countDocuments({ email })
    expect(people).toBe(1)
  })

  test('a copy of one’s data has account, sessions and every channel with its attempts, and no secret', async () => {
    const user = await system.user()
    const pds = inject('pds')
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    const { id } = await user.connect(account.handle, appPassword)
    await system.until(user, id, ({ status }) => status === 'connected')
    const { db } = system.context
    await db.channels.insertMany(
      Array.from({ length: 230 }, () => storedChannel('bad_credentials', new Date(), { userId: user.id })),
    )
    await db.channels.create(storedChannel('connected', new Date(), { userId: 'somebody-else' }))
    const { status, headers, body } = await user.request<unknown>('GET', '/api/me/export')
    expect(status).toBe(200)
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="bluesky-connect-[\d-]+\.json"$/)
    const said = Export.strict().parse(body)
    expect(said.account).toMatchObject({ id: user.id, email: user.email })
    expect(said.sessions).toHaveLength(1)
    expect(new Set(said.channels.map((channel) => channel.id)).size).toBe(231)
    const connected = said.channels.find((channel) => channel.id === id)
    expect(connected?.attempts.map(({ outcome }) => outcome)).toContain('connected')
    const stored = await db.channels.findById(id).select('+secrets').lean()
    const secrets = [appPassword, user.token.split('.')[0] ?? '', ...Object.values(stored?.secrets ?? {}).flat()]
    for (const secret of secrets) expect(JSON.stringify(body)).not.toContain(secret)
  })

  test('nobody gets that of another', async () => {
    expect((await system.anyone.request('GET', '/api/me/export')).status).toBe(401)
  })
})

describe('with e-mail', () => {
  let server: MailServer
  let system: System
  beforeAll(async () => {
    server = await startMailServer()
    system = await createSystem({ env: mailEnv(server) })
  })
  afterAll(async () => {
    await system.stop()
    await server.close()
  })
  const confirm = (token: string) =>
    system.anyone.request<Problem & { email: string }>('POST', '/api/me/email/confirm', { body: { token } })
  const tokenSentTo = async (email: string) =>
    linkIn(await server.mailTo(email, /Is this your new e-mail address/), 'change-email').hash.slice(1)

  test('the new address is proved by a link, the old one told', async () => {
    const user = await system.user()
    const email = newEmail()
    expect(await change(user, email)).toMatchObject({ status: 202, body: { email, changed: false } })
    const token = await tokenSentTo(email)
    // Until then nothing is changed.
    expect((await me(user)).email).toBe(user.email)
    expect((await confirm(token)).body).toEqual({ email })
    expect(await me(user)).toMatchObject({ email, emailVerified: true })
    const told = await server.mailTo(user.email, /address of your account was changed/)
    expect(told.mail.text).toContain(email)
    expect((await signIn(system, email)).status).toBe(200)
    expect((await signIn(system, user.email)).status).toBe(401)
    expect((await confirm(token)).body).toMatchObject({ status: 422, code: 'link_invalid' })
  })

  test('the last link asked for is the one that counts, for a day, and none outlives the account', async () => {
    const user = await system.user()
    const [first, second] = [newEmail(), newEmail()]
    await change(user, first)
    const token = await tokenSentTo(first)
    await change(user, second)
    expect((await confirm(token)).body.code).toBe('link_invalid')
    const other = await tokenSentTo(second)
    const { verifications } = system.context.db
    const ofUser = { value: { $regex: `^${user.id} ` } }
    const kept = await verifications.findOne(ofUser).lean<{ expiresAt: Date }>()
    const hours = ((kept?.expiresAt.getTime() ?? 0) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24)
    await verifications.collection.updateOne(ofUser, { $set: { expiresAt: new Date(Date.now() - 1000) } })
    expect((await confirm(other)).body.code).toBe('link_invalid')
    expect((await me(user)).email).toBe(user.email)
  })

  test('an address that somebody has gets no mail, and nothing tells so', async () => {
    const [user, other] = [await system.user(), await system.user()]
    expect(await change(user, other.email)).toMatchObject({ status: 202, body: { email: other.email, changed: false } })
    // What was ordered later has come.
    const email = newEmail()
    await change(user, email)
    await tokenSentTo(email)
    const wrong = server.caught.filter(({ to, mail }) => to.includes(other.email) && /new/.test(mail.subject ?? ''))
    expect(wrong).toEqual([])
  })

  test('an address that somebody took meanwhile is not theirs as well', async () => {
    const [user, other] = [await system.user(), await system.user()]
    const email = newEmail()
    await change(user, email)
    await change(other, email)
    const mine = await tokenSentTo(email)
    expect((await confirm(mine)).status).toBe(200)
    const rest = server.caught.filter(({ to }) => to.includes(email))
    for (const caught of rest) {
      const token = linkIn(caught, 'change-email').hash.slice(1)
      if (token !== mine) expect((await confirm(token)).body).toMatchObject({ status: 422, code: 'email_taken' })
    }
  })

  test('no address is told, and no token kept, in a log, a job or a mail order that has ended', async () => {
    const user = await system.user()
    const email = newEmail()
    await change(user, email)
    const token = await tokenSentTo(email)
    await expect
      .poll(
        async () =>
          JSON.stringify(await system.context.db.mails.find({ userId: user.id, kind: 'email_change' }).lean()),
        { timeout: 30_000 },
      )
      .not.toContain(email)
    expect(JSON.stringify(system.log.records())).not.toContain(token)
    expect(JSON.stringify(system.log.records())).not.toContain(email)
  })
})
