// Does to a server what the connect and verify steps do, without what they keep, and tells what it comes to.

import type { Evidence, Identity, Limit } from '../../src/outcomes/evidence.ts'
import type { Http } from '../../src/http/client.ts'
import { diagnose, outcomes, type FixBy, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { checkPosting, type Check, type Checked } from '../../src/bluesky/posting-check.ts'
import { signIn, type Session } from '../../src/bluesky/session.ts'
import type { ChannelStatus } from '../../src/contract.ts'
import { decide } from '../../workers/decision.ts'
import { limitOf } from '../../src/outcomes/evidence.ts'
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server.ts'

export interface End {
  code: OutcomeCode
  limit: Limit | null
}

export interface Asked {
  http: Http
  serviceUrl: string
  /** what an independent look at the identity found */
  identity?: Identity
  deadlineMs?: number
  as?: { identifier: string; password: string }
  /** what happens between sign-in and check; returns the session to check with */
  meanwhile?: (session: Session) => Promise<Session>
}

const somebody = { identifier: 'scripted.test', password: 'abcd-efgh-ijkl-mnop' }

export async function connectOnce(asked: Asked): Promise<End> {
  const { http, serviceUrl, identity, deadlineMs = 10_000, as = somebody, meanwhile } = asked
  const target = { http, serviceUrl, signal: AbortSignal.timeout(deadlineMs) }
  const end = (seen: Evidence): End => ({ code: diagnose(seen), limit: limitOf(seen) })
  const { answer: atSignIn, seen, session, pdsUrl = serviceUrl } = await signIn(target, as.identifier, as.password)
  const signedIn = end({
    step: 'connect',
    serviceUrl,
    call: 'createSession',
    answer: atSignIn,
    ...(seen ? { session: seen } : {}),
    ...(identity ? { identity } : {}),
  })
  if (signedIn.code !== 'signed_in' || !session) return signedIn

  const checked = meanwhile ? await meanwhile(session) : session
  const check = { ...target, pdsUrl, session: checked, channelId: 'channel' }
  return end({ ...(await checkOnce(check)).seen, ...(identity ? { identity } : {}) })
}

/** The check of a session that is new and nobody else's. */
export async function checkOnce(
  check: Omit<Check, 'renewsFirst' | 'claim' | 'keep'> & Partial<Check>,
): Promise<Checked> {
  const nobody = { renewsFirst: false, claim: () => Promise.resolve(true), keep: () => Promise.resolve(true) }
  const checked = await checkPosting({ ...nobody, ...check })
  if (checked.kind === 'busy') throw new Error('nobody else was to have the session')
  return checked
}

export async function serving(script: Script, use: (server: ScriptedServer) => Promise<void>): Promise<void> {
  const server = await startScriptedServer(script)
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

const minuteMs = 60_000
const retry = { delaysMs: [minuteMs, 5 * minuteMs, 30 * minuteMs, 60 * minuteMs], giveUpAfterMs: 24 * 60 * minuteMs }

type Meaning = [fixBy: FixBy, status: ChannelStatus, waitMs: number | null]
const good: Meaning = ['user', 'connected', null]
const user: Meaning = ['user', 'action_required', null]
const admin: Meaning = ['admin', 'action_required', null]
const passing: Meaning = ['time', 'retrying', minuteMs]
const limited: Meaning = ['time', 'retrying', 5 * minuteMs]

/** Who can fix it, what the channel becomes, and when it is tried again: said here once more, apart from the catalogue. */
export const means = {
  connected: good,
  test_post_unsupported: good,
  password_kind_unknown: good,
  test_post_published: good,
  app_password_has_dm_access: good,
  bad_credentials: user,
  main_password_used: user,
  two_factor_required: user,
  app_passwords_unsupported: user,
  account_server_blocked: user,
  account_taken_down: user,
  account_suspended: user,
  account_deactivated: user,
  account_unverified: user,
  account_moved: user,
  account_not_here: user,
  account_deleted: user,
  scope_missing: user,
  wrong_account: user,
  token_rejected: user,
  session_revoked: user,
  session_expired: user,
  handle_not_found: user,
  handle_mismatch: user,
  did_unresolvable: ['user', 'retrying', 60 * minuteMs],
  wrong_server: admin,
  not_a_pds: admin,
  pds_address_blocked: admin,
  server_protected: ['admin', 'retrying', minuteMs],
  account_server_protected: passing,
  server_certificate: ['admin', 'retrying', minuteMs],
  account_server_certificate: passing,
  pds_unreachable: passing,
  pds_error: passing,
  identity_lookup_unavailable: passing,
  test_post_left: ['user', 'retrying', 5 * minuteMs],
  signup_pending: ['time', 'retrying', 60 * minuteMs],
  login_rate_limited: limited,
  ip_rate_limited: limited,
  write_rate_limited: limited,
  unknown: ['us', 'retrying', minuteMs],
} satisfies Partial<Record<OutcomeCode, Meaning>>
export type Expected = keyof typeof means

/** To a quarter of a minute: a time that a server named is a moment ago by now. */
const roughly = (ms: number) => Math.round(ms / 15_000) * 15

/** An end as a person sees it, the wait in seconds. */
export function comesTo({ code, limit }: End) {
  const at = new Date()
  const { status, nextTryAt } = decide({ code, failures: 0, submittedAt: at, limit }, retry, at, 0)
  const waitSeconds = nextTryAt && roughly(nextTryAt.getTime() - at.getTime())
  return { code, fixBy: outcomes[code].fixBy, status, waitSeconds }
}

/** @param waitMs where a server named a time */
export function expected(code: Expected, waitMs?: number): ReturnType<typeof comesTo> {
  const [fixBy, status, usualMs] = means[code]
  const ms = waitMs ?? usualMs
  return { code, fixBy, status, waitSeconds: ms === null ? null : roughly(ms) }
}
