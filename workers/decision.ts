// Decides what an outcome means for the channel: its status, when to try again, and whether the password is kept.
import type { Limit } from '../src/outcomes/evidence.ts'
import { defaultWaitMs } from '../src/bluesky/limits.ts'
import { outcomes, type OutcomeCode } from '../src/outcomes/catalogue.ts'
import type { Config } from '../src/config.ts'
import type { ChannelStatus } from '../src/contract.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { nextLookAt } from '../src/schedule.ts'

export interface Decision {
  status: ChannelStatus
  nextTryAt: Date | null
  keepPassword: boolean
}

/** Of the pauses that a server in trouble names: one that asks for longer is asked before. */
const LONGEST_PAUSE_MS = 3600_000
const LONGEST_SPREAD_MS = 300_000
/** The spread brings no attempt closer than that to the end, when the password is destroyed. */
const LAST_TRY_MS = 60_000

/**
 * @param failures passing faults of this step before this one
 * @param random 0 to 1; spreads the next attempts, so that those who failed together do not come back together
 */
export function decide(
  {
    code,
    failures,
    submittedAt,
    limit,
  }: { code: OutcomeCode; failures: number; submittedAt: Date; limit: Limit | null },
  { delaysMs, giveUpAfterMs }: Config['retry'],
  at: Date,
  random = Math.random(),
): Decision {
  const { good, fixBy, retry } = outcomes[code]
  if (good) return { status: 'connected', nextTryAt: null, keepPassword: false }
  // The time that the server named may have passed meanwhile.
  const namedMs = limit?.endsAt ? Math.max(0, limit.endsAt.getTime() - at.getTime()) : null
  const end = submittedAt.getTime() + giveUpAfterMs
  const delayMs = delaysMs[Math.min(failures, delaysMs.length - 1)]
  const pauseMs = Math.min(namedMs ?? 0, LONGEST_PAUSE_MS, end - at.getTime())
  const waits = {
    once: failures === 0 ? (delaysMs[0] ?? 0) : null,
    backoff: delayMs === undefined ? null : Math.max(delayMs, pauseMs),
    hourly: 3600_000,
    daily: 24 * 3600_000,
    named: namedMs ?? defaultWaitMs(limit?.policy ?? null),
  }
  const waitMs = retry ? waits[retry] : null
  if (waitMs !== null) {
    // Never before the time that a server named, and never too late because of the spread alone.
    const wanted = at.getTime() + waitMs
    if (wanted > end) return { status: 'failed', nextTryAt: null, keepPassword: false }
    const spread = Math.round(Math.min((waitMs * random) / 10, LONGEST_SPREAD_MS))
    const nextTryAt = new Date(Math.min(wanted + spread, Math.max(wanted, end - LAST_TRY_MS)))
    return { status: 'retrying', nextTryAt, keepPassword: true }
  }
  if (fixBy === 'admin') return { status: 'action_required', nextTryAt: null, keepPassword: true }
  return { status: fixBy === 'user' ? 'action_required' : 'failed', nextTryAt: null, keepPassword: false }
}

export type CheckDecision =
  /** as it is: connected, or broken as before */
  | { kind: 'stays'; nextAt: Date }
  /** @see Settled.checkAt */
  | { kind: 'breaks'; code: OutcomeCode; checkAt: Date | null }

/** A fault that passes says nothing of the account, whoever's it is. */
export const passes = (code: OutcomeCode) => outcomes[code].retry !== undefined || outcomes[code].fixBy !== 'user'

/** Of a channel that was connected: it may get well by itself, so it goes on being looked at. */
export const mayGetWell = (code: OutcomeCode) => outcomes[code].mayPass === true || passes(code)

/** A server that is away is asked less and less often. */
const LONGEST_DELAY_MS = 6 * 3600_000

/**
 * What a check that did not go well means for a channel that was connected: a fault that passes means nothing for days.
 * @param limit what the server named
 */
export function decideCheck(
  channel: Pick<ChannelDoc, '_id' | 'lease' | 'fault' | 'brokenSince' | 'outcome'>,
  { code, limit }: { code: OutcomeCode; limit: Limit | null },
  { retry, checks }: Pick<Config, 'retry' | 'checks'>,
  at: Date,
  random = Math.random(),
): CheckDecision {
  const { _id, lease, fault, brokenSince, outcome } = channel
  const lookAt = nextLookAt(_id.toHexString(), checks, at)
  if (brokenSince && (passes(code) || outcome?.code === code)) return { kind: 'stays', nextAt: lookAt }
  const checkAt = mayGetWell(code) ? lookAt : null
  if (!passes(code)) return { kind: 'breaks', code, checkAt }
  const overAt = (fault?.since ?? at).getTime() + checks.giveUpAfterMs
  if (at.getTime() >= overAt) {
    return { kind: 'breaks', code: outcomes[code].fixBy === 'user' ? code : 'check_failing', checkAt }
  }
  const last = retry.delaysMs.at(-1) ?? 0
  const growing = last * 2 ** (lease.failures - retry.delaysMs.length + 1)
  const delayMs = retry.delaysMs[lease.failures] ?? Math.max(last, Math.min(growing, LONGEST_DELAY_MS))
  const namedMs = (limit?.endsAt?.getTime() ?? 0) - at.getTime()
  const waitMs = Math.max(delayMs, namedMs) * (1 + random / 10)
  return { kind: 'stays', nextAt: new Date(Math.round(at.getTime() + waitMs)) }
}
