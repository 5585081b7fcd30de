// Takes a step through the gate to a server, and tells the gate what the step saw there.
import type { Full, HostGate, Result, Visit, Waits } from './gate.ts'
import type { StepEnd } from '../run-job.ts'

/** Faults that are none of the server's: the guard or the request itself was against it. */
const ours = ['blocked', 'unsendable']
/** Faults of a server that does answer, only not as it should: it holds nobody up. */
const answeredOddly = ['redirect', 'header_too_large', 'body_too_large', 'decode_failed', 'protocol_error']

/** What the gate learns from. */
type Seen = Pick<StepEnd, 'code' | 'answer' | 'limit'>

/** @returns what `work` returns, or why it has to wait */
export async function visit<End extends Seen>(
  hosts: HostGate,
  target: Visit,
  work: () => Promise<End>,
): Promise<End | Full | Waits> {
  const entered = await hosts.enter(target)
  if (!entered.go) return entered
  let result: Result = { kind: 'nothing' }
  try {
    const end = await work()
    result = resultOf(end)
    return end
  } finally {
    await entered.leave(result)
  }
}

export function resultOf({ code, answer, limit }: Seen): Result {
  if (!answer) return { kind: 'nothing' }
  const { call, status, detail } = answer
  // Sessions are refreshed where they began, and only when the server of the account refused an old one.
  if (call === 'refreshSession') return { kind: 'answered' }
  if (status === null && ours.includes(detail ?? '')) return { kind: 'nothing' }
  if (status === null && !answeredOddly.includes(detail ?? '')) return { kind: 'fault', code: 'pds_unreachable' }
  if (code === 'pds_error') return { kind: 'fault', code }
  if (limit && code === 'ip_rate_limited') return { kind: 'answered', limit: { scope: 'server', limit } }
  if (limit && code === 'login_rate_limited') return { kind: 'answered', limit: { scope: 'identity', limit } }
  return { kind: 'answered' }
}
