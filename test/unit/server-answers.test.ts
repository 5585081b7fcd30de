// What every kind of server says in every situation, through the real sign-in, proof, diagnosis and decision. It makes docs/servers.md;
// -u makes that anew.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { endSession, refresh, signIn, type Session } from '../../src/bluesky/session.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { comesTo, connectOnce, expected, serving, type Expected } from '../helpers/connect-once.ts'
import {
  createAccount,
  createAppPassword,
  deactivate,
  listRecords,
  revokeAppPasswords,
  takeDown,
  type Account,
} from '../helpers/pds.ts'
import { kinds, type KindName } from '../helpers/scripted-kinds.ts'
import type { Kind, Situation } from '../helpers/scripted-replies.ts'
import type { Script } from '../helpers/scripted-server.ts'

const pds = inject('pds')
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
    accountNotFound: 'account_deleted',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
    wrongRepo: 'token_rejected',
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
    rateLimited: 'ip_rate_limited',
    takenDownWrite: 'account_taken_down',
    deactivatedWrite: 'account_deactivated',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
    wrongRepo: 'token_rejected',
  },
  rsky: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    mainPassword: 'main_password_used',
    takenDownWrite: 'account_taken_down',
    deactivatedWrite: 'account_deactivated',
    accountNotFound: 'account_deleted',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_revoked',
    // It cannot happen, because we name the account of the session.
    wrongRepo: 'pds_error',
  },
  cocoon: {
    healthy: 'test_post_unsupported',
    wrongPassword: 'bad_credentials',
    secondFactor: 'two_factor_required',
    inactive: 'account_deactivated',
    // It takes writes all the same.
    deactivatedWrite: 'account_deactivated',
    invalidSession: 'token_rejected',
    expiredSession: 'test_post_unsupported',
    revokedSession: 'session_expired',
  },
  cirrus: {
    healthy: 'password_kind_unknown',
    wrongPassword: 'bad_credentials',
    deactivatedWrite: 'account_deactivated',
    invalidSession: 'token_rejected',
    expiredSession: 'password_kind_unknown',
    revokedSession: 'session_revoked',
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
    healthy: 'password_kind_unknown',
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
    revokedSession: 'session_expired',
  },
  pegasus: {
    healthy: 'password_kind_unknown',
    wrongPassword: 'bad_credentials',
    secondFactor: 'two_factor_required',
    rateLimited: 'ip_rate_limited',
    invalidSession: 'token_rejected',
    expiredSession: 'password_kind_unknown',
    revokedSession: 'session_revoked',
  },
  ezpds: {
    healthy: 'connected',
    wrongPassword: 'bad_credentials',
    mainPassword: 'main_password_used',
    dmPassword: 'app_password_has_dm_access',
    rateLimited: 'login_rate_limited',
    // As a wrong password; what the account's state is tells only a look at it.
    deactivated: 'bad_credentials',
    deactivatedWrite: 'account_deactivated',
    // Likewise, in the words of a deactivated one.
    takenDownWrite: 'account_deactivated',
    accountNotFound: 'account_deleted',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'connected',
    revokedSession: 'session_revoked',
    wrongRepo: 'unknown',
  },
  tempest: {
    healthy: 'password_kind_unknown',
    wrongPassword: 'bad_credentials',
    takenDown: 'account_taken_down',
    rateLimited: 'ip_rate_limited',
    takenDownWrite: 'account_taken_down',
    accountNotFound: 'account_deleted',
    scopeMissing: 'scope_missing',
    invalidSession: 'token_rejected',
    expiredSession: 'password_kind_unknown',
    revokedSession: 'session_revoked',
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
    accountNotFound: 'account_deleted',
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
    wrongPassword: 'bad_credentials',
    accountNotFound: 'account_not_here',
    invalidSession: 'token_rejected',
  },
  '40 hex digits': {
    healthy: 'password_kind_unknown',
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

  it('has a row for every answer that is known of a kind', () => {
    const has = rowsOf(answers).map(([kind, situation]) => `${kind} ${situation}`)
    const known = Object.entries(kinds).flatMap(([kind, { says }]) =>
      Object.keys(says).map((what) => `${kind} ${what}`),
    )
    // These name a time of their own: they are in server-refusals.
    expect(known.filter((row) => !has.includes(row))).toEqual(['blue-nile rateLimited', '40 hex digits rateLimited'])
  })
})

/** An access token that is not taken, as one that is over. */
const stale = (session: Session): Session => ({ ...session, accessJwt: 'e30.e30.s' })

/** The same, done to a real reference server. What is done to the account, before the sign-in or after it, and with which session it goes on. */
const onRealOne: Partial<
  Record<Situation, { before?: (of: Account) => unknown; after?: (of: Account) => unknown; asStale?: true }>
> = {
  healthy: {},
  wrongPassword: { before: revokeAppPasswords },
  takenDown: { before: (account) => takeDown(pds, account) },
  inactive: { before: deactivate },
  mainPassword: {},
  dmPassword: {},
  takenDownWrite: { after: (account) => takeDown(pds, account) },
  deactivatedWrite: { after: deactivate },
  expiredSession: { asStale: true },
  revokedSession: { after: revokeAppPasswords, asStale: true },
}

describe('what a real reference server says comes to', () => {
  const situations = Object.keys(onRealOne) as Situation[]
  it.concurrent.each(situations.map((situation) => [situation, answers.reference?.[situation]] as const))(
    '%s: %s',
    async (situation, code) => {
      const account = await createAccount(pds)
      const appPassword = await createAppPassword(account, { privileged: situation === 'dmPassword' })
      const { before, after, asStale } = onRealOne[situation] ?? {}
      await before?.(account)
      const end = await connectOnce({
        http,
        serviceUrl: account.pdsUrl,
        deadlineMs: 60_000,
        as: { identifier: account.handle, password: situation === 'mainPassword' ? account.password : appPassword },
        async meanwhile(session) {
          await after?.(account)
          return asStale ? stale(session) : session
        },
      })
      expect(end.code).toBe(code)
      if (!before && !after) expect(await listRecords(account)).toEqual([])
    },
  )

  it('the end of a session', async () => {
    const account = await createAccount(pds)
    const target = { http, serviceUrl: account.pdsUrl, signal: AbortSignal.timeout(60_000) }
    const { session } = await signIn(target, account.handle, await createAppPassword(account))
    if (!session) throw new Error('not signed in')
    expect(await endSession(target, session)).toMatchObject({ ended: true })
    expect(await refresh(target, session)).toMatchObject({ answer: { error: 'ExpiredToken' } })
    // It may be repeated there.
    expect(await endSession(target, session)).toMatchObject({ ended: true })
  })
})

const sources = { run: 'a real one, in the tests', measured: 'measured on a real one', read: 'read in its source' }

function sourceOf(kind: KindName, situation: Situation): keyof typeof sources {
  const { read = [] }: Kind = kinds[kind]
  if (kind === 'reference' && onRealOne[situation]) return 'run'
  return read === true || read.includes(situation) ? 'read' : 'measured'
}

/** As the formatter writes it. */
function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function describeServers(): string {
  const rows = rowsOf(answers).map(([kind, situation, code]) => ({
    kind,
    situation,
    code,
    source: sourceOf(kind, situation),
  }))
  const count = (source: keyof typeof sources) => rows.filter((row) => row.source === source).length
  const kindsOf = (some: typeof rows) => new Set(some.map(({ kind }) => kind)).size
  const intro = `What each kind of server comes to in each situation, from what the server alone says: ${rows.length} rows, ${kindsOf(rows)} kinds. In
the tests a scripted server gives each of these answers as that kind of server gives it.

- ${count('run')} rows are also run against a real reference server in the tests.
- For ${count('measured')} more the answers were measured on a real server of that kind, outside of the tests. A real one ran of ${kindsOf(rows.filter(({ source }) => source !== 'read'))} kinds.
- For ${count('read')} they were read in the source alone.

What was measured, and on which version, is in [at-protocol.md](at-protocol.md).`
  const words = (situation: string) => situation.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const cells = rows.map(({ kind, situation, code, source }) => [
    kind === 'ezpds' ? 'Custos' : kind,
    words(situation),
    `[${code}](outcomes.md#${code})`,
    sources[source],
  ])
  return `# Servers\n\n${intro}\n\n${table([['server', 'situation', 'outcome', 'known from'], ...cells])}\n`
}

it('docs/servers.md says what comes out', async () => {
  await expect(describeServers()).toMatchFileSnapshot('../../docs/servers.md')
})
