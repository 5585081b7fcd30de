// What every fault on the way to a server and back comes to, whichever call it hits; and that no test record outlives it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttp, type Http } from '../../src/http/client.ts'
import { comesTo, connectOnce, expected, serving, type Expected } from '../helpers/connect-once.ts'
import type { FaultName } from '../helpers/scripted-faults.ts'
import { words } from '../helpers/scripted-replies.ts'
import type { Script } from '../helpers/scripted-server.ts'

const log = { warn: () => {} }
let http: Http
/** Gives up soon. */
let hasty: Http

beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, deadlineMs: 5_000, log })
  hasty = createHttp({ allowPrivateNetwork: true, deadlineMs: 600, log })
})
afterAll(() => Promise.all([http.close(), hasty.close()]))

const slow: FaultName[] = ['hang', 'hang in the body', 'slow drip']

/** By fault: what it comes to at the sign-in, at the removal, and at the test post. */
const rows: [FaultName, Expected, Expected, Expected][] = [
  ['hang', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['hang in the body', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['slow drip', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['page 500', 'pds_error', 'pds_error', 'pds_error'],
  ['page 502', 'pds_error', 'pds_error', 'pds_error'],
  ['page 503', 'pds_error', 'pds_error', 'pds_error'],
  ['page 520', 'pds_error', 'pds_error', 'pds_error'],
  ['page 200', 'not_a_pds', 'pds_error', 'pds_error'],
  ['page 401', 'server_protected', 'server_protected', 'server_protected'],
  ['page 403', 'server_protected', 'server_protected', 'server_protected'],
  ['page 404', 'not_a_pds', 'pds_error', 'test_post_unsupported'],
  ['no words 403', 'server_protected', 'server_protected', 'server_protected'],
  // rsky answers a removal without a word; a write that was answered so may have been done.
  ['no words 200', 'not_a_pds', 'connected', 'test_post_published'],
  ['request timeout', 'pds_error', 'pds_error', 'pds_error'],
  ['not modified', 'not_a_pds', 'pds_error', 'pds_error'],
  ['broken JSON', 'not_a_pds', 'pds_error', 'pds_error'],
  ['JSON list', 'not_a_pds', 'connected', 'pds_error'],
  ['another JSON', 'not_a_pds', 'connected', 'test_post_published'],
  ['another API 404', 'not_a_pds', 'pds_error', 'test_post_unsupported'],
  ['cut off', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['wrong content type', 'connected', 'connected', 'connected'],
  ['redirect elsewhere', 'not_a_pds', 'pds_error', 'pds_error'],
  ['redirect inside', 'not_a_pds', 'pds_error', 'pds_error'],
  ['huge body', 'not_a_pds', 'pds_error', 'pds_error'],
  ['gzip bomb', 'not_a_pds', 'pds_error', 'pds_error'],
  ['broken gzip', 'not_a_pds', 'pds_error', 'pds_error'],
  ['huge header', 'not_a_pds', 'pds_error', 'pds_error'],
  ['not HTTP', 'not_a_pds', 'pds_error', 'pds_error'],
  ['reset at once', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['reset in the middle', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['closed at once', 'pds_unreachable', 'pds_unreachable', 'pds_unreachable'],
  ['closes kept connections', 'connected', 'connected', 'connected'],
  ['rate limited', 'ip_rate_limited', 'write_rate_limited', 'write_rate_limited'],
]
const calls = ['createSession', 'deleteRecord', 'createRecord'] as const

describe('a fault comes to', () => {
  const single = rows.flatMap(([fault, ...codes]) =>
    codes.map((code, index) => [calls[index] ?? '', fault, code] as [string, FaultName, Expected]),
  )
  it.concurrent.each(single)('%s, %s: %s', async (call, fault, code) => {
    await serving({ faults: [{ call, fault }] }, async (server) => {
      const client = slow.includes(fault) ? hasty : http
      expect(comesTo(await connectOnce({ http: client, serviceUrl: server.origin }))).toEqual(expected(code))
      expect([...server.records]).toEqual([])
    })
  })

  // A server that does not tell what it is is not asked to write.
  it.concurrent.each<FaultName>([
    'page 502',
    'page 200',
    'broken JSON',
    'redirect inside',
    'reset at once',
    'no words 200',
  ])('_health, %s: test_post_unsupported', async (fault) => {
    await serving({ faults: [{ call: '_health', fault }] }, async (server) => {
      expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('test_post_unsupported'))
      expect(server.written()).toBe(0)
    })
  })

  it.concurrent.each<[FaultName, Expected]>([
    ['hang', 'pds_unreachable'],
    ['page 502', 'pds_error'],
    ['page 200', 'pds_error'],
    ['page 401', 'server_protected'],
    ['hang in the body', 'pds_unreachable'],
    ['slow drip', 'pds_unreachable'],
    ['page 404', 'token_rejected'],
    ['another API 404', 'token_rejected'],
    ['broken JSON', 'pds_error'],
    ['cut off', 'pds_unreachable'],
    ['no words 200', 'pds_error'],
    ['redirect elsewhere', 'pds_error'],
    ['redirect inside', 'pds_error'],
    ['huge body', 'pds_error'],
    ['gzip bomb', 'pds_error'],
    ['wrong content type', 'connected'],
    ['reset at once', 'pds_unreachable'],
    ['reset in the middle', 'pds_unreachable'],
    ['closes kept connections', 'connected'],
    ['rate limited', 'ip_rate_limited'],
  ])('refreshSession, %s: %s', async (fault, code) => {
    await serving({ situation: 'expiredSession', faults: [{ call: 'refreshSession', fault }] }, async (server) => {
      const client = slow.includes(fault) ? hasty : http
      expect(comesTo(await connectOnce({ http: client, serviceUrl: server.origin }))).toEqual(expected(code))
    })
  })
})

/** Servers that post for real although they were told a commit that is not theirs. */
const publishing: [string, Script, Expected][] = [
  ['claims to be the reference', { swap: 'ignored' }, 'test_post_published'],
  ['gives the record a key of its own', { swap: 'ignored', ownKeys: true }, 'test_post_published'],
  ['cocoon under another name', { kind: 'cocoon', version: '1.0.0', scope: null }, 'test_post_published'],
  ['cirrus under another name', { kind: 'cirrus', version: 'git-0aec631', scope: null }, 'test_post_published'],
  ['openfederation under another name', { kind: 'openfederation', version: '1.0.0' }, 'test_post_published'],
  ['picopds under another name', { kind: 'picopds', version: 'v1.0.0' }, 'test_post_published'],
  ['a tranquil of tomorrow', { kind: 'tranquil', swap: 'ignored' }, 'test_post_published'],
  [
    'refuses the first removal',
    { swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'page 502', after: 1, times: 1 }] },
    'test_post_published',
  ],
  [
    'resets the first two removals',
    { swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'reset at once', after: 1, times: 2 }] },
    'test_post_published',
  ],
  [
    'limits the first removal',
    { swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'rate limited', after: 1, times: 1 }] },
    'test_post_published',
  ],
  [
    'writes and says that it failed',
    { swap: 'ignored', faults: [{ call: 'createRecord', fault: 'done, but says 500' }] },
    'pds_error',
  ],
  [
    'writes and resets',
    { swap: 'ignored', faults: [{ call: 'createRecord', fault: 'done, but resets' }] },
    'pds_unreachable',
  ],
]

describe('a test record is gone at the end where a server', () => {
  it.concurrent.each(publishing)('%s', async (_, script, code) => {
    await serving(script, async (server) => {
      expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected(code))
      expect(server.written()).toBe(1)
      expect([...server.records]).toEqual([])
    })
  })

  it('refuses every removal: then it is told, and the next proof begins with it', async () => {
    await serving(
      { swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'page 502', after: 1 }] },
      async (server) => {
        expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('test_post_left'))
        expect(server.records.size).toBe(1)
        server.set({})
        expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('connected'))
        expect([...server.records]).toEqual([])
      },
    )
  })
})

it.concurrent.each<[string, Script]>([
  ['rsky', { kind: 'rsky' }],
  ['arroba', { kind: 'arroba', version: '1.0.0' }],
  ['bluepds that says why', { version: '1.0.0', swap: words(500, 'unexpected output from apply_writes') }],
])('a server that refuses the test post as it refuses any: %s', async (_, script) => {
  await serving(script, async (server) => {
    expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('test_post_unsupported'))
    expect(server.requests.map(({ path }) => path)).toContain('/xrpc/com.atproto.repo.createRecord')
    expect(server.written()).toBe(0)
  })
})

it('a server that goes down in the middle of a test post: nobody is told of a record that may not be there', async () => {
  const down = { fault: 'reset at once' } as const
  const faults = [
    { call: 'createRecord', ...down },
    { call: 'deleteRecord', ...down, after: 1 },
  ]
  await serving({ faults }, async (server) => {
    expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('pds_unreachable'))
  })
})

it('a removal that is limited is tried again when the limit ends', async () => {
  const faults = [{ call: 'deleteRecord', fault: 'rate limited', after: 1 } as const]
  await serving({ swap: 'ignored', faults }, async (server) => {
    expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('test_post_left'))
  })
})
