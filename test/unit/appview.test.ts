// What Bluesky's own view of an account counts for: a clear word alone, and never a wait that begins anew with every account.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAppview } from '../../src/bluesky/appview.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { serving } from '../helpers/connect-once.ts'
import type { FaultName } from '../helpers/scripted-faults.ts'

const did = 'did:plc:scripted2222222222222222'
const log = { warn: vi.fn<() => void>() }
let http: Http
beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, log })
})
afterAll(() => http.close())

const viewOf = (appviewUrl: string | null, options: { answerMs?: number; pauseMs?: number } = {}) => {
  const appview = createAppview({ http, appviewUrl, log, ...options })
  return (signal = AbortSignal.timeout(10_000)) => appview.hides(did, signal)
}

test('an account that Bluesky has taken down is hidden, any other is not', async () => {
  await serving({ hides: true }, async (server) => {
    const hides = viewOf(server.origin)
    expect(await hides()).toBe(true)
    server.set({})
    expect(await hides()).toBe(false)
    expect(server.requests).toEqual(
      ['first', 'second'].map(() => ({
        method: 'GET',
        path: '/xrpc/app.bsky.actor.getProfile',
        authorization: false,
      })),
    )
  })
})

test('nobody is asked where that is turned off', async () => {
  expect(await viewOf(null)()).toBe(false)
})

test.each<FaultName>([
  'hang',
  'slow drip',
  'page 502',
  'reset at once',
  'redirect inside',
  'gzip bomb',
  'rate limited',
])('without an answer (%s) the account is not hidden, and it is not asked again for a while', async (fault) => {
  await serving({ hides: true, faults: [{ fault }] }, async (server) => {
    const hides = viewOf(server.origin, { answerMs: 300 })
    expect(await hides()).toBe(false)
    const asked = server.requests.length
    server.set({ hides: true })
    expect(await hides()).toBe(false)
    expect(server.requests).toHaveLength(asked)
  })
})

test.each<FaultName>(['page 404', 'page 200', 'broken JSON', 'another JSON', 'page 401'])(
  'an answer that cannot be read (%s) says nothing against the account',
  async (fault) => {
    await serving({ hides: true, faults: [{ fault }] }, async (server) => {
      expect(await viewOf(server.origin)()).toBe(false)
    })
  },
)

test('after a while it is asked again', async () => {
  await serving({ hides: true, faults: [{ fault: 'page 502', times: 1 }] }, async (server) => {
    const hides = viewOf(server.origin, { pauseMs: 50 })
    expect(await hides()).toBe(false)
    await expect.poll(() => hides()).toBe(true)
  })
})

test('a step that gives up by itself says nothing about Bluesky', async () => {
  await serving({ hides: true }, async (server) => {
    const hides = viewOf(server.origin)
    expect(await hides(AbortSignal.abort())).toBe(false)
    expect(await hides()).toBe(true)
  })
})
