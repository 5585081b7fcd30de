// The audit list: every act of an admin, with who did it, to whom, and the request that it came by.
import type { BetterAuthOptions } from 'better-auth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../../src/auth.ts'
import { adminActs } from '../../src/auth/audit.ts'
import { AuditEntry, type AuditPage } from '../../src/contract.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const ADMIN = 'admin@example.com'
let system: System
let admin: Client

beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
})
afterAll(() => system.stop())

const list = async () => (await admin.request<AuditPage>('GET', '/api/admin/audit')).body.entries
/** Does it, and returns the newest entry. */
async function entryOf(method: string, path: string, body?: object): Promise<AuditEntry | undefined> {
  const answer = await admin.request(method, path, body ? { body } : {})
  expect([200, 202, 204]).toContain(answer.status)
  const [entry] = await list()
  expect(entry).toMatchObject({ actor: ADMIN, requestId: answer.headers.get('x-request-id') })
  expect(AuditEntry.strict().parse(entry)).toEqual(entry)
  return entry
}

test('what an admin does to a user is an entry, until and with the removal', async () => {
  const { id: userId, email: whom } = await system.user()
  const act = (name: string, body: object = {}) => entryOf('POST', `/api/auth/admin/${name}`, { userId, ...body })
  expect(await act('set-role', { role: 'admin' })).toMatchObject({
    action: 'role_changed',
    whom,
    from: 'user',
    to: 'admin',
  })
  expect(await act('set-role', { role: 'user' })).toMatchObject({ action: 'role_changed', from: 'admin', to: 'user' })
  expect(await act('set-user-password', { newPassword: `${PASSWORD} 2` })).toMatchObject({
    action: 'password_set',
    whom,
  })
  expect(await act('revoke-user-sessions')).toMatchObject({ action: 'sessions_ended', whom })
  expect(await act('ban-user', { banReason: 'spam' })).toMatchObject({ action: 'user_banned', whom, to: 'spam' })
  expect(await act('unban-user')).toMatchObject({ action: 'user_unbanned', whom })
  expect(await act('remove-user')).toMatchObject({ action: 'user_removed', whom })
  expect(JSON.stringify(await list())).not.toContain(PASSWORD)
})

test('a user whom an admin creates is an entry with the role', async () => {
  const email = 'Created@example.com'
  const body = { email, password: PASSWORD, name: 'Created', role: 'admin' }
  expect(await entryOf('POST', '/api/auth/admin/create-user', body)).toMatchObject({
    action: 'user_created',
    whom: 'created@example.com',
    to: 'admin',
  })
})

test('a connection that an admin disconnects or runs again is an entry with its handle and its user', async () => {
  const { id: userId, email: whom } = await system.user()
  const { db, seal } = system.context
  const channel = storedChannel('pds_unreachable', new Date(), { userId })
  const id = channel._id.toHexString()
  await db.channels.create({ ...channel, secrets: { password: await seal('password', id, 'x') } })
  const about = { whom, connection: channel.handle }
  const path = `/api/admin/connections/${id}`
  expect(await entryOf('POST', `${path}/retry`)).toMatchObject({ action: 'connection_retried', ...about })
  expect(await entryOf('DELETE', path)).toMatchObject({ action: 'connection_disconnected', ...about })
})

test('options and retries of many tell what they are, with the request', async () => {
  const service = 'https://pds.example.com'
  const options = { 'bluesky_service-url': service }
  expect(await entryOf('PUT', '/api/admin/api-integration/bluesky', options)).toMatchObject({
    action: 'option_changed',
    option: 'bluesky_service-url',
    to: service,
    whom: null,
  })
  expect(await entryOf('POST', '/api/admin/connections/retry', { outcome: 'pds_unreachable' })).toMatchObject({
    action: 'connections_retried',
    option: 'retry',
    from: 'outcome=pds_unreachable',
  })
})

test('what was refused is no entry', async () => {
  const user = await system.user()
  const before = await list()
  const body = { userId: user.id, role: 'admin' }
  expect((await user.request('POST', '/api/auth/admin/set-role', { body })).status).toBe(403)
  const headers = { 'content-type': 'application/json' }
  const stranger = { method: 'POST', headers, body: JSON.stringify(body) }
  expect((await fetch(`${system.url}/api/auth/admin/set-role`, stranger)).status).toBe(401)
  const self = { userId: admin.id }
  expect((await admin.request('POST', '/api/auth/admin/remove-user', { body: self })).status).toBe(409)
  expect((await admin.request('DELETE', `/api/admin/connections/${'0'.repeat(24)}`)).status).toBe(404)
  expect(await list()).toEqual(before)
})

test('every route for admins of the accounts library that changes something has its act', () => {
  const { api, options } = createAuth(system.context) as { api: object; options: BetterAuthOptions }
  const off = options.disabledPaths ?? []
  const readsOnly = ['/admin/list-user-sessions', '/admin/has-permission']
  const changing = Object.values(api as Record<string, { path?: string; options?: { method?: string | string[] } }>)
    .filter(
      ({ path = '', options: { method } = {} }) =>
        path.startsWith('/admin/') && method !== 'GET' && !off.includes(path),
    )
    .map(({ path = '' }) => path)
    .filter((path) => !readsOnly.includes(path) && !path.includes('impersonat'))
  expect(changing.length).toBeGreaterThan(0)
  expect(changing.filter((path) => !(path in adminActs))).toEqual([])
})

test('comes page by page, each entry once', async () => {
  for (let act = 0; act < 3; act++) await system.user().then(({ id: userId }) => ban(userId))
  const all = await list()
  const read: AuditEntry[] = []
  let cursor: string | null = ''
  while (cursor !== null && read.length <= all.length) {
    const path: string = `/api/admin/audit?limit=2${cursor && `&cursor=${cursor}`}`
    const { body } = await admin.request<AuditPage>('GET', path)
    read.push(...body.entries)
    cursor = body.nextCursor
  }
  expect(read).toEqual(all)
})
const ban = (userId: string) => admin.request('POST', '/api/auth/admin/ban-user', { body: { userId } })

test('entries of before there were acts are read as what they were', async () => {
  const old = { actor: ADMIN, from: '', to: 'disabled', retried: 0 }
  await system.context.db.audit.collection.insertMany([
    { at: new Date(), ...old, option: 'bluesky_integration_status' },
    { at: new Date(), ...old, option: 'retry' },
  ] as never)
  const [retry, option] = await list()
  const none = { whom: null, connection: null, requestId: null }
  expect(option).toMatchObject({ action: 'option_changed', option: 'bluesky_integration_status', ...none })
  expect(retry).toMatchObject({ action: 'connections_retried', ...none })
})
