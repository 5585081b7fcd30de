// What every response says to browsers and caches, and what is served beside the program's own.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: { SECURITY_CONTACT: 'security@example.com' } })
})
afterAll(() => system.stop())

test('no response of the API is kept by a cache, whatever it is', async () => {
  const admin = await system.admin()
  for (const { method, path } of system.routes.filter(({ path }) => path.startsWith('/api/'))) {
    const address = path.replace(/:\w+/g, '6b04d55e2c46fd50fd7a9885')
    for (const authorization of ['', `Bearer ${admin.token}`]) {
      if (authorization && method !== 'GET') continue
      const { headers, body } = await fetch(`${system.url}${address}`, {
        method,
        redirect: 'manual',
        headers: { authorization },
      })
      expect([method, path, headers.get('cache-control')]).toEqual([method, path, expect.stringContaining('no-store')])
      await body?.cancel()
    }
  }
})

test('no page may use camera, microphone or anything else that a browser hands out', async () => {
  for (const path of ['/', '/api/about', '/healthz']) {
    const { headers } = await system.anyone.request('GET', path)
    expect(headers.get('permissions-policy')).toContain('camera=(), ')
  }
})

test('of the package that shows the API, only what its page needs is served', async () => {
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    expect((await system.anyone.request('GET', `/api/docs/${file}`)).status).toBe(200)
  }
  for (const file of [
    'index.html',
    'package.json',
    'swagger-initializer.js',
    'oauth2-redirect.html',
    'README.md',
    '',
  ]) {
    expect([file, (await system.anyone.request('GET', `/api/docs/${file}`)).status]).toEqual([file, file ? 404 : 200])
  }
})

test('security.txt says where to tell of a hole, and for how long it is true', async () => {
  const { status, headers, body } = await system.anyone.request<string>('GET', '/.well-known/security.txt')
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(body).toContain('Contact: mailto:security@example.com\n')
  expect(body).toContain(`Canonical: ${system.url}/.well-known/security.txt\n`)
  const expires = Date.parse(/^Expires: (.+)$/m.exec(body)?.[1] ?? '')
  expect(expires).toBeGreaterThan(Date.now() + 24 * 3600_000)
  expect(expires).toBeLessThan(Date.now() + 365 * 24 * 3600_000)
})

test('without a contact there is none', async () => {
  const other = await createSystem({ workers: false })
  expect((await other.anyone.request('GET', '/.well-known/security.txt')).status).toBe(404)
  await other.stop()
})
