// Decides what an outcome means for the channel: its status, when to try again, and whether the password is kept.
import type { Limit } from '../src/bluesky/evidence.ts'
import { defaultWaitMs } from '../src/bluesky/limits.ts'
import { outcomes, type OutcomeCode } from '../src/bluesky/outcomes.ts'
import type { Config } from '../src/config.ts'
import type { ChannelStatus } from '../src/contract.ts'

export interface Decision {
  status: ChannelStatus
  nextTryAt: Date | null
  keepPassword: boolean
}

/**
 * @param tries passing faults of this step before this one
 * @param random 0 to 1; spreads the next tries, so that those who failed together do not come back together
 */
export function decide(
  { code, tries, submittedAt, limit }: { code: OutcomeCode; tries: number; submittedAt: Date; limit: Limit | null },
  { delaysMs, giveUpAfterMs }: Config['retry'],
  at: Date,
  random = Math.random(),
): Decision {
  const { good, fixBy, retry } = outcomes[code]
  if (good) return { status: 'connected', nextTryAt: null, keepPassword: false }
  const waitMs = {
    never: null,
    once: tries === 0 ? (delaysMs[0] ?? 0) : null,
    backoff: delaysMs[Math.min(tries, delaysMs.length - 1)] ?? null,
    hourly: 3600_000,
    // By now the time that it named may be over.
    named: limit?.endsAt ? Math.max(0, limit.endsAt.getTime() - at.getTime()) : defaultWaitMs(limit?.policy ?? null),
  }[retry]
  if (waitMs !== null) {
    // Never before the time that a server named.
    const nextTryAt = new Date(at.getTime() + Math.round(waitMs * (1 + random / 10)))
    const inTime = nextTryAt.getTime() <= submittedAt.getTime() + giveUpAfterMs
    return inTime
      ? { status: 'retrying', nextTryAt, keepPassword: true }
      : { status: 'failed', nextTryAt: null, keepPassword: false }
  }
  if (fixBy === 'admin') return { status: 'action_required', nextTryAt: null, keepPassword: true }
  return { status: fixBy === 'user' ? 'action_required' : 'failed', nextTryAt: null, keepPassword: false }
}
