// The routes of the accounts library: which exist, that no others do, and what their errors look like.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../../src/auth.ts'
import { authRoutes } from '../../src/auth/routes.ts'
import { Problem } from '../../src/contract.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

let system: System
let admin: Client
beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
})
afterAll(() => system.stop())

/** Every route that the library would serve here. */
function libraryRoutes(): string[] {
  const endpoints = Object.values(createAuth(system.context).api) as {
    path?: string
    options?: { method?: string | string[]; metadata?: { SERVER_ONLY?: boolean } }
  }[]
  return endpoints.flatMap(({ path, options }) => {
    if (!path || options?.metadata?.SERVER_ONLY) return []
    return [options?.method ?? []].flat().map((method) => `${method} ${path}`)
  })
}

const ask = (route: string) => {
  const [method = '', path = ''] = route.split(' ')
  const init = method === 'POST' ? { body: {} } : {}
  return admin.request<Problem>(method, `/api/auth${path.replace(/:\w+/g, 'x')}`, init)
}

test('these exist, each made by the library, and no others', () => {
  expect(authRoutes).toMatchInlineSnapshot(`
    [
      "POST /sign-up/email",
      "POST /sign-in/email",
      "POST /sign-out",
      "GET /get-session",
      "POST /verify-password",
      "POST /change-password",
      "POST /request-password-reset",
      "POST /reset-password",
      "POST /send-verification-email",
      "POST /delete-user",
      "POST /two-factor/enable",
      "POST /two-factor/disable",
      "POST /two-factor/verify-totp",
      "POST /two-factor/verify-backup-code",
      "POST /two-factor/generate-backup-codes",
      "POST /admin/create-user",
      "POST /admin/set-role",
      "POST /admin/set-user-password",
      "POST /admin/ban-user",
      "POST /admin/unban-user",
      "POST /admin/revoke-user-sessions",
      "POST /admin/remove-user",
    ]
  `)
  expect(authRoutes.filter((route) => !libraryRoutes().includes(route))).toEqual([])
})

test('all others of the library are 404, for an admin too', async () => {
  const off = libraryRoutes().filter((route) => !authRoutes.includes(route))
  expect(off).toContain('POST /admin/impersonate-user')
  expect(off.length).toBeGreaterThan(15)
  for (const route of off) {
    const answer = await ask(route)
    // Of one whose address is listed for another method it is the method that is not there.
    const expected = route === 'POST /get-session' ? [405, 'method_not_allowed'] : [404, 'not_found']
    expect([route, answer.status, answer.body.code]).toEqual([route, ...expected])
  }
})

test.each([
  '/sign-out/../admin/impersonate-user',
  '/sign-out/%2e%2e/admin/impersonate-user',
  '//admin/impersonate-user',
  '/admin/impersonate-user/',
  '/ADMIN/impersonate-user',
  '/admin%2Fimpersonate-user',
])('no other spelling leads to one of them: %s', async (path) => {
  const { hostname, port } = new URL(system.url)
  const { request } = await import('node:http')
  const status = await new Promise<number | undefined>((resolve, reject) => {
    // fetch would make another path of it.
    const asked = request({ hostname, port, method: 'POST', path: `/api/auth${path}` }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.setHeader('authorization', `Bearer ${admin.token}`)
    asked.setHeader('content-type', 'application/json')
    asked.on('error', reject).end(JSON.stringify({ userId: admin.id }))
  })
  expect(status).toBe(404)
})

test.each([
  [
    'a wrong password',
    'sign-in/email',
    { email: 'admin@example.com', password: 'wrong' },
    401,
    'wrong_email_or_password',
  ],
  ['a body that is not one', 'sign-in/email', { password: 'x' }, 422, 'invalid_input'],
  [
    'an address that is taken',
    'sign-up/email',
    { email: 'admin@example.com', password: 'lamp harbour cactus', name: 'A' },
    422,
    'email_taken',
  ],
])('an error of the library is a problem like any other: %s', async (_name, path, body, status, code) => {
  const answer = await system.anyone.request<Problem>('POST', `/api/auth/${path}`, { body })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(Problem.strict().parse(answer.body)).toMatchObject({ status, code })
  expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'))
  expect(answer.status).toBe(status)
})

test('an admin route without a session is one as well', async () => {
  const answer = await system.anyone.request<Problem>('POST', '/api/auth/admin/unban-user', { body: { userId: 'x' } })
  expect(answer).toMatchObject({ status: 401, body: { code: 'not_signed_in' } })
})

test('where sign-up is closed nothing is told of an address', async () => {
  const closed = await createSystem({ workers: false, env: { SIGN_UP: 'closed' } })
  const signUp = (email: string) =>
    closed.anyone.request<Problem>('POST', '/api/auth/sign-up/email', {
      body: { email, password: 'lamp harbour cactus', name: 'A' },
    })
  const [known, unknown] = [await signUp('admin@example.com'), await signUp('nobody@example.com')]
  await closed.stop()
  const { requestId: _, ...said } = known.body
  expect(unknown).toMatchObject({ status: known.status, body: said })
})
