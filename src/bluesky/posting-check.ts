// The whole check of a kept session: the posting proof, with one refresh when the server does not take the session any more.
import type { Evidence } from '../outcomes/evidence.ts'
import type { Http } from '../http/client.ts'
import { diagnose, outcomes } from '../outcomes/catalogue.ts'
import { provePosting, type ProofOptions } from './posting-proof.ts'
import { ranOut, readScope, refresh, type Session } from './session.ts'
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
  /** keeps a refreshed session: the one before is used up */
  keep: (session: Session) => Promise<unknown>
}

export interface Checked {
  seen: Evidence
  durationMs: number
}

export async function checkPosting(check: Check): Promise<Checked> {
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
    if (!testPost) return { seen, durationMs }
    return { seen: { ...seen, testPost, sessionScope: readScope(mine.accessJwt) }, durationMs }
  }

  const first = await prove(session)
  if (!mayHaveExpired(first.seen)) return first
  const renewed = await refresh({ http, serviceUrl, signal }, session)
  const { answer, durationMs } = renewed
  // A server that cannot refresh has said nothing about the app password.
  if (answer.kind === 'error' && [404, 405, 501].includes(answer.status)) return first
  const seen: Evidence = { step: 'verify', serviceUrl, call: 'refreshSession', answer }
  if (asked) seen.version = await asked
  if (!renewed.session) return { seen: { ...seen, ranOut: ranOut(session, answer) }, durationMs }
  if (renewed.seen && renewed.seen.did !== session.did) {
    return { seen: { ...seen, session: renewed.seen, expectedDid: session.did }, durationMs }
  }
  await check.keep(renewed.session)
  return prove(renewed.session)
}

/** By name on most; others refuse a session that is over like one that never was (openfederation, rsky, Cirrus, bluepds). */
const mayHaveExpired = (seen: Evidence) =>
  seen.answer.kind === 'error' &&
  (seen.answer.error === 'ExpiredToken' || outcomes[diagnose(seen)].mayBeExpired === true)
