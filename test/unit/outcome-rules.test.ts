// What an outcome means for a channel beyond its words: said here once more, apart from the rows of the catalogue.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diagnose, outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Answer, Evidence } from '../../src/outcomes/evidence.ts'
import { alsoOf, buttonOf, isGivenUp, keepsPassword, mendedBy, retryOf } from '../../src/outcomes/rules.ts'
import { decide } from '../../workers/decision.ts'

const at = new Date('2026-11-24T12:00:00Z')
const after = (ms: number) => new Date(at.getTime() + ms)

type Row = (typeof outcomes)[OutcomeCode]
/** The rows that say something of `field`, by what they say. */
const by = (field: keyof Row) => {
  const saying = outcomeCodes.filter((code) => outcomes[code][field] !== undefined)
  return Object.fromEntries(saying.map((code) => [code, outcomes[code][field]]))
}

test.for<[keyof Row, Partial<Record<OutcomeCode, unknown>>]>([
  [
    'button',
    {
      identifier_malformed: 'correct_handle',
      identifier_is_email: 'correct_handle',
      handle_not_found: 'correct_handle',
      handle_mismatch: 'correct_handle',
      account_taken_down: 'open_link',
      account_suspended: 'open_link',
      account_deactivated: 'open_link',
      account_unverified: 'open_link',
      app_passwords_unsupported: 'remove',
      account_deleted: 'remove',
      did_unresolvable: 'check_again',
      test_post_left: 'check_again',
    },
  ],
  [
    'also',
    {
      account_taken_down: 'reconnect',
      account_suspended: 'reconnect',
      account_deactivated: 'reconnect',
      account_unverified: 'reconnect',
      check_failing: 'reconnect',
      account_deleted: 'reconnect',
      wrong_account: 'connect_other',
    },
  ],
  [
    'remark',
    {
      hidden_on_bluesky: 'warning',
      app_password_has_dm_access: 'warning',
      test_post_published: 'warning',
      not_on_bluesky_yet: 'note',
      password_kind_unknown: 'note',
      test_post_unsupported: 'note',
    },
  ],
  ['untried', { integration_disabled: true, secret_unreadable: true, waiting_for_rate_limit: true }],
  [
    'lookup',
    {
      bad_credentials: 'always',
      account_deleted: 'always',
      account_not_here: 'always',
      account_deactivated: 'always',
      account_moved: 'always',
      session_expired: 'always',
      session_revoked: 'always',
      two_factor_required: 'always',
      pds_error: 'when_it_stays',
      signed_in: 'after_sign_in',
    },
  ],
  [
    'mayPass',
    { account_taken_down: true, account_suspended: true, account_deactivated: true, account_unverified: true },
  ],
  ['looksUpServerAnew', { identity_lookup_unavailable: true }],
  ['mayBeExpired', { token_rejected: true }],
  [
    'serverFault',
    {
      account_server_protected: 'kept_out',
      server_protected: 'kept_out',
      account_server_certificate: 'unanswered',
      server_certificate: 'unanswered',
      pds_unreachable: 'unanswered',
      pds_error: 'answered',
    },
  ],
  ['limits', { ip_rate_limited: 'server', login_rate_limited: 'identity' }],
])('%s', ([field, expected]) => {
  expect(by(field)).toEqual(expected)
})

test('only a good outcome has a remark', () => {
  const remarked = outcomeCodes.filter((code) => outcomes[code].remark)
  expect(remarked.filter((code) => !outcomes[code].good)).toEqual([])
})

test('another Service URL, and leave to follow accounts, mend what went to the wrong server, and what waits', () => {
  expect(mendedBy('bluesky_other_servers')).toEqual(mendedBy('bluesky_service-url'))
  expect(new Set(mendedBy('bluesky_service-url'))).toEqual(
    new Set([
      'wrong_server',
      'not_a_pds',
      'pds_address_blocked',
      'server_protected',
      'account_server_protected',
      'server_certificate',
      'account_server_certificate',
      'pds_unreachable',
      'pds_error',
      'signup_pending',
      'identity_lookup_unavailable',
      'ip_rate_limited',
      'login_rate_limited',
      'write_rate_limited',
      'waiting_for_rate_limit',
      'check_failing',
    ]),
  )
  expect(mendedBy('bluesky_integration_status')).toEqual(['integration_disabled'])
})

describe('the button that helps', () => {
  type Standing = Parameters<typeof buttonOf>[0]
  const button = (status: Standing['status'], code: OutcomeCode | null, step: Standing['step'] = 'connect') =>
    buttonOf({ status, step, outcome: code && { code }, nextTryAt: after(1) }, at)

  test.for<[Standing['status'], OutcomeCode | null, Standing['step'], ReturnType<typeof buttonOf>]>([
    ['connecting', null, 'connect', null],
    ['verifying', null, 'verify', null],
    ['connected', 'hidden_on_bluesky', 'verify', null],
    ['retrying', 'pds_unreachable', 'connect', 'try_now'],
    ['retrying', 'identity_lookup_unavailable', 'connect', 'try_now'],
    ['retrying', 'signup_pending', 'connect', 'try_now'],
    ['retrying', 'login_rate_limited', 'connect', 'wait'],
    ['retrying', 'waiting_for_rate_limit', 'verify', 'wait'],
    ['retrying', 'did_unresolvable', 'connect', 'check_again'],
    ['retrying', 'test_post_left', 'verify', 'check_again'],
    ['failed', 'did_unresolvable', 'connect', 'reconnect'],
    ['failed', 'test_post_left', 'verify', 'verify'],
    ['disconnected', null, 'disconnect', 'reconnect'],
    ['action_required', 'bad_credentials', 'connect', 'reconnect'],
    ['action_required', 'handle_not_found', 'connect', 'correct_handle'],
    ['action_required', 'wrong_server', 'connect', 'ask_admin'],
    ['action_required', 'pds_address_blocked', 'verify', 'ask_admin'],
    ['failed', 'wrong_server', 'connect', 'reconnect'],
    ['action_required', 'account_taken_down', 'connect', 'open_link'],
    ['action_required', 'account_suspended', 'verify', 'open_link'],
    ['action_required', 'account_deactivated', 'verify', 'open_link'],
    ['action_required', 'account_unverified', 'connect', 'open_link'],
    ['action_required', 'app_passwords_unsupported', 'connect', 'remove'],
    ['action_required', 'wrong_account', 'connect', 'reconnect'],
    ['failed', 'pds_error', 'verify', 'verify'],
    ['failed', 'pds_error', 'connect', 'reconnect'],
    ['failed', 'unknown', 'verify', 'verify'],
    ['failed', 'integration_disabled', 'verify', 'verify'],
  ])('%s with %s in %s: %s', ([status, code, step, expected]) => {
    expect(button(status, code, step)).toBe(expected)
  })

  test('what opens a link has one', () => {
    const opening = outcomeCodes.filter((code) => outcomes[code].button === 'open_link')
    expect(opening.map((code) => outcomes[code].link)).toEqual(opening.map(() => expect.any(String)))
  })

  const also = (status: Standing['status'], code: OutcomeCode, params = {}) =>
    alsoOf({ status, step: 'connect', outcome: { code, params }, nextTryAt: null })

  test('after the Bluesky app Reconnect helps', () => {
    expect(also('action_required', 'account_deactivated')).toBe('reconnect')
    expect(also('connecting', 'account_deactivated')).toBeNull()
    expect(also('action_required', 'bad_credentials')).toBeNull()
  })

  test('another account that signed in can be connected where it has a name', () => {
    expect(also('action_required', 'wrong_account', { seenHandle: 'other.test' })).toBe('connect_other')
    expect(also('action_required', 'wrong_account')).toBeNull()
  })
})

describe('whether a failed step can run again', () => {
  type Standing = Parameters<typeof retryOf>[0]
  const retry = (status: Standing['status'], code: OutcomeCode, more: Partial<Standing> = {}) =>
    retryOf({ status, step: 'connect', outcome: { code }, nextTryAt: null, ...more }, at)

  test('not where none has failed', () => {
    expect(retry('connected', 'connected')).toBeNull()
    expect(retry('connecting', 'pds_error')).toBeNull()
    expect(retry('verifying', 'pds_error', { step: 'verify' })).toBeNull()
    expect(retry('retrying', 'pds_error', { outcome: null })).toBeNull()
  })

  test('while its app password is kept, and always with a session', () => {
    expect(retry('retrying', 'pds_unreachable', { nextTryAt: after(1) })).toBe('possible')
    expect(retry('action_required', 'wrong_server')).toBe('possible')
    expect(retry('failed', 'unknown', { step: 'verify' })).toBe('possible')
    expect(retry('action_required', 'session_revoked', { step: 'verify' })).toBe('possible')
  })

  test('not without the user where the app password is destroyed', () => {
    expect(retry('action_required', 'bad_credentials')).toBe('needs_user')
    expect(retry('failed', 'wrong_server')).toBe('needs_user')
    expect(retry('failed', 'pds_unreachable')).toBe('needs_user')
  })

  test('before the usual time, where no server named one', () => {
    expect(retry('retrying', 'test_post_left', { step: 'verify', nextTryAt: after(1) })).toBe('possible')
    expect(retry('retrying', 'did_unresolvable', { nextTryAt: after(1) })).toBe('possible')
  })

  test('not before a time that the server named', () => {
    expect(retry('retrying', 'login_rate_limited', { nextTryAt: after(1) })).toBe('waits')
    expect(retry('retrying', 'write_rate_limited', { step: 'verify', nextTryAt: after(1) })).toBe('waits')
    expect(retry('retrying', 'login_rate_limited', { nextTryAt: at })).toBe('possible')
  })

  test.for(outcomeCodes)('%s: the app password counts as kept exactly where a worker keeps it', (code) => {
    for (const hours of [0, 30]) {
      const now = after(hours * 3600_000)
      const config = { delaysMs: [60_000], giveUpAfterMs: 24 * 3600_000 }
      const { status, keepPassword } = decide({ code, failures: 0, submittedAt: at, limit: null }, config, now)
      expect(keepsPassword(status, code)).toBe(keepPassword)
    }
  })
})

test('given up is what was tried or waited for, and is not any more', () => {
  const givenUp = outcomeCodes.filter((code) => isGivenUp('failed', code))
  expect(givenUp).toEqual(
    outcomeCodes.filter((code) => {
      const { fixBy, retry } = outcomes[code]
      return fixBy === 'admin' || fixBy === 'time' || (fixBy === 'user' && retry)
    }),
  )
  expect(outcomeCodes.filter((code) => isGivenUp('retrying', code) || isGivenUp('action_required', code))).toEqual([])
})

const refusal = (status: number, error: string, message = ''): Answer => ({
  kind: 'error',
  status,
  error,
  message,
  xrpc: true,
  limit: null,
})

describe('where sign-ins follow the identity', () => {
  const anything = fc.record<Evidence>(
    {
      step: fc.constantFrom('connect', 'verify'),
      serviceUrl: fc.constant('https://here.example'),
      call: fc.constantFrom('createSession', 'refreshSession', 'deleteRecord'),
      answer: fc.constantFrom<Answer>(
        refusal(401, 'AuthenticationRequired'),
        refusal(401, 'HandleNotFound'),
        refusal(401, 'ExternalAccount'),
        refusal(400, 'RepoNotFound'),
        refusal(400, 'HandleNotFound'),
        refusal(500, 'InternalServerError'),
        { kind: 'ok', status: 200 },
      ),
      identity: fc.record(
        {
          did: fc.constantFrom('did:plc:a', null),
          handleConfirmed: fc.boolean(),
          pdsUrl: fc.constantFrom('https://here.example', 'https://there.example', null),
          servedByEntryway: fc.boolean(),
          repoHere: fc.constantFrom('active', 'not_found', 'unknown'),
          version: fc.constantFrom('0.4.1', 'cocoon 0.7'),
          unavailable: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['step', 'serviceUrl', 'call', 'answer', 'identity'] },
  )

  test('no setting is to blame for one that went elsewhere; all else is told as before', () => {
    let elsewhere = 0
    fc.assert(
      fc.property(anything, (seen) => {
        const code = diagnose(seen)
        if (code === 'wrong_server') elsewhere++
        const follows = diagnose({ ...seen, followsIdentity: true })
        expect(follows).toBe(code === 'wrong_server' ? 'identity_lookup_unavailable' : code)
      }),
      { numRuns: 3_000 },
    )
    expect(elsewhere).toBeGreaterThan(10)
  })
})

describe('the end of a session', () => {
  const endOf = (answer: Answer, ended: boolean) =>
    diagnose({ step: 'disconnect', serviceUrl: 'https://pds.example', call: 'deleteSession', answer, ended })
  const fault = (reason: string): Answer => ({ kind: 'fault', fault: { reason, detail: '' } })

  test.for<[OutcomeCode, Answer]>([
    ['session_ended', { kind: 'ok', status: 200 }],
    ['session_ended', refusal(400, 'ExpiredToken')],
    ['session_not_ended', refusal(401, 'AuthMissing')],
    ['session_not_ended', refusal(403, 'AccountTakedown')],
    ['session_not_ended', refusal(400, 'AccountNotFound')],
    ['session_not_ended', refusal(501, 'MethodNotImplemented')],
    ['session_not_ended', fault('blocked')],
    ['ip_rate_limited', refusal(429, 'RateLimitExceeded')],
    ['pds_error', refusal(500, 'InternalServerError')],
    ['pds_error', { kind: 'invalid', status: 200, detail: '' }],
    ['pds_unreachable', fault('timeout')],
  ])('%s: %j', ([code, answer]) => {
    expect(endOf(answer, code === 'session_ended')).toBe(code)
  })
})
