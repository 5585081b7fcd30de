// The second factor keeps out whoever knows the password alone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../../src/auth.ts'
import type { Problem, SessionList } from '../../src/contract.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'
import { fromBase32, secretOf, totp } from '../helpers/totp.ts'

let system: System
let strict: System
beforeAll(async () => {
  ;[system, strict] = await Promise.all([
    createSystem({ workers: false }),
    createSystem({ workers: false, env: { ADMIN_SECOND_FACTOR: 'required' } }),
  ])
})
afterAll(() => Promise.all([system.stop(), strict.stop()]))

interface Begun {
  totpURI: string
  backupCodes: string[]
}
type Said = Partial<Problem> & { twoFactorRedirect?: boolean; token?: string; message?: string }

const post = <T = Said>(who: Pick<Client, 'request'>, path: string, body: object, cookie = '') =>
  who.request<T>('POST', `/api/auth/${path}`, { body, ...(cookie ? { headers: { cookie } } : {}) })

const nextCode = (secret: string) => totp(secret, 1)

const cookiesOf = (headers: Headers) =>
  headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .filter((each) => each?.match(/=./))
    .join('; ')

/** Begins and confirms with the code of now; the one after it is left to sign in with. */
async function setUp(client: Client) {
  const begun = await post<Begun>(client, 'two-factor/enable', { password: PASSWORD })
  expect(begun.status).toBe(200)
  const secret = secretOf(begun.body.totpURI)
  const confirmed = await post(client, 'two-factor/verify-totp', { code: totp(secret) })
  expect(confirmed.status).toBe(200)
  return { ...begun.body, secret, token: confirmed.headers.get('set-auth-token') ?? '' }
}

/** The password is right, and the code is asked for. */
async function halfWay({ email }: Pick<Client, 'email'>, at = system) {
  const answer = await post(at.anyone, 'sign-in/email', { email, password: PASSWORD })
  return { ...answer, cookie: cookiesOf(answer.headers) }
}

const isSignedIn = async (cookie: string) =>
  (await system.anyone.request('GET', '/api/me', { headers: { cookie } })).status === 200

test('after the password alone there is neither session nor token', async () => {
  const user = await system.user()
  await setUp(user)
  const { status, headers, body, cookie } = await halfWay(user)
  expect([status, body]).toEqual([200, { twoFactorRedirect: true, twoFactorMethods: ['totp'] }])
  expect(headers.get('set-auth-token')).toBeNull()
  expect(await isSignedIn(cookie)).toBe(false)
})

test('a code opens one session, and is refused the second time', async () => {
  const user = await system.user()
  const { secret } = await setUp(user)
  const code = nextCode(secret)
  const first = await post(system.anyone, 'two-factor/verify-totp', { code }, (await halfWay(user)).cookie)
  expect(first.status).toBe(200)
  expect(await isSignedIn(cookiesOf(first.headers))).toBe(true)

  const second = await post(system.anyone, 'two-factor/verify-totp', { code }, (await halfWay(user)).cookie)
  expect([second.status, second.body.code]).toEqual([401, 'code_used'])
  expect(second.headers.get('set-auth-token')).toBeNull()
  // Nor does any cookie of the refusal, the deleted ones included.
  for (const each of second.headers.getSetCookie()) expect(await isSignedIn(each.split(';')[0] ?? '')).toBe(false)
})

test('of sign-ins that show the same code at the same moment one gets in', async () => {
  const user = await system.user()
  const { secret } = await setUp(user)
  const code = nextCode(secret)
  const cookies = await Promise.all([1, 2, 3, 4].map(async () => (await halfWay(user)).cookie))
  const answers = await Promise.all(
    cookies.map((cookie) => post(system.anyone, 'two-factor/verify-totp', { code }, cookie)),
  )
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    Array.from({ length: 3 }, () => [401, 'code_used']),
  )
})

test('the code that confirmed the set-up does not sign in', async () => {
  const user = await system.user()
  const begun = await post<Begun>(user, 'two-factor/enable', { password: PASSWORD })
  const code = totp(secretOf(begun.body.totpURI))
  await post(user, 'two-factor/verify-totp', { code })
  const answer = await post(system.anyone, 'two-factor/verify-totp', { code }, (await halfWay(user)).cookie)
  expect([answer.status, answer.body.code]).toEqual([401, 'code_used'])
})

test('a recovery code signs in once', async () => {
  const user = await system.user()
  const { backupCodes } = await setUp(user)
  const signIn = async (code: string | undefined) =>
    post(system.anyone, 'two-factor/verify-backup-code', { code }, (await halfWay(user)).cookie)
  const first = await signIn(backupCodes[0])
  expect([first.status, await isSignedIn(cookiesOf(first.headers))]).toEqual([200, true])
  const again = await signIn(backupCodes[0])
  expect([again.status, again.body.code]).toEqual([401, 'wrong_recovery_code'])
  expect((await signIn(backupCodes[1])).status).toBe(200)
})

test('five wrong codes use the password up, and ten in a row close the way in for a while', async () => {
  const user = await system.user()
  const { secret } = await setUp(user)
  const answers: unknown[] = []
  const guess = async (cookie: string) => {
    const { status, body } = await post(system.anyone, 'two-factor/verify-totp', { code: 'wrong!' }, cookie)
    answers.push([status, body.code])
  }
  const first = await halfWay(user)
  for (let n = 0; n < 6; n++) await guess(first.cookie)
  const second = await halfWay(user)
  for (let n = 0; n < 6; n++) await guess(second.cookie)
  const wrong = [401, 'wrong_code']
  expect(answers).toEqual([
    ...Array.from({ length: 5 }, () => wrong),
    [400, 'too_many_codes'],
    ...Array.from({ length: 5 }, () => wrong),
    [429, 'codes_locked'],
  ])
  const right = await post(
    system.anyone,
    'two-factor/verify-totp',
    { code: nextCode(secret) },
    (await halfWay(user)).cookie,
  )
  expect([right.status, right.body.code]).toEqual([429, 'codes_locked'])
})

test('no device is trusted, whatever the request asks for', async () => {
  const user = await system.user()
  const { secret } = await setUp(user)
  const { cookie } = await halfWay(user)
  const body = { code: nextCode(secret), trustDevice: true }
  const first = await post(system.anyone, 'two-factor/verify-totp', body, cookie)
  expect(first.status).toBe(200)
  const trusted = cookiesOf(first.headers)
  const again = await post(system.anyone, 'sign-in/email', { email: user.email, password: PASSWORD }, trusted)
  expect(again.body.twoFactorRedirect).toBe(true)
})

test('turning it on ends every session that came in with the password alone', async () => {
  const user = await system.user()
  const intruder = await post(system.anyone, 'sign-in/email', { email: user.email, password: PASSWORD })
  const cookie = cookiesOf(intruder.headers)
  expect(await isSignedIn(cookie)).toBe(true)
  const { token } = await setUp(user)
  expect(await isSignedIn(cookie)).toBe(false)
  const mine = await system.anyone.request('GET', '/api/me', { headers: { authorization: `Bearer ${token}` } })
  expect(mine.status).toBe(200)
})

test('setting up, turning off and new recovery codes take the password', async () => {
  const user = await system.user()
  const wrong = { password: 'not the password' }
  expect((await post(user, 'two-factor/enable', wrong)).body.code).toBe('wrong_password')
  const { token } = await setUp(user)
  const me = {
    request: <T>(method: string, path: string, init: { body?: unknown } = {}) =>
      system.anyone.request<T>(method, path, { ...init, headers: { authorization: `Bearer ${token}` } }),
  }
  expect((await post(me, 'two-factor/generate-backup-codes', wrong)).body.code).toBe('wrong_password')
  expect((await post(me, 'two-factor/disable', wrong)).body.code).toBe('wrong_password')
  expect((await post(me, 'two-factor/disable', { password: PASSWORD })).status).toBe(200)
  expect((await post(system.anyone, 'sign-in/email', { email: user.email, password: PASSWORD })).body.token).toEqual(
    expect.any(String),
  )
})

test('secret, recovery codes and codes stand nowhere in clear: not in the database, not in the log', async () => {
  const user = await system.user()
  const { secret, backupCodes } = await setUp(user)
  const code = nextCode(secret)
  await post(system.anyone, 'two-factor/verify-totp', { code }, (await halfWay(user)).cookie)
  const collections = await system.context.db.connection.db?.collections()
  const documents = await Promise.all((collections ?? []).map((each) => each.find().toArray()))
  const stored = JSON.stringify(documents)
  expect(stored).toContain(user.id)
  const raw = fromBase32(secret).toString()
  const log = JSON.stringify(system.log.lines)
  expect(log).toContain('/api/auth/two-factor/verify-totp')
  for (const hidden of [secret, raw, 'otpauth:', ...backupCodes, `"${code}"`]) {
    expect(stored).not.toContain(hidden)
    expect(log).not.toContain(hidden)
  }
})

test('a user who is deleted leaves no second factor behind, and takes nobody else’s along', async () => {
  const [user, other] = [await system.user(), await system.user()]
  await setUp(user)
  await setUp(other)
  const kept = ({ id }: Client) => system.context.db.secondFactors.countDocuments({ userId: id })
  expect(await kept(user)).toBe(1)
  const { internalAdapter } = await createAuth(system.context).$context
  await internalAdapter.deleteUser(user.id)
  expect(await kept(user)).toBe(0)
  expect(await kept(other)).toBe(1)
})

test('an admin who needs a second factor reaches no call for admins before it is set up, and cannot turn it off', async () => {
  const admin = await strict.admin()
  const me = await admin.request<object>('GET', '/api/me')
  expect(me.body).toMatchObject({ role: 'admin', secondFactor: false, secondFactorNeeded: true })
  const refused = [
    '/api/admin/connections',
    '/api/admin/connections/summary',
    '/api/admin/connections.csv',
    '/api/admin/audit',
    '/api/admin/api-integration/bluesky',
    '/api/admin/people',
  ]
  for (const path of refused) {
    const { status, body } = await admin.request<Problem>('GET', path)
    expect([path, status, body.code]).toEqual([path, 403, 'second_factor_needed'])
  }
  for (const path of ['/api/auth//admin/unban-user', '/api/auth/%61dmin/unban-user', '/api/auth/ADMIN/unban-user']) {
    const { status } = await admin.request('POST', path, { body: { userId: admin.id } })
    expect([path, status]).toEqual([path, 404])
  }

  const { token } = await setUp(admin)
  const headers = { authorization: `Bearer ${token}` }
  expect((await strict.anyone.request('GET', '/api/admin/audit', { headers })).status).toBe(200)
  const off = await strict.anyone.request<Said>('POST', '/api/auth/two-factor/disable', {
    body: { password: PASSWORD },
    headers,
  })
  expect([off.status, off.body.code]).toEqual([403, 'second_factor_needed'])
  expect((await halfWay(admin, strict)).body.twoFactorRedirect).toBe(true)
})

test('users may go without one where admins may not', async () => {
  const user = await strict.user()
  expect((await user.request<object>('GET', '/api/me')).body).toMatchObject({ secondFactorNeeded: false })
  expect((await user.request('GET', '/api/channels')).status).toBe(200)
})

test('people see and end their own sessions, no token among what they see, and nobody else’s', async () => {
  const [user, stranger] = [await system.user(), await system.user()]
  const other = await post(system.anyone, 'sign-in/email', { email: user.email, password: PASSWORD })
  const sessions = async () => (await user.request<SessionList>('GET', '/api/sessions')).body.sessions
  const before = await sessions()
  expect(before.map(({ current }) => current)).toEqual([false, true])
  expect(JSON.stringify(before)).not.toContain(other.body.token)
  const path = `/api/sessions/${before[0]?.id}`
  const refused = await stranger.request<Problem>('DELETE', path)
  expect([refused.status, refused.body.code]).toEqual([404, 'session_not_found'])
  expect((await user.request('DELETE', path)).status).toBe(204)
  expect(await isSignedIn(cookiesOf(other.headers))).toBe(false)

  await post(system.anyone, 'sign-in/email', { email: user.email, password: PASSWORD })
  expect((await user.request('DELETE', '/api/sessions')).body).toEqual({ ended: 1 })
  expect((await sessions()).map(({ current }) => current)).toEqual([true])
  expect((await stranger.request('GET', '/api/me')).status).toBe(200)
})
