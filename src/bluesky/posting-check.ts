// The whole check of a kept session: it is renewed, which a server refuses where the session or app password is gone, and then proves that it can post.
import type { Evidence } from '../outcomes/evidence.ts'
import type { Http } from '../http/client.ts'
import { diagnose, outcomes } from '../outcomes/catalogue.ts'
import { provePosting, type ProofOptions } from './posting-proof.ts'
import { endSession, ranOut, readScope, refresh, type Session } from './session.ts'
import { readVersion } from './xrpc.ts'

export interface Check extends Omit<ProofOptions, 'version'> {
  http: Pick<Http, 'fetch'>
  signal: AbortSignal
  channelId: string
  session: Session
  /** origin of the server of the account */
  pdsUrl: string
  /** origin of the server that signed in: that one refreshes, which behind an entryway is another than the account's */
  serviceUrl: string
  /** false for a session that was opened just now: it is renewed where the server takes it no more */
  renewsFirst: boolean
  /** takes the right to renew the session @returns false where another worker has it */
  claim: () => Promise<boolean>
  /** keeps the renewed session: the one before is used up @returns false where the session is the channel's no more */
  keep: (renewed: Session) => Promise<boolean>
}

export interface Checked {
  kind: 'checked'
  seen: Evidence
  durationMs: number
}

/** Another worker renews the session, the channel has another one meanwhile, or Redis does not answer: nothing was found out. */
export interface Busy {
  kind: 'busy'
}

export async function checkPosting(check: Check): Promise<Checked | Busy> {
  const { http, signal, channelId, session, pdsUrl, serviceUrl } = check
  const home = { http, serviceUrl: pdsUrl, signal }
  let asked: Promise<string> | undefined
  const version = () => (asked ??= readVersion(home))
  const prove = async (mine: Session): Promise<Checked> => {
    const { durationMs, testPost, accountState, ...decided } = await provePosting(home, mine, channelId, {
      ...check,
      version,
    })
    const seen: Evidence = { step: 'verify', serviceUrl: pdsUrl, namedByAccount: pdsUrl !== serviceUrl, ...decided }
    if (accountState) seen.accountState = accountState
    if (asked) seen.version = await asked
    if (!testPost) return { kind: 'checked', seen, durationMs }
    return { kind: 'checked', seen: { ...seen, testPost, sessionScope: readScope(mine.accessJwt) }, durationMs }
  }

  const first = check.renewsFirst ? null : await prove(session)
  if (first && !mayHaveExpired(first.seen)) return first
  if (!(await check.claim())) return { kind: 'busy' }
  const target = { http, serviceUrl, signal }
  const renewed = await refresh(target, session)
  const { answer, durationMs } = renewed
  // A server that cannot refresh has said nothing about the app password.
  if (answer.kind === 'error' && [404, 405, 501].includes(answer.status)) return first ?? prove(session)
  const seen: Evidence = { step: 'verify', serviceUrl, call: 'refreshSession', answer }
  if (asked) seen.version = await asked
  if (!renewed.session) return { kind: 'checked', seen: { ...seen, ranOut: ranOut(session, answer) }, durationMs }
  if (renewed.seen && renewed.seen.did !== session.did) {
    return { kind: 'checked', seen: { ...seen, session: renewed.seen, expectedDid: session.did }, durationMs }
  }
  if (await check.keep(renewed.session)) return prove(renewed.session)
  await endSession(target, renewed.session)
  return { kind: 'busy' }
}

/** By name on most; others refuse a session that is over like one that never was (openfederation, rsky, Cirrus, bluepds). */
const mayHaveExpired = (seen: Evidence) =>
  seen.answer.kind === 'error' &&
  (seen.answer.error === 'ExpiredToken' || outcomes[diagnose(seen)].mayBeExpired === true)
