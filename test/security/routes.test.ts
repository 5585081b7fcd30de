// Who may call what: every route of the router and of the accounts library, by everybody, by a user and by an admin, for what belongs to another.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authRoutes } from '../../src/auth/routes.ts'
import { pagePaths } from '../../src/input/page-paths.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

let system: System
let shared: Client[]
let other: Client
beforeAll(async () => {
  system = await createSystem({ workers: false })
  shared = [await system.user(), await system.admin()]
  other = await system.user()
})
afterAll(() => system.stop())

/** Without a session, as a user, as an admin. */
type Seen = [number, number, number]
const everybody: Seen = [200, 200, 200]
const signedIn: Seen = [401, 200, 200]
const admins: Seen = [401, 403, 200]
/** What belongs to another does not exist. */
const owner: Seen = [401, 404, 404]

const wrong = { password: 'not the password' }
const newOne = { newPassword: 'another correct horse' }
const code = { code: '000000' }

/** A new route fails until it has its row. The body is as good as one can be without harm. */
const matrix: Record<string, [Seen, object?]> = {
  'GET /healthz': [everybody],
  'GET /readyz': [everybody],
  'GET /.well-known/security.txt': [[404, 404, 404]],
  'GET /api/openapi.json': [everybody],
  'GET /api/docs': [everybody],
  'GET /api/docs/start.js': [everybody],
  'GET /api/docs/swagger-ui.css': [everybody],
  'GET /api/docs/swagger-ui-bundle.js': [everybody],
  'POST /api/page-errors': [[204, 204, 204], { reference: 'r', message: 'm', page: '/app' }],
  'GET /api/about': [everybody],
  'GET /api/me': [signedIn],
  'GET /api/me/export': [signedIn],
  'POST /api/me/email': [[401, 422, 422], { email: 'admin@example.com' }],
  'POST /api/me/email/confirm': [[422, 422, 422], { token: 'x' }],
  'GET /api/sessions': [signedIn],
  'DELETE /api/sessions': [signedIn],
  'DELETE /api/sessions/:id': [owner],
  'GET /api/channels': [signedIn],
  'GET /api/channels/events': [signedIn],
  'GET /api/channels/summary': [signedIn],
  'POST /api/channels/bluesky': [[401, 202, 202], { identifier: 'a.test', appPassword: 'aaaa-aaaa-aaaa-aaaa' }],
  'POST /api/channels/verify': [signedIn, { ids: ['6b04d55e2c46fd50fd7a9885'] }],
  'POST /api/channels/remove': [signedIn, { ids: ['6b04d55e2c46fd50fd7a9885'] }],
  'POST /api/channels/groups': [signedIn, { ids: ['6b04d55e2c46fd50fd7a9885'], add: ['x'] }],
  'GET /api/channels/:id': [owner],
  'DELETE /api/channels/:id': [owner],
  'POST /api/channels/:id/reconnect': [owner, { appPassword: 'aaaa-aaaa-aaaa-aaaa' }],
  'POST /api/channels/:id/verify': [owner, {}],
  'POST /api/channels/:id/ask': [owner, {}],
  'POST /api/channels/:id/retry': [owner, {}],
  'POST /api/channels/:id/app-passwords': [owner, {}],
  'GET /api/channels/:id/app-passwords': [owner],
  'GET /api/removals': [signedIn],
  'DELETE /api/removals': [[401, 204, 204]],
  'DELETE /api/removals/:id': [owner],
  'POST /api/address-proof': [[409, 409, 409], { token: 'x' }],
  'GET /api/subscriptions': [signedIn],
  'PUT /api/subscriptions': [signedIn, { channels: true }],
  'GET /api/unsubscribe/:token': [[303, 303, 303]],
  'POST /api/unsubscribe/:token': [[422, 422, 422]],
  'GET /api/admin/api-integration/bluesky': [admins],
  'PUT /api/admin/api-integration/bluesky': [admins, {}],
  'POST /api/admin/api-integration/bluesky/look': [[401, 403, 202]],
  'GET /api/admin/audit': [admins],
  'GET /api/admin/connections': [admins],
  'GET /api/admin/connections.csv': [admins],
  'GET /api/admin/connections/summary': [admins],
  'GET /api/admin/connections/retry': [admins],
  'POST /api/admin/connections/retry': [admins, { all: true }],
  'GET /api/admin/connections/counts': [admins],
  'POST /api/admin/connections/act': [admins, { act: 'see', ids: ['0'.repeat(24)] }],
  'GET /api/admin/retries/:id': [[401, 403, 404]],
  'GET /api/admin/incidents': [admins],
  'GET /api/admin/incidents/open': [admins],
  'GET /api/admin/connections/:id': [admins],
  'POST /api/admin/connections/:id/retry': [[401, 403, 409], {}],
  'DELETE /api/admin/connections/:id': [[401, 403, 204]],
  'GET /api/admin/people': [admins],
  'POST /api/admin/people': [[401, 403, 201], { email: 'invited@example.com', role: 'user' }],
  'GET /api/admin/people/:id': [[401, 403, 404]],
  'POST /api/admin/people/:id/password-link': [[401, 403, 404], {}],
  'DELETE /api/admin/people/:id/second-factor': [[401, 403, 404]],
  'DELETE /api/admin/people/:id/sessions/:sessionId': [[401, 403, 404]],

  'GET /api/auth/get-session': [everybody],
  'POST /api/auth/sign-up/email': [[422, 422, 422], { email: 'admin@example.com', name: 'A', password: PASSWORD }],
  'POST /api/auth/sign-in/email': [[401, 401, 401], { email: 'nobody@example.com', ...wrong }],
  'POST /api/auth/sign-out': [everybody, {}],
  'POST /api/auth/verify-password': [[401, 400, 400], wrong],
  'POST /api/auth/change-password': [[401, 400, 400], { currentPassword: wrong.password, ...newOne }],
  // Where there is no e-mail; with it, test/security/account-mails.test.ts.
  'POST /api/auth/request-password-reset': [[409, 409, 409], { email: 'admin@example.com' }],
  'POST /api/auth/reset-password': [[422, 422, 422], { token: 'x', ...newOne }],
  'POST /api/auth/send-verification-email': [[409, 409, 409], { email: 'admin@example.com' }],
  'POST /api/auth/delete-user': [[401, 400, 400], wrong],
  'POST /api/auth/two-factor/enable': [[401, 400, 400], wrong],
  'POST /api/auth/two-factor/disable': [[401, 400, 400], wrong],
  'POST /api/auth/two-factor/generate-backup-codes': [[401, 409, 409], wrong],
  'POST /api/auth/two-factor/verify-totp': [[401, 409, 409], code],
  'POST /api/auth/two-factor/verify-backup-code': [[401, 409, 409], code],
  'POST /api/auth/admin/create-user': [
    admins,
    { email: 'new@example.com', name: 'N', role: 'user', password: PASSWORD },
  ],
  'POST /api/auth/admin/set-role': [admins, { userId: ':user', role: 'user' }],
  'POST /api/auth/admin/set-user-password': [admins, { userId: ':user', ...newOne }],
  'POST /api/auth/admin/ban-user': [admins, { userId: ':user' }],
  'POST /api/auth/admin/unban-user': [admins, { userId: ':user' }],
  'POST /api/auth/admin/revoke-user-sessions': [admins, { userId: ':user' }],
  'POST /api/auth/admin/remove-user': [admins, { userId: ':user' }],
}

/** Those of the library that are not listed are another test's: they do not exist. */
const exists = ({ method, path }: System['routes'][number]) =>
  !path.startsWith('/api/auth/') || authRoutes.includes(`${method} ${path.slice('/api/auth'.length)}`)
/** What shows the pages, which ask for a session by themselves. */
const pages = [...pagePaths, '/favicon.svg'].map((path) => `GET ${path}`)

test('no route is without its row, and no row without its route', () => {
  const names = system.routes.filter(exists).map(({ method, path }) => `${method} ${path}`)
  expect(new Set(names.filter((name) => !pages.includes(name)))).toEqual(new Set(Object.keys(matrix)))
})

test.for(Object.entries(matrix))('%s', async ([name, [expected, body]]) => {
  const [method = '', path = ''] = name.split(' ')
  const channel = storedChannel('bad_credentials', new Date())
  await system.context.db.channels.create(channel)
  // Wrong passwords are counted, and sessions end here: those of the accounts' own routes come for one row alone.
  const callers = path.startsWith('/api/auth/') ? [await system.user(), await system.admin()] : shared
  const seen = ['', ...callers.map(({ token }) => token)].map(async (token) => {
    const response = await fetch(`${system.url}${path.replace(':id', channel._id.toHexString())}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body).replace(':user', other.id) } : {}),
    })
    // One of them never ends by itself.
    await response.body?.cancel()
    return response.status
  })
  expect(await Promise.all(seen)).toEqual(expected)
})
