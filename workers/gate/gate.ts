// The gate in front of every server: says whether a step may go there now, or how long it waits, so that one server never stops the others.
import { defaultWaitMs } from '../../src/bluesky/limits.ts'
import type { QueueName } from '../../src/config.ts'
import type { Context } from '../../src/context.ts'
import { withDeadline } from '../../src/deadline.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Limit } from '../../src/outcomes/evidence.ts'
import { createBreakers } from './breaker.ts'
import { createRateLimits } from './rate-limits.ts'
import { createSlots } from './slots.ts'

/** Those who wait for the same thing come back one after the other, this far apart. */
const APART_MS = 20
/** Parked jobs that nobody called come back further apart, because by then the server is likely to hang. */
const PARKED_APART_MS = 40
const MOST_LINES = 1_000

export interface Visit {
  queue: QueueName
  origin: string
  /** of a sign-in: it has a budget, and a limit of its own */
  identifier?: string
  /** that most sign-ins go to, by the setting and not by what an account says of itself */
  isServiceUrl?: boolean
}

/** What a visit told about the server; `nothing` when it was not asked. */
export type Told =
  /** `tookMs`: the call that decided; the whole visit, where it is not said */
  | { kind: 'answered'; tookMs?: number; limit?: { scope: 'identity' | 'server'; limit: Limit } }
  | { kind: 'fault'; code: OutcomeCode }
  | { kind: 'nothing' }

type Reason = 'breaker_open' | 'rate_limited' | 'over_budget'

/** `full`: too many are there already; come again after `waitMs` at the latest, or when called. */
export type Wait =
  | { kind: 'full'; waitMs: number; onSlot(call: () => void): void }
  | { kind: 'waits'; reason: Reason; origin: string; waitMs: number; code: OutcomeCode }

export type Entered = { kind: 'entered'; leave(told: Told, at?: Date): Promise<void> } | Wait

/** `redisMs`: longer than that nobody waits for Redis; without it there are no rate limits */
type Options = Pick<Context, 'redis' | 'config' | 'log'> & { redisMs?: number }
export type Gate = ReturnType<typeof createGate>

/** The steps of one queue share the slots of a server: with slots of their own they could together hold every job of the queue. */
const keyOf = ({ queue, origin }: Visit) => `${queue} ${origin}`

export function createGate({ redis, config, log, redisMs = 200 }: Options) {
  const breakers = createBreakers(log)
  const slots = createSlots(config.worker.concurrency)
  const rateLimits = createRateLimits(redis, config.redis.prefix, config.worker.signInBudgets)
  const { timeoutMs } = config.bluesky
  /** how many in this process wait for the same thing */
  const lines = new Map<string, number>()

  const ask = <T>(work: Promise<T>): Promise<T | null> =>
    withDeadline(work, redisMs).catch((error: Error) => {
      log.warn({ reason: error.message }, 'the gate did not reach redis')
      return null
    })

  /** @param laterMs how much later than the first the others come: it is the trial */
  function waits(
    origin: string,
    reason: Reason,
    code: OutcomeCode,
    leftMs: number,
    now: number,
    laterMs: number,
  ): Wait {
    const line = `${origin} ${reason} ${Math.ceil((now + leftMs) / 1000)}`
    const position = lines.get(line) ?? 0
    if (lines.size >= MOST_LINES) lines.clear()
    lines.set(line, position + 1)
    const first = position === 0 && leftMs > 0
    const waitMs = Math.max(0, leftMs) + (first ? 0 : laterMs) + (position + Math.random()) * APART_MS
    return { kind: 'waits', reason, origin, waitMs: Math.round(waitMs), code }
  }

  function waitForBreaker(look: typeof breakers.mustWait, origin: string, now: number): Wait | null {
    const open = look(origin, now)
    return open && waits(origin, 'breaker_open', open.code, open.openUntil - now, now, timeoutMs)
  }

  async function waitForLimit({ origin, identifier }: Visit, now: number): Promise<Wait | null> {
    const limit = await ask(rateLimits.enter(origin, identifier))
    if (!limit) return null
    breakers.leave(origin, 'nothing', now, now)
    return waits(origin, limit.reason, 'waiting_for_rate_limit', limit.waitMs, now, 0)
  }

  /** A job that nobody calls comes back after `timeoutMs`: all calls that are out now have ended by then. */
  function full(key: string, now: number): Wait {
    const waitMs = timeoutMs + slots.parked(key) * PARKED_APART_MS
    return { kind: 'full', waitMs, onSlot: (call) => slots.park(key, call, now + waitMs, now) }
  }

  function mustWait(visit: Visit, at = new Date()): Wait | null {
    const [key, now] = [keyOf(visit), at.getTime()]
    return waitForBreaker(breakers.mustWait, visit.origin, now) ?? (slots.full(key, now) ? full(key, now) : null)
  }

  async function keepLimit({ origin, identifier }: Visit, told: Told, now: number): Promise<void> {
    if (told.kind !== 'answered' || !told.limit) return
    const { scope, limit } = told.limit
    // An identity's limit must not become the server's: without knowing whose it is, it is left out.
    if (scope === 'identity' && identifier === undefined) return
    const ms = limit.endsAt ? limit.endsAt.getTime() - now : defaultWaitMs(limit.policy)
    await ask(rateLimits.block(origin, scope === 'server' ? undefined : identifier, ms))
  }

  return {
    /** For before a claim, at next to no cost: why it would have to wait, as far as this process knows. */
    mustWait,

    /** false: nobody would have to wait, as far as this process knows */
    crowded: (at = new Date()): boolean => breakers.anyOpen(at.getTime()) || slots.anyFull(at.getTime()),

    /** Takes a moment where a slot is likely to be free soon. */
    async enter(visit: Visit, at = new Date()): Promise<Entered> {
      const known = mustWait(visit, at)
      if (known) return known
      const { origin } = visit
      const key = keyOf(visit)
      const startedAt = await slots.take(key, at.getTime(), visit.isServiceUrl ?? false)
      if (startedAt === null) return full(key, at.getTime())
      const wait = waitForBreaker(breakers.enter, origin, startedAt) ?? (await waitForLimit(visit, startedAt))
      if (wait) {
        slots.leave(key, null, 0, startedAt)
        return wait
      }
      return {
        kind: 'entered',
        async leave(told, leftAt = new Date()) {
          const now = leftAt.getTime()
          breakers.leave(origin, told.kind === 'fault' ? told.code : told.kind, startedAt, now)
          await keepLimit(visit, told, now)
          const { tookMs = now - startedAt } = told.kind === 'answered' ? told : {}
          slots.leave(key, told.kind === 'nothing' ? null : told.kind === 'answered', tookMs, now)
        },
      }
    },
  }
}
