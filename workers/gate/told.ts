// What an attempt or a trial told the gate about a server: it answered, it limits, or it is in trouble.
import { call } from '../../src/bluesky/xrpc.ts'
import type { Http } from '../../src/http/client.ts'
import { limitOf, type Call } from '../../src/outcomes/evidence.ts'
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { answerSeen, wallOf } from '../../src/outcomes/reasons.ts'
import type { Seen } from '../step.ts'
import type { Told } from './gate.ts'

/** Faults of requests that were never sent: they tell nothing about the server. */
const ours = ['blocked', 'unsendable']
/** Faults of a server that does answer, only not as it should: it holds nobody up. */
const answeredOddly = ['redirect', 'header_too_large', 'body_too_large', 'decode_failed', 'protocol_error']

/** Calls that may go to another server than the visit. */
const onTheWay: Call[] = ['refreshSession', 'listAppPasswords', 'revokeAppPassword']

/** @param origin of the visit: behind an entryway another one renews the session */
export function toldBy(
  { seen, durationMs }: Pick<Seen, 'seen' | 'durationMs'>,
  code: OutcomeCode,
  origin: string,
): Told {
  const { call, answer } = seen
  const answered = { kind: 'answered' as const, ...(durationMs === null ? {} : { tookMs: durationMs }) }
  if (onTheWay.includes(call) && seen.serviceUrl !== origin) return { kind: 'nothing' }
  const { serverFault, limits: scope } = outcomes[code]
  const names = answerSeen(seen)
  if (answer.kind === 'fault') {
    const { reason } = answer.fault
    if (ours.includes(reason)) return { kind: 'nothing' }
    if (!answeredOddly.includes(reason) && !serverFault) return { kind: 'fault', code: 'pds_unreachable', names }
  }
  if (serverFault) return { kind: 'fault', code, names }
  const limit = limitOf(seen)
  return limit && scope ? { ...answered, limit: { scope, limit } } : answered
}

/**
 * The trial of a half-open breaker: a call of our own, so that nobody's password goes where it may be lost.
 * @param code why it opened: a wall that came later is told by whoever meets it
 */
export async function isUp(
  http: Pick<Http, 'fetch'>,
  serviceUrl: string,
  timeoutMs: number,
  code: OutcomeCode,
): Promise<boolean> {
  const signal = AbortSignal.timeout(timeoutMs)
  const { answer } = await call({ http, serviceUrl, signal }, (agent) => agent.com.atproto.server.describeServer())
  if (outcomes[code].serverFault === 'kept_out' && wallOf(answer, serviceUrl)) return false
  if (answer.kind === 'fault') return [...ours, ...answeredOddly].includes(answer.fault.reason)
  // It need not have that method.
  return answer.status < 500 || answer.status === 501
}
