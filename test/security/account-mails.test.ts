// What accounts do by mail: a new password, the proof of an address, and that nobody learns who has an account.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Problem } from '../../src/contract.ts'
import type { MailDoc } from '../../src/db/mails.ts'
import { linkIn, mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { createSystem, PASSWORD, type Answer, type Client, type System } from '../helpers/system.ts'
import { secretOf, totp } from '../helpers/totp.ts'

const NEW_PASSWORD = 'lamp harbour cactus'
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

const post = (path: string, body: object, headers = {}) =>
  system.anyone.request<Problem & { user: Record<string, unknown> }>('POST', `/api/${path}`, { body, headers })
const newEmail = () => `a-${randomUUID()}@example.com`
const signUp = (email: string, headers = {}) =>
  post('auth/sign-up/email', { email, password: PASSWORD, name: 'A' }, headers)
const signIn = (email: string, password: string) => post('auth/sign-in/email', { email, password })
const forgot = (email: string) => post('auth/request-password-reset', { email })
const reset = (token: string, newPassword = NEW_PASSWORD) => post('auth/reset-password', { token, newPassword })
const me = async (user: Client) =>
  (await user.request<{ email: string; emailVerified: boolean }>('GET', '/api/me')).body
const mails = (userId: string) => system.context.db.mails.find({ userId }).lean<MailDoc[]>()

async function proofTokenFor(email: string): Promise<string> {
  return linkIn(await server.mailTo(email, /your e-mail address/), 'verify-email').hash.slice(1)
}
async function resetTokenOf({ email }: Pick<Client, 'email'>): Promise<string> {
  const since = server.caught.length
  expect((await forgot(email)).status).toBe(200)
  return linkIn(await server.mailTo(email, /Set a new password/, since), 'reset-password').hash.slice(1)
}

test('whoever forgot their password sets a new one by a link; every session ends, and a mail says so', async () => {
  const user = await system.user()
  const token = await resetTokenOf(user)
  expect((await reset(token)).status).toBe(200)
  expect((await user.request('GET', '/api/me')).status).toBe(401)
  expect((await signIn(user.email, PASSWORD)).status).toBe(401)
  expect((await signIn(user.email, NEW_PASSWORD)).status).toBe(200)
  const told = await server.mailTo(user.email, /Your password was changed/)
  expect(told.mail.text).toContain(`${system.url}/forgot-password`)
})

test('the link works once, within an hour', async () => {
  const user = await system.user()
  const token = await resetTokenOf(user)
  const { verifications } = system.context.db
  const verification = await verifications.findOne({ value: user.id }).lean<{ expiresAt: Date }>()
  const leftMs = (verification?.expiresAt.getTime() ?? 0) - Date.now()
  expect(leftMs).toBeGreaterThan(3_500_000)
  expect(leftMs).toBeLessThanOrEqual(3_600_000)
  await verifications.collection.updateOne({ value: user.id }, { $set: { expiresAt: new Date(Date.now() - 1000) } })
  expect((await reset(token)).body).toMatchObject({ status: 422, code: 'link_invalid' })
  const second = await resetTokenOf(user)
  expect((await reset(second)).status).toBe(200)
  expect((await reset(second, 'another lamp harbour')).body).toMatchObject({ status: 422, code: 'link_invalid' })
  expect((await signIn(user.email, 'another lamp harbour')).status).toBe(401)
})

test('the rule for passwords holds here too, and a refused one does not use up the link', async () => {
  const user = await system.user()
  const token = await resetTokenOf(user)
  expect((await reset(token, 'password1234')).body.code).toBe('password_too_easy')
  expect((await reset(token, user.email)).body.code).toBe('password_is_address')
  expect((await reset(token)).status).toBe(200)
})

test('a second factor is asked for after a new password as before', async () => {
  const user = await system.user()
  const { body } = await user.request<{ totpURI: string }>('POST', '/api/auth/two-factor/enable', {
    body: { password: PASSWORD },
  })
  await user.request('POST', '/api/auth/two-factor/verify-totp', { body: { code: totp(secretOf(body.totpURI)) } })
  expect((await reset(await resetTokenOf(user))).status).toBe(200)
  const answer = await signIn(user.email, NEW_PASSWORD)
  expect(answer.body).toMatchObject({ twoFactorRedirect: true })
  expect(answer.headers.get('set-auth-token')).toBeNull()
})

/** All that a stranger gets to see. */
const seenOf = ({ status, headers, body }: Answer<unknown>) => {
  const own = ['date', 'x-request-id', 'ratelimit-remaining', 'ratelimit-reset', 'etag', 'content-length']
  return { status, headers: [...headers].filter(([name]) => !own.includes(name)), body }
}

test('an address that is known and one that is not get the same response, after the same time', async () => {
  const user = await system.user()
  const took: number[] = []
  const timed = async (email: string) => {
    const startedAt = performance.now()
    const answer = await forgot(email)
    took.push(performance.now() - startedAt)
    return seenOf(answer)
  }
  expect(await timed(user.email)).toEqual(await timed('nobody@example.com'))
  for (const ms of took) expect(ms).toBeGreaterThanOrEqual(499)
  await server.mailTo(user.email, /Set a new password/)
  expect(server.caught.filter(({ to }) => to.includes('nobody@example.com'))).toEqual([])
})

test('a sign-up with an address that is taken gets the response of any other, and its owner a mail', async () => {
  const taken = await system.user()
  const again = taken.email
  const seen = seenOf(await signUp(again))
  expect(seen).toEqual(seenOf(await signUp(newEmail())))
  expect(seen).toMatchObject({ status: 200, body: { token: null } })
  const { mail } = await server.mailTo(again, /You have an account already/)
  expect(mail.text).toContain(`${system.url}/sign-in`)
  expect((await signIn(again, PASSWORD)).status).toBe(200)
  await signUp(again)
  const told = (await mails(taken.id)).filter(({ kind }) => kind === 'address_taken')
  expect(told, 'one a day').toHaveLength(1)
})

test('whoever signs up can sign in at once, and proves the address by a link', async () => {
  const email = newEmail()
  const answer = await signUp(email)
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(answer.body).toMatchObject({ token: null })
  const token = await proofTokenFor(email)
  const user = await signIn(email, PASSWORD)
  expect(user.body.user).toMatchObject({ email, emailVerified: false })
  expect((await post('address-proof', { token: `${token}x` })).body).toMatchObject({
    status: 422,
    code: 'link_invalid',
  })
  expect((await post('address-proof', { token })).body).toEqual({ proven: true })
  expect((await signIn(email, PASSWORD)).body.user).toMatchObject({ emailVerified: true })
  // Whoever opens the link twice is not told that something is wrong.
  expect((await post('address-proof', { token })).body).toEqual({ proven: true })
})

test('another link is sent to whoever asks for it, and to nobody whose address is proved', async () => {
  const user = await system.user()
  const send = () => user.request<Problem>('POST', '/api/auth/send-verification-email', { body: { email: user.email } })
  const sent = async () => (await mails(user.id)).filter(({ kind }) => kind === 'address_proof').length
  // Two links of one second are the same, and one mail.
  const sendAnother = async () => {
    expect((await send()).status).toBe(200)
    return sent()
  }
  await expect.poll(sendAnother, { timeout: 45_000, interval: 700 }).toBe(2)
  await post('address-proof', { token: await proofTokenFor(user.email) })
  expect(await me(user)).toMatchObject({ emailVerified: true })
  expect((await send()).body.code).toBe('email_proven')
})

test('a link to a new password proves the address as well', async () => {
  const user = await system.user()
  expect((await reset(await resetTokenOf(user))).status).toBe(200)
  expect((await signIn(user.email, NEW_PASSWORD)).body.user).toMatchObject({ emailVerified: true })
})

test('five mails an hour go to an address, whether it is known or not', async () => {
  const user = await system.user()
  for (const email of [user.email, newEmail()]) {
    const seen = []
    for (let i = 0; i < 6; i++) seen.push((await forgot(i % 2 ? email.toUpperCase() : email)).body)
    expect(seen.slice(0, 5).map(({ code }) => code)).toEqual(Array(5).fill(undefined))
    expect(seen[5]).toMatchObject({ status: 429, code: 'mail_quota_used' })
  }
})

test('whoever asks for mails to many addresses is stopped by the quota', async () => {
  const limited = await createSystem({ workers: false, env: { ...mailEnv(server), QUOTAS: 'mail@address=3/600' } })
  const ask = (path: string) =>
    limited.anyone.request<Problem>('POST', `/api/auth/${path}`, { body: { email: newEmail() } })
  const seen = []
  for (const path of [
    'request-password-reset',
    'send-verification-email',
    'request-password-reset',
    'request-password-reset',
  ])
    seen.push((await ask(path)).status)
  await limited.stop()
  expect(seen).toEqual([200, 200, 200, 429])
})

test('the owner hears of a password that was changed with the old one, and of one that an admin has set', async () => {
  const [user, other] = [await system.user(), await system.user()]
  const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  expect((await user.request('POST', '/api/auth/change-password', { body })).status).toBe(200)
  const admin = await system.admin()
  const set = { userId: other.id, newPassword: NEW_PASSWORD }
  expect((await admin.request('POST', '/api/auth/admin/set-user-password', { body: set })).status).toBe(200)
  const wrong = { currentPassword: 'not the right one', newPassword: PASSWORD }
  expect((await other.request('POST', '/api/auth/change-password', { body: wrong })).status).toBe(401)
  for (const { id, email } of [user, other]) {
    await server.mailTo(email, /Your password was changed/)
    expect((await mails(id)).filter(({ kind }) => kind === 'password_changed')).toHaveLength(1)
  }
})

test('people are written to in the language that their page speaks', async () => {
  const email = newEmail()
  await signUp(email, { 'accept-language': 'de' })
  await server.mailTo(email, /Ist das Ihre E-Mail-Adresse/)
  const user = await system.user()
  await user.request('GET', '/api/me', { headers: { 'accept-language': 'de-CH,de;q=0.9,en;q=0.8' } })
  await forgot(user.email)
  await server.mailTo(user.email, /Neues Passwort festlegen/)
})

test.each([
  ['a line of its own', 'x\r\nBcc: victim@example.net\r\n\r\nhello'],
  ['another recipient', 'victim@example.net, other'],
  ['a name in brackets', '<victim@example.net>'],
])('no name and no address brings %s into a mail', async (_name, name) => {
  const email = newEmail()
  const answer = await post('auth/sign-up/email', { email, password: PASSWORD, name })
  expect(answer.status).toBe(200)
  const { mail, to, raw } = await server.mailTo(email)
  expect(to).toEqual([email])
  expect(raw).not.toContain('victim')
  expect(mail.headers.has('bcc')).toBe(false)
  for (const bad of [
    `${email}\r\nBcc: victim@example.net`,
    `${email}, victim@example.net`,
    `victim@example.net <${email}>`,
  ])
    expect((await post('auth/sign-up/email', { email: bad, password: PASSWORD, name: 'A' })).status).toBe(400)
})

test('without e-mail the routes say so, and a sign-up is as it was', async () => {
  const off = await createSystem({ workers: false })
  const about = await off.anyone.request('GET', '/api/about')
  expect(about.body).toEqual({ signUpOpen: true, mail: false })
  for (const [path, body] of [
    ['auth/request-password-reset', { email: 'admin@example.com' }],
    ['auth/send-verification-email', { email: 'admin@example.com' }],
    ['address-proof', { token: 'x' }],
  ] as const) {
    const answer = await off.anyone.request<Problem>('POST', `/api/${path}`, { body })
    expect([path, answer.status, answer.body.code]).toEqual([path, 409, 'mail_off'])
  }
  const user = await off.user()
  expect(user.token).not.toBe('')
  const taken = { email: user.email, password: PASSWORD, name: 'A' }
  const again = await off.anyone.request<Problem>('POST', '/api/auth/sign-up/email', { body: taken })
  expect(again.body.code).toBe('email_taken')
  expect(await off.context.db.mails.countDocuments()).toBe(0)
  await off.stop()
})
