// What administrators do with people: finding, inviting, links to a password, roles, locking out, each act in the audit list, and what none may do.
import { randomUUID } from 'node:crypto'
import { Types } from 'mongoose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditPage, Invited, PasswordLink, PersonDetails, PersonPage, Problem } from '../../src/contract.ts'
import { linkIn, mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { secretOf, totp } from '../helpers/totp.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const NEW_PASSWORD = 'lamp harbour cactus'
let system: System
let admin: Client
beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
})
afterAll(() => system.stop())

const newEmail = () => `i-${randomUUID()}@example.com`
const list = async (query = '') => (await admin.request<PersonPage>('GET', `/api/admin/people${query}`)).body
const details = ({ id }: { id: string }) => admin.request<PersonDetails>('GET', `/api/admin/people/${id}`)
const invite = (email: string, role = 'user', by = admin) =>
  by.request<Invited & Problem>('POST', '/api/admin/people', { body: { email, role } })
const linkFor = ({ id }: { id: string }, by = admin) =>
  by.request<PasswordLink & Problem>('POST', `/api/admin/people/${id}/password-link`, { body: {} })
const nobody = '0'.repeat(24)
const turnOff = ({ id }: { id: string }, by = admin) =>
  by.request<Problem>('DELETE', `/api/admin/people/${id}/second-factor`)
const end = ({ id }: { id: string }, sessionId: string, by = admin) =>
  by.request<Problem>('DELETE', `/api/admin/people/${id}/sessions/${sessionId}`)
const act = (name: string, body: object, by = admin) => by.request<Problem>('POST', `/api/auth/admin/${name}`, { body })
const tokenOf = (link: string) => new URL(link).hash.slice(1)
const setPassword = (token: string, newPassword = NEW_PASSWORD) =>
  system.anyone.request<Problem>('POST', '/api/auth/reset-password', { body: { token, newPassword } })
const signIn = (email: string, password: string) =>
  system.anyone.request('POST', '/api/auth/sign-in/email', { body: { email, password } })
const acts = async (whom: string) =>
  (await admin.request<AuditPage>('GET', '/api/admin/audit?limit=100')).body.entries.filter((one) => one.whom === whom)

describe('the list', () => {
  test('has everybody, newest first, page by page', async () => {
    const made = [await system.user(), await system.user(), await system.user()]
    const seen: string[] = []
    let cursor: string | null = ''
    do {
      const page: PersonPage = await list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.people.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen.slice(0, 3)).toEqual(made.map(({ id }) => id).toReversed())
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toContain(admin.id)
  })

  test('finds a part of the e-mail or of the name, taken letter by letter', async () => {
    const word = randomUUID().slice(0, 8)
    const email = `anna.${word}+news@example.com`
    const { id } = (await invite(email)).body.person
    const { _id, ...other } = {
      _id: new Types.ObjectId(),
      name: `Zoë (${word})`,
      email: newEmail(),
      createdAt: new Date(),
    }
    await system.context.db.connection.collection('user').insertOne({ _id, ...other, role: 'user' })
    const found = async (q: string) => (await list(`?q=${encodeURIComponent(q)}`)).people.map((person) => person.id)
    expect(await found(word)).toEqual([_id.toHexString(), id])
    expect(await found(`${word.toUpperCase()}+NEWS`)).toEqual([id])
    expect(await found(`(${word})`)).toEqual([_id.toHexString()])
    expect(await found(`.*${word}`)).toEqual([])
    expect(await found('nobody-has-this')).toEqual([])
  })

  test('filters by role and state', async () => {
    const invited = (await invite(newEmail(), 'admin')).body.person
    const lockedOut = await system.user()
    await act('ban-user', { userId: lockedOut.id, banReason: 'left the company' })
    const ids = async (query: string) => (await list(`?limit=100&${query}`)).people.map(({ id }) => id)
    expect(await ids('role=admin')).toEqual([invited.id, admin.id])
    expect(await ids('state=invited&role=admin')).toEqual([invited.id])
    expect(await ids('state=locked_out')).toEqual([lockedOut.id])
    expect(await ids('state=active')).toEqual(expect.not.arrayContaining([invited.id, lockedOut.id]))
    expect((await details(lockedOut)).body).toMatchObject({
      state: 'locked_out',
      lockedOut: { reason: 'left the company', until: null },
    })
    await act('remove-user', { userId: invited.id })
  })

  test('says how many channels somebody has, and when they were here last', async () => {
    const user = await system.user()
    const { db } = system.context
    await db.channels.insertMany([
      storedChannel('connected', new Date(), { userId: user.id }),
      storedChannel('bad_credentials', new Date(), { userId: user.id }),
    ])
    const [person] = (await list(`?q=${user.email}`)).people
    expect(person).toMatchObject({ id: user.id, channels: 2, role: 'user', state: 'active' })
    expect(Date.now() - new Date(person?.lastSeenAt ?? 0).getTime()).toBeLessThan(600_000)
    const one = (await details(user)).body
    expect(one).toMatchObject({ yourself: false, standing: { connected: 1, needsAction: 1 } })
    expect(one.sessions).toHaveLength(1)
    expect(JSON.stringify(one)).not.toContain(user.token.split('.')[0])
  })

  test.each(['?role=owner', '?state=gone', '?cursor=x', `?q=${'x'.repeat(300)}`])('refuses %s', async (query) => {
    expect((await admin.request('GET', `/api/admin/people${query}`)).status).toBeGreaterThanOrEqual(400)
  })
})

describe('an invitation', () => {
  test('works without e-mail: its link sets the first password, once, and they are in', async () => {
    const email = newEmail()
    const { status, body } = await invite(email.toUpperCase())
    expect(status).toBe(201)
    expect(body).toMatchObject({ mailed: false, person: { email, role: 'user', state: 'invited', lastSeenAt: null } })
    expect(body.link).toMatch(new RegExp(`^${system.url}/invitation#shown-`))
    const days = (new Date(body.expiresAt).getTime() - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(6.9)
    expect(days).toBeLessThanOrEqual(7)
    expect((await signIn(email, NEW_PASSWORD)).status).toBe(401)
    expect((await setPassword(tokenOf(body.link), 'short')).body.code).toBe('password_too_short')
    expect((await setPassword(tokenOf(body.link))).status).toBe(200)
    expect((await signIn(email, NEW_PASSWORD)).status).toBe(200)
    expect((await setPassword(tokenOf(body.link), 'another lamp harbour')).body.code).toBe('link_invalid')
    // Whoever got the link by hand has not shown that the mailbox is theirs.
    expect((await details(body.person)).body).toMatchObject({ state: 'active', emailVerified: false })
    expect(await acts(email)).toMatchObject([{ action: 'user_invited', actor: admin.email, to: 'user' }])
  })

  test('is void when it is over, or when another one was made', async () => {
    const { person, link } = (await invite(newEmail())).body
    const again = await linkFor(person)
    expect(again.status).toBe(201)
    expect(again.body.link).toContain('/invitation#')
    expect((await setPassword(tokenOf(link))).body.code).toBe('link_invalid')
    await system.context.db.verifications.collection.updateMany(
      { value: person.id },
      { $set: { expiresAt: new Date(Date.now() - 1000) } },
    )
    expect((await setPassword(tokenOf(again.body.link))).body.code).toBe('link_invalid')
  })

  test('goes to nobody who has an account, and to nothing that is no address', async () => {
    expect((await invite(admin.email)).body).toMatchObject({ status: 422, code: 'email_taken' })
    expect((await invite('nobody')).body).toMatchObject({ status: 422, code: 'invalid_input' })
    expect((await invite(newEmail(), 'owner')).body).toMatchObject({ status: 422, code: 'invalid_input' })
  })

  test('is taken back by removing them', async () => {
    const { person, link } = (await invite(newEmail())).body
    expect((await act('remove-user', { userId: person.id })).status).toBe(200)
    expect((await setPassword(tokenOf(link))).status).toBe(404)
  })
})

test('a link to a new password: the old one counts until it is used, then every session ends', async () => {
  const user = await system.user()
  const { body } = await linkFor(user)
  expect(body.link).toMatch(new RegExp(`^${system.url}/reset-password#shown-`))
  const hours = (new Date(body.expiresAt).getTime() - Date.now()) / 3_600_000
  expect(hours).toBeGreaterThan(23.9)
  expect(hours).toBeLessThanOrEqual(24)
  expect((await user.request('GET', '/api/me')).status).toBe(200)
  expect((await setPassword(tokenOf(body.link))).status).toBe(200)
  expect((await user.request('GET', '/api/me')).status).toBe(401)
  expect((await signIn(user.email, PASSWORD)).status).toBe(401)
  expect((await signIn(user.email, NEW_PASSWORD)).status).toBe(200)
  expect(await acts(user.email)).toMatchObject([{ action: 'password_link_made', actor: admin.email }])
})

test('of two who use a link at once one sets the password', async () => {
  const user = await system.user()
  const token = tokenOf((await linkFor(user)).body.link)
  const both = await Promise.all([setPassword(token), setPassword(token, 'another lamp harbour')])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422])
})

test('the token of a link stands in no collection, no log and no list', async () => {
  const { link, person } = (await invite(newEmail())).body
  const token = tokenOf(link)
  const collections = await system.context.db.connection.getClient().db().collections()
  const stored = JSON.stringify(await Promise.all(collections.map((one) => one.find().toArray())))
  for (const secret of [token, token.slice('shown-'.length)]) {
    expect(stored).not.toContain(secret)
    expect(JSON.stringify(system.log.records())).not.toContain(secret)
    expect(JSON.stringify([await list(), (await details(person)).body, await acts(person.email)])).not.toContain(secret)
  }
})

test('every act is in the audit list, and on the page of whom it was done to', async () => {
  const user = await system.user()
  await act('set-role', { userId: user.id, role: 'admin' })
  await act('set-role', { userId: user.id, role: 'user' })
  await act('ban-user', { userId: user.id, banReason: 'spam' })
  await act('unban-user', { userId: user.id })
  await act('revoke-user-sessions', { userId: user.id })
  await linkFor(user)
  const said = (await details(user)).body.acts.map(({ action, actor, from, to }) => [action, actor, from, to])
  expect(said).toEqual([
    ['password_link_made', admin.email, '', ''],
    ['sessions_ended', admin.email, '', ''],
    ['user_unbanned', admin.email, '', ''],
    ['user_banned', admin.email, '', 'spam'],
    ['role_changed', admin.email, 'admin', 'user'],
    ['role_changed', admin.email, 'user', 'admin'],
  ])
})

test('who has lost their second factor signs in with the password alone once an administrator has turned it off', async () => {
  const user = await system.user()
  const begun = await user.request<{ totpURI: string }>('POST', '/api/auth/two-factor/enable', {
    body: { password: PASSWORD },
  })
  const code = totp(secretOf(begun.body.totpURI))
  expect((await user.request('POST', '/api/auth/two-factor/verify-totp', { body: { code } })).status).toBe(200)
  expect((await signIn(user.email, PASSWORD)).body).toMatchObject({ twoFactorRedirect: true })
  expect((await turnOff(user)).status).toBe(204)
  expect((await details(user)).body.secondFactor).toBe(false)
  expect((await signIn(user.email, PASSWORD)).body).toMatchObject({ user: { email: user.email } })
  const { db } = system.context
  expect(await db.secondFactors.countDocuments({ userId: new Types.ObjectId(user.id) })).toBe(0)
  // Where there is none, nothing happens, and nothing is noted.
  expect((await turnOff(user)).status).toBe(204)
  expect(await acts(user.email)).toMatchObject([{ action: 'second_factor_reset', actor: admin.email }])
})

test('one session of somebody ends at once, and no other', async () => {
  const user = await system.user()
  await signIn(user.email, PASSWORD)
  const { sessions } = (await details(user)).body
  const own = sessions.at(-1)?.id ?? ''
  expect(sessions).toHaveLength(2)
  // Of somebody else there is no such session.
  expect((await end(await system.user(), own)).body.code).toBe('session_not_found')
  expect((await end(user, own)).status).toBe(204)
  expect((await user.request('GET', '/api/me')).status).toBe(401)
  expect((await details(user)).body.sessions.map(({ id }) => id)).toEqual([sessions[0]?.id])
  expect((await end(user, own)).body.code).toBe('session_not_found')
  expect(await acts(user.email)).toMatchObject([{ action: 'session_ended', actor: admin.email }])
})

test('nobody takes their own role away, locks themselves out or removes themselves here', async () => {
  const other = await system.user()
  await act('set-role', { userId: other.id, role: 'admin' })
  const self = { userId: admin.id }
  for (const [name, body] of [
    ['set-role', { ...self, role: 'user' }],
    ['ban-user', self],
    ['remove-user', self],
  ] as const) {
    expect([name, (await act(name, body)).body]).toMatchObject([name, { status: 409, code: 'not_yourself' }])
  }
  // Their own role once more is no harm.
  expect((await act('set-role', { ...self, role: 'admin' })).status).toBe(200)
  await act('set-role', { userId: other.id, role: 'user' })
})

test('a session that is not fresh does nothing to anybody', async () => {
  const stale = await system.admin()
  const user = await system.user()
  await system.context.db.sessions.updateMany(
    { userId: new Types.ObjectId(stale.id) },
    { $set: { createdAt: new Date(Date.now() - 11 * 60_000) } },
  )
  const refused = { status: 403, code: 'fresh_session_needed' }
  const email = newEmail()
  expect((await invite(email, 'user', stale)).body).toMatchObject(refused)
  expect((await linkFor(user, stale)).body).toMatchObject(refused)
  expect((await turnOff(user, stale)).body).toMatchObject(refused)
  expect((await end(user, nobody, stale)).body).toMatchObject(refused)
  for (const name of ['set-role', 'ban-user', 'unban-user', 'remove-user', 'revoke-user-sessions']) {
    expect([name, (await act(name, { userId: user.id, role: 'admin' }, stale)).body]).toMatchObject([name, refused])
  }
  expect((await list(`?q=${email}`)).people).toEqual([])
  await stale.request('POST', '/api/auth/verify-password', { body: { password: PASSWORD } })
  expect((await invite(email, 'user', stale)).status).toBe(201)
  admin = await system.admin()
})

test('a user sees and does none of it, and learns nothing of who exists', async () => {
  const [user, other] = [await system.user(), await system.user()]
  const refused = { status: 403, body: { code: 'not_for_you' } }
  expect(await user.request('GET', '/api/admin/people')).toMatchObject(refused)
  for (const id of [other.id, new Types.ObjectId().toHexString(), 'nonsense']) {
    expect(await user.request('GET', `/api/admin/people/${id}`)).toMatchObject(refused)
    expect(await linkFor({ id }, user)).toMatchObject(refused)
    expect(await turnOff({ id }, user)).toMatchObject(refused)
    expect(await end({ id }, nobody, user)).toMatchObject(refused)
  }
  expect(await invite(newEmail(), 'admin', user)).toMatchObject(refused)
})

test('what belongs to nobody is 404', async () => {
  for (const id of [new Types.ObjectId().toHexString(), 'nonsense']) {
    expect((await details({ id })).body).toMatchObject({ status: 404, code: 'user_not_found' })
    expect((await linkFor({ id })).body).toMatchObject({ status: 404, code: 'user_not_found' })
    expect((await turnOff({ id })).body).toMatchObject({ status: 404, code: 'user_not_found' })
    expect((await end({ id }, nobody)).body).toMatchObject({ status: 404, code: 'user_not_found' })
  }
})

test('an administrator can do only so much in a while', async () => {
  const few = await createSystem({ workers: false, env: { QUOTAS: 'people@user=2/600' } })
  try {
    const one = await few.admin()
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await invite(newEmail(), 'user', one)).status)
    expect(statuses).toEqual([201, 201, 429])
    expect((await act('unban-user', { userId: one.id }, one)).body.code).toBe('user_quota_used')
  } finally {
    await few.stop()
  }
})

test('nobody turns their own second factor off here', async () => {
  expect((await turnOff({ id: admin.id })).body).toMatchObject({ code: 'not_yourself' })
})

describe('where e-mail is on', () => {
  let server: MailServer
  let mailing: System
  let by: Client
  beforeAll(async () => {
    server = await startMailServer()
    mailing = await createSystem({ env: mailEnv(server) })
    by = await mailing.admin()
  })
  afterAll(async () => {
    await mailing.stop()
    await server.close()
  })
  const choose = (token: string) =>
    mailing.anyone.request<Problem>('POST', '/api/auth/reset-password', { body: { token, newPassword: NEW_PASSWORD } })
  const verified = async (id: string) =>
    (await by.request<PersonDetails>('GET', `/api/admin/people/${id}`)).body.emailVerified

  test('an invitation goes out as well, with a link of its own that proves the address and voids the other', async () => {
    const email = newEmail()
    const { body } = await invite(email, 'user', by)
    expect(body.mailed).toBe(true)
    const { mail } = await server.mailTo(email, /invited/)
    expect(mail.text).toContain(new URL(mailing.url).host)
    const token = linkIn({ mail, raw: '', to: [] }, 'invitation').hash.slice(1)
    expect(token).not.toBe(tokenOf(body.link))
    expect((await choose(token)).status).toBe(200)
    expect(await verified(body.person.id)).toBe(true)
    expect((await choose(tokenOf(body.link))).body.code).toBe('link_invalid')
  })

  test('a link to a new password too; the one that was shown proves no address', async () => {
    const user = await mailing.user()
    const { body } = await linkFor(user, by)
    expect(body.mailed).toBe(true)
    await server.mailTo(user.email, /Set a new password/)
    expect((await choose(tokenOf(body.link))).status).toBe(200)
    expect(await verified(user.id)).toBe(false)
    await server.mailTo(user.email, /Your password was changed/)
  })

  test('whose second factor was turned off is told', async () => {
    const user = await mailing.user()
    const { db } = mailing.context
    await db.connection
      .collection('user')
      .updateOne({ _id: new Types.ObjectId(user.id) }, { $set: { twoFactorEnabled: true } })
    expect((await turnOff(user, by)).status).toBe(204)
    const { mail } = await server.mailTo(user.email, /Your second factor was turned off/)
    expect(mail.text).toContain('your password alone signs in')
  })
})
