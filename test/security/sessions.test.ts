// Sessions: what is a key to one, when one ends, and what takes more than one that is old.
import { createHmac } from 'node:crypto'
import type { Types } from 'mongoose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Options, Problem } from '../../src/contract.ts'
import { openStream } from '../helpers/event-stream.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const DAY_MS = 24 * 3600_000
const OTHER_PASSWORD = 'seven lamps under glass'
let system: System

beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

const sessions = () => system.context.db.connection.collection('session')
const sessionOf = async ({ token }: Pick<Client, 'token'>) => {
  const session = await sessions().findOne({ token: token.split('.')[0] })
  if (!session) throw new Error('there is no session')
  return session as unknown as { _id: Types.ObjectId; token: string; createdAt: Date; expiresAt: Date }
}
const signIn = ({ email }: Pick<Client, 'email'>, password = PASSWORD) =>
  system.anyone.request<{ token: string }>('POST', '/api/auth/sign-in/email', { body: { email, password } })
const me = (headers: Record<string, string>) => system.anyone.request<Problem>('GET', '/api/me', { headers })
const bearer = (token: string) => me({ authorization: `Bearer ${token}` })
const cookie = (value: string) => me({ cookie: `bluesky-connect.session_token=${value}` })
const isKey = async (client: Client) => (await client.request('GET', '/api/me')).status === 200
/** Another session of the same user. */
const elsewhere = async (client: Client): Promise<Client> => {
  const token = (await signIn(client)).headers.get('set-auth-token') ?? ''
  const request: Client['request'] = (method, path, init = {}) =>
    system.anyone.request(method, path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
  return { ...client, token, request }
}

describe('a key to a session is', () => {
  test('the signed token, as bearer and as cookie', async () => {
    const { token } = await system.user()
    expect((await bearer(token)).status).toBe(200)
    expect((await cookie(token)).status).toBe(200)
  })

  test('not the token that stands in the database', async () => {
    const user = await system.user()
    const { token } = await sessionOf(user)
    expect((await bearer(token)).status).toBe(401)
    expect((await cookie(token)).status).toBe(401)
  })

  test('not that token signed with another secret', async () => {
    const { token } = await sessionOf(await system.user())
    const forged = `${token}.${createHmac('sha256', 'another secret').update(token).digest('base64')}`
    expect((await bearer(forged)).status).toBe(401)
    expect((await cookie(encodeURIComponent(forged))).status).toBe(401)
  })

  test('not what a sign-in has in its body', async () => {
    const { body } = await signIn(await system.user())
    expect((await bearer(body.token)).status).toBe(401)
  })
})

describe('a cookie of a session', () => {
  const cookieOf = async (at: System, origin: string) => {
    const body = { email: 'admin@example.com', password: PASSWORD }
    const { headers } = await at.anyone.request('POST', '/api/auth/sign-in/email', { body, headers: { origin } })
    return headers.getSetCookie().find((each) => each.includes('session_token'))
  }

  test('is out of reach of scripts and of other sites', async () => {
    expect(await cookieOf(system, system.url)).toMatch(
      /^bluesky-connect\.session_token=.*; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  test('comes over TLS alone, from this host alone, where people open the program over TLS', async () => {
    const origin = 'https://connect.example.com'
    const secure = await createSystem({ workers: false, env: { BASE_URL: origin } })
    onTestFinished(() => secure.stop())
    const found = await cookieOf(secure, origin)
    expect(found).toMatch(/^__Host-bluesky-connect\.session_token=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(found).not.toContain('Domain')
  })
})

describe('a session ends', () => {
  test('when another one of the user changes the password, and the one that did goes on with a new key', async () => {
    const user = await system.user()
    const other = await elsewhere(user)
    const changed = await user.request('POST', '/api/auth/change-password', {
      body: { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD, revokeOtherSessions: false },
    })
    expect(changed.status).toBe(200)
    expect([await isKey(user), await isKey(other)]).toEqual([false, false])
    expect((await bearer(changed.headers.get('set-auth-token') ?? '')).status).toBe(200)
    expect((await signIn(user)).status).toBe(401)
    expect((await signIn(user, OTHER_PASSWORD)).status).toBe(200)
  })

  test('not when a change of the password is refused', async () => {
    const user = await system.user()
    const other = await elsewhere(user)
    const body = { currentPassword: 'not the password', newPassword: OTHER_PASSWORD }
    expect((await user.request('POST', '/api/auth/change-password', { body })).status).toBe(400)
    expect([await isKey(user), await isKey(other)]).toEqual([true, true])
  })

  test('when an admin sets another password', async () => {
    const [user, admin] = [await system.user(), await system.admin()]
    const body = { userId: user.id, newPassword: OTHER_PASSWORD }
    expect((await admin.request('POST', '/api/auth/admin/set-user-password', { body })).status).toBe(200)
    expect(await isKey(user)).toBe(false)
    expect(await isKey(admin)).toBe(true)
  })

  test('not when somebody who is no admin tries to set one', async () => {
    const [user, stranger] = [await system.user(), await system.user()]
    const body = { userId: user.id, newPassword: OTHER_PASSWORD }
    expect((await stranger.request('POST', '/api/auth/admin/set-user-password', { body })).status).toBe(403)
    expect(await isKey(user)).toBe(true)
  })

  test('thirty days after it began, however often it is used', async () => {
    const user = await system.user()
    const { _id } = await sessionOf(user)
    const createdAt = new Date(Date.now() - 28 * DAY_MS)
    await sessions().updateOne({ _id }, { $set: { createdAt, expiresAt: new Date(Date.now() + DAY_MS) } })
    expect(await isKey(user)).toBe(true)
    expect((await sessionOf(user)).expiresAt).toEqual(new Date(createdAt.getTime() + 30 * DAY_MS))
  })

  test('seven days after it was used last, when it is younger', async () => {
    const user = await system.user()
    const { _id } = await sessionOf(user)
    await sessions().updateOne({ _id }, { $set: { expiresAt: new Date(Date.now() + DAY_MS) } })
    expect(await isKey(user)).toBe(true)
    const { expiresAt } = await sessionOf(user)
    expect(Math.abs(expiresAt.getTime() - Date.now() - 7 * DAY_MS)).toBeLessThan(60_000)
  })

  test.each(['session', 'verification'])('and an ended %s goes out of the database by itself', async (name) => {
    const indexes = await system.context.db.connection.collection(name).indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }))
  })
})

describe('the event stream of a session that ends ends at once', () => {
  test.each([
    ['with all others of its user', 'DELETE', 'sessions', undefined],
    [
      'because of another password',
      'POST',
      'auth/change-password',
      { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD },
    ],
  ])('%s', async (_name, method, path, body) => {
    const user = await system.user()
    const other = await elsewhere(user)
    await using stream = await openStream(system.url, other.token)
    await stream.next('snapshot')
    expect((await user.request(method, `/api/${path}`, { body })).status).toBeLessThan(300)
    await expect(stream.next('channel')).rejects.toThrow('the stream ended')
  })
})

describe('another Service URL', () => {
  const PATH = '/api/admin/api-integration/bluesky'
  const saved = async (admin: Client) => (await admin.request<Options>('GET', PATH)).body['bluesky_service-url'].saved
  const save = (admin: Client, url: string, status = 'enabled') =>
    admin.request<Problem>('PUT', PATH, {
      body: { 'bluesky_service-url': url, bluesky_integration_status: status },
    })
  const confirm = (admin: Client, password: string) =>
    admin.request<Problem>('POST', '/api/auth/verify-password', { body: { password } })
  const oldAdmin = async () => {
    const admin = await system.admin()
    const { _id } = await sessionOf(admin)
    await sessions().updateOne({ _id }, { $set: { createdAt: new Date(Date.now() - 11 * 60_000) } })
    return admin
  }

  test('is not saved for a session that is older than ten minutes', async () => {
    const admin = await oldAdmin()
    expect(await save(admin, 'https://harvest.example.com')).toMatchObject({
      status: 403,
      body: { code: 'fresh_session_needed', fix: expect.stringContaining('verify-password') as string },
    })
    expect(await saved(admin)).toBe('')
  })

  test('nor is it said for such a session that sign-ins may go to other servers', async () => {
    const admin = await oldAdmin()
    const say = (bluesky_other_servers: string) =>
      admin.request<Problem>('PUT', PATH, { body: { bluesky_other_servers } })
    expect(await say('follow')).toMatchObject({ status: 403, body: { code: 'fresh_session_needed' } })
    expect((await say('')).status).toBe(200)
  })

  test('is saved once the password was confirmed, and not with a wrong one', async () => {
    const admin = await oldAdmin()
    expect(await confirm(admin, 'not the password')).toMatchObject({ status: 400, body: { code: 'wrong_password' } })
    expect((await save(admin, 'https://one.example.com')).status).toBe(403)
    expect((await confirm(admin, PASSWORD)).status).toBe(200)
    expect((await save(admin, 'https://one.example.com')).status).toBe(200)
    expect(await saved(admin)).toBe('https://one.example.com')
    expect((await save(admin, '')).status).toBe(200)
  })

  test('is asked about anew ten minutes after the password was confirmed', async () => {
    const admin = await oldAdmin()
    await confirm(admin, PASSWORD)
    const { _id } = await sessionOf(admin)
    await sessions().updateOne({ _id }, { $set: { confirmedAt: new Date(Date.now() - 11 * 60_000) } })
    expect((await save(admin, 'https://two.example.com')).status).toBe(403)
  })

  test('is what is asked about: the Status alone is saved', async () => {
    expect((await save(await oldAdmin(), '', 'disabled')).status).toBe(200)
  })
})
