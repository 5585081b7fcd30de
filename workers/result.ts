// How a job ended, as one tagged union; the line of the log is made from it and steers nothing.
import type { ChannelStatus } from '../src/contract.ts'
import type { AttemptDoc } from '../src/db/attempts.ts'
import type { OutcomeCode } from '../src/outcomes/catalogue.ts'
import type { Full, Waits } from './gate/gate.ts'

interface Attempted {
  outcome: OutcomeCode
  server: string
  answer: AttemptDoc['answer']
}

export type Result =
  /** an older generation, another step, or not its time yet */
  | { kind: 'skipped' }
  /** no slot: the job goes back into its queue and comes again */
  | { kind: 'parked'; wait: Full }
  /** an open breaker or a rate limit: written down with its time, brought back by the sweep */
  | { kind: 'waits'; wait: Waits }
  | ({ kind: 'kept' | 'settled'; status: ChannelStatus } & Attempted)
  /** the channel is gone, with its session ended or not, or somebody started it anew meanwhile */
  | ({ kind: 'forgotten' | 'overtaken'; ended?: boolean } & Attempted)

export function lineOf(result: Result): object {
  const { kind: end, ...rest } = result
  if (!('wait' in rest)) return { end, ...rest }
  const { wait } = rest
  if (wait.kind === 'full') return { end, waitMs: wait.waitMs }
  return { end, reason: wait.reason, outcome: wait.code, server: wait.origin, waitMs: wait.waitMs }
}
