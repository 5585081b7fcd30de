// No route takes a body of more than 32 kB, of anybody, and none of it is kept in memory.
import { request as ask, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

const LIMIT = 32 * 1024
const ID = '6b04d55e2c46fd50fd7a9885'
const MB = 1024 ** 2

interface Refused {
  status: number
  type: string | undefined
  code: string
  /** what had been sent by the time the connection was closed */
  sentBytes: number
}

/** Sends a body as fast as it is taken, until the response is there and the other side has closed the connection. */
function send(method: string, path: string, bytes: number, framing: 'length' | 'chunked'): Promise<Refused> {
  const { promise, resolve, reject } = Promise.withResolvers<Refused>()
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (framing === 'length') headers['content-length'] = String(bytes)
  else headers['transfer-encoding'] = 'chunked'
  const call = ask(`${system.url}${path}`, { method, headers, agent: false })
  const piece = Buffer.alloc(64 * 1024, ' ')
  let sentBytes = 0
  const more = () => {
    while (!call.destroyed && sentBytes < bytes) {
      const part = piece.subarray(0, bytes - sentBytes)
      sentBytes += part.length
      if (!call.write(part)) return call.once('drain', more)
    }
    if (!call.destroyed) call.end()
  }
  call.on('response', (response: IncomingMessage) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    const { statusCode: status = 0, headers } = response
    response.on('end', () => {
      const { code } = JSON.parse(text || '{}') as { code: string }
      const seen = { status, type: headers['content-type']?.split(';')[0], code }
      call.socket?.once('close', () => resolve({ ...seen, sentBytes }))
      if (call.socket?.destroyed !== false) resolve({ ...seen, sentBytes })
    })
  })
  call.on('error', (error) => reject(new Error(`${method} ${path} with ${framing}`, { cause: error })))
  more()
  return promise
}

const TOO_LARGE = { status: 413, type: 'application/problem+json', code: 'too_large' }

test('every route refuses it, whether its length is told or not', { timeout: 120_000 }, async () => {
  expect(system.routes.length).toBeGreaterThan(40)
  const wrong: unknown[] = []
  for (const { method, path } of system.routes) {
    const address = path.replace(/:\w+|\*\w+/g, ID)
    for (const framing of ['length', 'chunked'] as const) {
      const { sentBytes: _, ...seen } = await send(method, address, LIMIT + 1, framing)
      const expected = method === 'HEAD' ? { ...TOO_LARGE, code: undefined } : TOO_LARGE
      if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong.push({ method, path, framing, seen })
    }
  }
  expect(wrong).toEqual([])
})

test.for([
  ['POST', '/api/auth/sign-in/email'],
  ['POST', '/api/channels/bluesky'],
  ['GET', '/healthz'],
] as const)('%s %s takes nothing more when 50 MB come, and its process does not grow', async ([method, path]) => {
  const before = process.memoryUsage().rss
  let highest = before
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 5)
  const seen = await Promise.all([send(method, path, 50 * MB, 'length'), send(method, path, 50 * MB, 'chunked')])
  clearInterval(watch)
  for (const { status, sentBytes } of seen) {
    expect(status).toBe(413)
    expect(sentBytes).toBeLessThan(50 * MB)
  }
  expect(highest - before).toBeLessThan(40 * MB)
})

test('a body of just that size is read', async () => {
  const text = JSON.stringify({ email: 'nobody@example.com', password: 'x' })
  const { status } = await system.anyone.request('POST', '/api/auth/sign-in/email', {
    body: { email: 'nobody@example.com', password: 'wrong', ...pad(LIMIT - text.length - 200) },
  })
  expect(status).toBe(401)
})

/** Several fields, each of a length that is allowed. */
function pad(bytes: number): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let left = bytes, at = 0; left > 2000; left -= 2000, at++) fields[`field${at}`] = 'x'.repeat(1900)
  return fields
}

test('a compressed body and one that is not JSON are not looked into', async () => {
  for (const headers of [
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
  ]) {
    const answer = await fetch(`${system.url}/api/auth/sign-in/email`, { method: 'POST', headers, body: '{}' })
    expect([answer.status, await answer.json()]).toMatchObject([415, { code: 'unsupported_media_type' }])
  }
})

test('no field of an account takes more than it needs', async () => {
  const admin = await system.admin()
  const account = { email: 'long@example.com', password: 'correct horse battery', name: 'Long' }
  const long = [
    ['POST', 'sign-up/email', { ...account, name: 'n'.repeat(101) }, 'name'],
    ['POST', 'sign-up/email', { ...account, email: `${'e'.repeat(250)}@example.com` }, 'email'],
    ['POST', 'sign-up/email', { ...account, password: 'p'.repeat(129) }, 'password'],
    ['POST', 'sign-up/email', { ...account, image: `https://example.com/${'i'.repeat(2000)}` }, 'image'],
    ['POST', 'change-password', { currentPassword: 'c', newPassword: 'n'.repeat(129) }, 'newPassword'],
    ['POST', 'change-password', { currentPassword: 'c', newPassword: 'n', anything: 'a'.repeat(2001) }, 'anything'],
    ['POST', 'admin/create-user', { ...account, data: { name: 'n'.repeat(101) } }, 'data.name'],
    ['POST', 'admin/create-user', { ...account, data: { $where: 'return true' } }, 'data'],
  ] as const
  for (const [method, path, body, field] of long) {
    const answer = await admin.request<{ errors: { field: string }[] }>(method, `/api/auth/${path}`, { body })
    expect([path, answer.status, answer.body.errors.map((error) => error.field)]).toEqual([path, 422, [field]])
  }
})
