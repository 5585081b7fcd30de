// The log tells who asked, from where and for what, and never repeats a stranger's words.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createAuth } from '../../src/auth.ts'
import { createSystem, PASSWORD, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: { TRUST_PROXY: '1' } })
})
afterAll(() => system.stop())

beforeEach(() => {
  system.log.lines.length = 0
})

interface Line {
  level: string
  msg: string
  req: { path: string }
}

/** The line of a request comes after its response. */
async function requestLine(): Promise<Line> {
  const lines = () => system.log.records().filter(({ msg }) => msg === 'request completed')
  await vi.waitFor(() => expect(lines()).not.toEqual([]), { timeout: 45_000 })
  return lines()[0] as unknown as Line
}

test('a request line names the user and the address', async () => {
  const user = await system.user()
  system.log.lines.length = 0
  await user.request('GET', '/api/channels', { headers: { 'x-forwarded-for': '203.0.113.9' } })
  expect(await requestLine()).toMatchObject({ userId: user.id, address: '203.0.113.9', req: { path: '/api/channels' } })
})

test('so does one of the accounts, from the sign-in on', async () => {
  const user = await system.user()
  expect(await requestLine()).toMatchObject({ userId: user.id, req: { path: '/api/auth/sign-up/email' } })
  for (const [path, body] of [
    ['sign-in/email', { email: user.email, password: PASSWORD }],
    ['verify-password', { password: PASSWORD }],
    ['sign-out', {}],
  ] as const) {
    system.log.lines.length = 0
    expect((await user.request('POST', `/api/auth/${path}`, { body })).status).toBe(200)
    expect([path, await requestLine()]).toMatchObject([path, { userId: user.id }])
  }
})

test('the id of a request is ours, and the one it came with is kept beside it', async () => {
  const { headers } = await system.anyone.request('GET', '/api/about', {
    headers: { 'x-request-id': 'of-a-stranger-1' },
  })
  const ours = headers.get('x-request-id')
  expect(ours).toMatch(/^[0-9a-f-]{36}$/)
  expect(await requestLine()).toMatchObject({ requestId: ours, clientRequestId: 'of-a-stranger-1' })
})

test('an id that could be anything is not kept', async () => {
  await system.anyone.request('GET', '/api/about', { headers: { 'x-request-id': 'words of a stranger' } })
  expect(await requestLine()).not.toHaveProperty('clientRequestId')
})

test('what the accounts library says of a stranger is a warning without the words', () => {
  const log = createAuth(system.context).options.logger.log
  log('error', `Invalid origin: https://${WORD}.example`)
  log('error', `Failed to create logout URL for provider "${WORD}"`)
  log('warn', 'Invalid password')
  expect(system.log.records().map(({ level, msg }) => [level, msg])).toEqual([
    ['warn', 'Invalid origin'],
    ['warn', 'Failed to create logout URL for provider '],
    ['warn', 'Invalid password'],
  ])
})

const WORD = 'zebra-secret-word'
test.for<[string, string, string, { body?: unknown; headers?: Record<string, string> }]>([
  ['a foreign origin', 'POST', '/api/channels/bluesky', { headers: { origin: `https://${WORD}.example` } }],
  ['a body that is no JSON', 'POST', '/api/channels/bluesky', { headers: { 'content-type': `application/${WORD}` } }],
  ['a token', 'GET', '/api/channels', { headers: { authorization: `Bearer ${WORD}`, cookie: `${WORD}=${WORD}` } }],
  ['a sign-in', 'POST', '/api/auth/sign-in/email', { body: { email: `${WORD}@example.com`, password: WORD } }],
  [
    'a callback',
    'POST',
    '/api/auth/sign-in/email',
    { body: { email: 'a@b.co', password: 'x', callbackURL: `https://${WORD}.example` } },
  ],
  [
    'a field of the wrong kind',
    'POST',
    '/api/auth/sign-in/email',
    { body: { email: { [WORD]: WORD }, password: WORD } },
  ],
  ['a field nobody knows', 'POST', '/api/page-errors', { body: { [WORD]: WORD } }],
  ['a path', 'GET', `/api/channels/${WORD}`, {}],
  ['a path of the library', 'GET', `/api/auth/${WORD}`, {}],
  ['a query', 'GET', `/api/channels?${WORD}=${WORD}`, {}],
  ['a path that cannot be decoded', 'GET', `/api/channels/%E0%A4%A${WORD}`, {}],
  ['a path of nothing', 'GET', `/api/${WORD}`, {}],
])('%s of a stranger is a warning at most, and is not repeated', async ([, method, path, init]) => {
  const body = init.headers?.['content-type'] ? { body: WORD } : {}
  const answer = await system.anyone.request(method, path, { ...init, ...body })
  expect([answer.status >= 400, answer.status < 500]).toEqual([true, true])
  await requestLine()
  expect(system.log.lines.join('')).not.toContain(WORD)
  for (const { level } of system.log.records()) expect(['debug', 'info', 'warn']).toContain(level)
})

test('nor is the address of a page that does not exist', async () => {
  await system.anyone.request('GET', `/${WORD}`)
  await requestLine()
  expect(system.log.lines.join('')).not.toContain(WORD)
})
