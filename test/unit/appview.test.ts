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

const asking = (appviewUrl: string | null, options: { answerMs?: number; pauseMs?: number } = {}) => {
  const appview = createAppview({ http, appviewUrl, log, ...options })
  return (signal = AbortSignal.timeout(10_000)) => appview.view(did, signal)
}

test('an account that Bluesky has taken down is hidden, one that it has not heard of unknown, any other shown', async () => {
  await serving({ bluesky: 'hides' }, async (server) => {
    const view = asking(server.origin)
    expect(await view()).toBe('hidden')
    server.set({ bluesky: 'knows not' })
    expect(await view()).toBe('unknown')
    server.set({})
    expect(await view()).toBe('shown')
    expect(server.requests).toEqual(
      ['first', 'second', 'third'].map(() => ({
        method: 'GET',
        path: '/xrpc/app.bsky.actor.getProfile',
        authorization: false,
      })),
    )
  })
})

test('nobody is asked where that is turned off', async () => {
  expect(await asking(null)()).toBeUndefined()
})

test.each<FaultName>([
  'hang',
  'slow drip',
  'page 502',
  'reset at once',
  'redirect inside',
  'gzip bomb',
  'rate limited',
])('without an answer (%s) nothing is told of the account, and it is not asked again for a while', async (fault) => {
  await serving({ bluesky: 'hides', faults: [{ fault }] }, async (server) => {
    const view = asking(server.origin, { answerMs: 300 })
    expect(await view()).toBeUndefined()
    const asked = server.requests.length
    server.set({ bluesky: 'hides' })
    expect(await view()).toBeUndefined()
    expect(server.requests).toHaveLength(asked)
  })
})

test.each<FaultName>(['page 404', 'page 200', 'broken JSON', 'another JSON', 'page 401'])(
  'an answer that cannot be read (%s) says nothing against the account',
  async (fault) => {
    await serving({ bluesky: 'hides', faults: [{ fault }] }, async (server) => {
      expect(await asking(server.origin)()).toBeUndefined()
    })
  },
)

test('after a while it is asked again', async () => {
  await serving({ bluesky: 'hides', faults: [{ fault: 'page 502', times: 1 }] }, async (server) => {
    const view = asking(server.origin, { pauseMs: 50 })
    expect(await view()).toBeUndefined()
    await expect.poll(() => view()).toBe('hidden')
  })
})

test('a step that gives up by itself says nothing about Bluesky', async () => {
  await serving({ bluesky: 'hides' }, async (server) => {
    const view = asking(server.origin)
    expect(await view(AbortSignal.abort())).toBeUndefined()
    expect(await view()).toBe('hidden')
  })
})
