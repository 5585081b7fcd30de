// What an attempt tells the gate about a server: only what is the server's own trouble counts against it.
import { describe, expect, test } from 'vitest'
import { httpFaultReasons, type HttpFaultReason } from '../../src/http/fault.ts'
import type { Answer, Call } from '../../src/outcomes/evidence.ts'
import { toldBy } from '../../workers/gate/told.ts'

const fault = (reason: HttpFaultReason): Answer => ({ kind: 'fault', fault: { reason, detail: '' } })
const error = (status: number, limit: (Answer & { kind: 'error' })['limit'] = null): Answer => ({
  kind: 'error',
  status,
  error: 'SomeError',
  message: '',
  xrpc: true,
  limit,
})
const PDS = 'https://pds.example'
const told = (answer: Answer, code: Parameters<typeof toldBy>[1], call: Call = 'createSession', origin = PDS) =>
  toldBy({ seen: { step: 'connect', serviceUrl: PDS, call, answer }, durationMs: 7 }, code, origin)

describe('a request that got no answer', () => {
  const ours: HttpFaultReason[] = ['blocked', 'unsendable']
  const odd: HttpFaultReason[] = ['redirect', 'header_too_large', 'body_too_large', 'decode_failed', 'protocol_error']
  const rest = httpFaultReasons.filter((reason) => !ours.includes(reason) && !odd.includes(reason))

  test.each(ours)('%s is our own refusal: it tells nothing of the server', (reason) => {
    expect(told(fault(reason), 'pds_unreachable')).toEqual({ kind: 'nothing' })
  })
  test.each(odd)('%s comes from a server that does answer, only oddly', (reason) => {
    expect(told(fault(reason), 'not_a_pds')).toEqual({ kind: 'answered', tookMs: 7 })
  })
  test.each(rest)('%s counts against the server', (reason) => {
    expect(told(fault(reason), 'pds_unreachable')).toMatchObject({ kind: 'fault', code: 'pds_unreachable' })
  })
  test.each<HttpFaultReason>(['tls_untrusted', 'tls_expired', 'tls_wrong_name'])(
    '%s is told to whoever waits as what it is',
    (reason) => {
      expect(told(fault(reason), 'server_certificate')).toMatchObject({ kind: 'fault', code: 'server_certificate' })
    },
  )
})

test('a wall counts against the server, with what it is for whoever waits', () => {
  const front = { page: true, says: 'challenge', product: 'Cloudflare' } as const
  const wall: Answer = { kind: 'error', status: 403, error: '', message: '', xrpc: false, limit: null, front }
  expect(told(wall, 'server_protected')).toEqual({
    kind: 'fault',
    code: 'server_protected',
    names: { reason: 'challenge', product: 'Cloudflare' },
  })
})

test('a fault of its own counts against the server, a refusal does not', () => {
  expect(told(error(500), 'pds_error')).toMatchObject({ kind: 'fault', code: 'pds_error' })
  expect(told(error(401), 'bad_credentials')).toEqual({ kind: 'answered', tookMs: 7 })
  expect(told({ kind: 'ok', status: 200 }, 'signed_in')).toEqual({ kind: 'answered', tookMs: 7 })
})

test('what a renewal met counts against the server that renews, which need not be that of the account', () => {
  for (const answer of [fault('timeout'), error(500)]) {
    const names = expect.anything()
    expect(told(answer, 'pds_error', 'refreshSession')).toEqual({ kind: 'fault', code: 'pds_error', names })
    expect(told(answer, 'pds_error', 'refreshSession', 'https://home.example')).toEqual({ kind: 'nothing' })
  }
})

test('a limit holds for whom the server named it: our address or one identity', () => {
  const limit = { policy: '30;w=300', endsAt: null }
  const limited = error(429, limit)
  expect(told(limited, 'ip_rate_limited')).toEqual({ kind: 'answered', tookMs: 7, limit: { scope: 'server', limit } })
  expect(told(limited, 'login_rate_limited')).toEqual({
    kind: 'answered',
    tookMs: 7,
    limit: { scope: 'identity', limit },
  })
  expect(told(limited, 'write_rate_limited')).toEqual({ kind: 'answered', tookMs: 7 })
})
