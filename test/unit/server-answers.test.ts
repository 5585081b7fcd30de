// What every kind of server says in every situation, through the real sign-in, proof, diagnosis and decision.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttp, type Http } from '../../src/http/client.ts'
import { comesTo, connectOnce, expected, serving, type Expected } from '../helpers/connect-once.ts'
import { kinds, type KindName } from '../helpers/scripted-kinds.ts'
import type { Script, Situation } from '../helpers/scripted-server.ts'

let http: Http
beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, deadlineMs: 5_000, log: { warn: () => {} } })
})
afterAll(() => http.close())

/** Situation by situation, from what the server alone says. */
const answers: Partial<Record<KindName, Partial<Record<Situation, Expected>>>> = {
  reference: {
    healthy: 'connected',
    wrongPassword: 'bad_credentials',
    takenDown: 'bad_credentials',
    suspended: 'bad_credentials',
    inactive: 'account_deactivated',
    takenDownSession: 'account_taken_down',
    suspendedSession: 'account_suspended',
    mainPassword: 'main_password_used',
    dmPassword: 'app_password_has_dm_access',
    signupQueue: 'signup_pending',
    secondFactor: 'two_factor_required',
    rateLimited: 'login_rate_limited',
    writeLimited: 'write_rate_limited',
    takenDownWrite: 'account_taken_down',
    deactivatedWrite: 'account_deactivated',
    accountNotFound: 'account_not_here',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
    wrongRepo: 'wrong_account',
  },
  tranquil: {
    healthy: 'connected',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    inactive: 'account_deactivated',
    unverified: 'account_unverified',
    secondFactor: 'two_factor_required',
    moved: 'account_moved',
    mainPassword: 'main_password_used',
    dmPassword: 'connected',
    rateLimited: 'login_rate_limited',
    takenDownWrite: 'account_taken_down',
    deactivatedWrite: 'account_deactivated',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
  },
  rsky: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    mainPassword: 'main_password_used',
    // It hides every reason behind the same fault; the state of the account tells only where it is looked up.
    deactivatedWrite: 'pds_error',
    accountNotFound: 'pds_error',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
  },
  cocoon: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    secondFactor: 'two_factor_required',
    inactive: 'account_deactivated',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
    // Without a word; it cannot happen, because we name the account of the session.
    wrongRepo: 'unknown',
  },
  cirrus: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    deactivatedWrite: 'account_deactivated',
    invalidSession: 'wrong_account',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
    wrongRepo: 'wrong_account',
  },
  openfederation: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    suspended: 'account_suspended',
    deactivated: 'account_deactivated',
    unapproved: 'signup_pending',
    external: 'app_passwords_unsupported',
    rateLimited: 'login_rate_limited',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
  },
  picopds: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    invalidSession: 'token_rejected',
    // It cannot refresh: only signing in anew helps.
    expiredSession: 'token_rejected',
    revokedSession: 'token_rejected',
  },
  millipds: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    accountNotFound: 'account_not_here',
    inactive: 'account_deactivated',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
    wrongRepo: 'token_rejected',
  },
  pegasus: {
    healthy: 'main_password_used',
    wrongPassword: 'bad_credentials',
    secondFactor: 'two_factor_required',
    rateLimited: 'login_rate_limited',
  },
  ezpds: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    mainPassword: 'main_password_used',
    dmPassword: 'app_password_has_dm_access',
    rateLimited: 'login_rate_limited',
    deactivatedWrite: 'account_deactivated',
    accountNotFound: 'account_not_here',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
    wrongRepo: 'unknown',
  },
  tempest: {
    healthy: 'main_password_used',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    rateLimited: 'login_rate_limited',
  },
  'blue-nile': {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    suspended: 'bad_credentials',
    inactive: 'account_deactivated',
    mainPassword: 'main_password_used',
    dmPassword: 'app_password_has_dm_access',
    deactivatedWrite: 'account_deactivated',
    accountNotFound: 'account_not_here',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
  },
  bluepds: {
    // It answers the removal of nothing with a fault that cannot be told from a real one.
    healthy: 'pds_error',
    wrongPassword: 'bad_credentials',
    invalidSession: 'token_rejected',
    expiredSession: 'pds_error',
    revokedSession: 'session_revoked',
  },
  arroba: {
    healthy: 'test_post_unsupported',
    accountNotFound: 'account_not_here',
    invalidSession: 'token_rejected',
  },
}

/** Servers without app passwords refuse writes too, had somebody a session that is not told to be of the main password. */
const otherSessions: typeof answers = {
  pegasus: {
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
  },
  tempest: {
    takenDownWrite: 'account_taken_down',
    accountNotFound: 'account_not_here',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
  },
}

const rowsOf = (table: typeof answers) =>
  Object.entries(table).flatMap(([kind, situations]) =>
    Object.entries(situations).map(([situation, code]) => [kind, situation, code] as [KindName, Situation, Expected]),
  )

describe('what a server says comes to', () => {
  const check = (script: Script, code: Expected) =>
    serving(script, async (server) => {
      expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected(code))
      expect([...server.records]).toEqual([])
      expect(server.written()).toBe(0)
    })

  it.concurrent.each(rowsOf(answers))('%s, %s: %s', (kind, situation, code) => check({ kind, situation }, code))

  it.concurrent.each(rowsOf(otherSessions))('%s, %s in a session: %s', (kind, situation, code) =>
    check({ kind, situation, scope: null }, code),
  )

  it('has a row for every answer that is known of a kind', () => {
    const has = [...rowsOf(answers), ...rowsOf(otherSessions)].map(([kind, situation]) => `${kind} ${situation}`)
    const known = Object.entries(kinds).flatMap(([kind, { says }]) =>
      Object.keys(says).map((what) => `${kind} ${what}`),
    )
    // That one names a time of its own: it is in server-refusals.
    expect(known.filter((row) => !has.includes(row))).toEqual(['blue-nile rateLimited'])
  })
})
