// The gate in front of every server: says whether a step may go there now, or how long it waits, so that one server never stops the others.
import { defaultWaitMs } from '../../src/bluesky/limits.ts'
import type { Context } from '../../src/context.ts'
import { withDeadline } from '../../src/deadline.ts'
import { jobs, type StepQueue } from '../../src/jobs.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Limit } from '../../src/outcomes/evidence.ts'
import type { OutcomeParams } from '../../src/outcomes/words.ts'
import { createBreakers, type Fault, type IsUp } from './breaker.ts'
import { ALL_SIGN_INS, createRateLimits, type Refused } from './rate-limits.ts'
import { createSlots, type Slots } from './slots.ts'
import type { Visit } from './visit.ts'

/** Those who wait for the same thing come back one after the other, this far apart. */
const APART_MS = 20
/** Parked jobs that nobody called come back further apart, because by then the server is likely to hang. */
const PARKED_APART_MS = 40
const MOST_LINES = 1_000
/** Of a check; a longer line would be that of channels that have their next check before their turn. */
const LONGEST_TURN_MS = 24 * 3600_000

/** The share of the jobs in hand of a queue that may be at one server that answers. */
const PROVEN_SHARE = 0.8
/** For a server that has not answered yet, or not since it kept silent. */
const UNPROVEN_SLOTS = 3
/** The share that may be one user's: however his servers hang, there is room for others. */
const USER_SHARE = 0.5

/** What a visit told about the server; `nothing` when it was not asked. */
export type Told =
  /** `tookMs`: the call that decided; the whole visit, where it is not said */
  | { kind: 'answered'; tookMs?: number; limit?: { scope: 'identity' | 'server'; limit: Limit } }
  | ({ kind: 'fault' } & Fault)
  | { kind: 'nothing' }

type Reason = 'breaker_open' | 'rate_limited' | 'over_budget'

/** Too many are there already; come again after `waitMs` at the latest, or when called. */
export type Full = { kind: 'full'; waitMs: number; onSlot(call: () => void): void }
export type Waits = {
  kind: 'waits'
  reason: Reason
  origin: string
  waitMs: number
  code: OutcomeCode
  names?: OutcomeParams
}
type Wait = Full | Waits
export type Entered = { kind: 'entered'; leave(told: Told, at?: Date): Promise<void> } | Wait
/** Of a user's job in hand. */
export type Place = { kind: 'taken'; leave(at?: Date): void } | Full

/** `redisMs`: longer than that nobody waits for Redis; without it there are no rate limits */
type Options = Pick<Context, 'redis' | 'config' | 'log' | 'stores'> & { redisMs?: number }
export type Gate = ReturnType<typeof createGate>

/** The steps of one queue share the slots of a server: with slots of their own they could together hold every job of the queue. */
const keyOf = ({ job, origin }: Pick<Visit, 'job' | 'origin'>) => `${jobs[job].queue} ${origin}`

/** @param isUp asks a server whether it is there */
export function createGate({ redis, config, log, stores, redisMs = 200 }: Options, isUp: IsUp) {
  const breakers = createBreakers(log, isUp)
  const shareOf = (share: number) => Math.max(1, Math.floor(config.worker.concurrency * share))
  const most = shareOf(PROVEN_SHARE)
  const unproven = Math.min(UNPROVEN_SLOTS, most)
  const slots = createSlots({ proven: most, unproven, patienceMs: 2_000, provenForMs: 600_000 })
  const mine = shareOf(USER_SHARE)
  const places = createSlots({ proven: mine, unproven: mine, patienceMs: 500, provenForMs: 0 })
  const rateLimits = createRateLimits(redis, config.redis.prefix, config.worker.budgets)
  const { timeoutMs } = config.bluesky
  /** how many in this process wait for the same thing */
  const lines = new Map<string, number>()
  /** when the next check has its turn that waits for a budget, by that budget */
  const turns = new Map<string, number>()

  const ask = <T>(work: Promise<T>): Promise<T | null> =>
    withDeadline(work, redisMs).catch((error: Error) => {
      stores.redis.report(error, 'the gate did not reach redis')
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
  ): Waits {
    const line = `${origin} ${reason} ${Math.ceil((now + leftMs) / 1000)}`
    const position = lines.get(line) ?? 0
    if (lines.size >= MOST_LINES) lines.clear()
    lines.set(line, position + 1)
    const first = position === 0 && leftMs > 0
    const waitMs = Math.max(0, leftMs) + (first ? 0 : laterMs) + (position + Math.random()) * APART_MS
    return { kind: 'waits', reason, origin, waitMs: Math.round(waitMs), code }
  }

  const waitsForBreaker = (origin: string, open: ReturnType<typeof breakers.mustWait>, now: number): Wait | null =>
    open && { ...waits(origin, 'breaker_open', open.code, open.openUntil - now, now, timeoutMs), names: open.names }

  /**
   * Checks that wait for a budget come back no faster than it lets them through: thousands that are due at once would
   * otherwise all be refused again as soon as its window ends.
   */
  function takeTurn({ key, waitMs, apartMs }: Refused, now: number): number {
    const turnAt = Math.max(now + waitMs, turns.get(key) ?? 0)
    if (turns.size >= MOST_LINES) turns.clear()
    turns.set(key, Math.min(turnAt + apartMs, now + LONGEST_TURN_MS))
    return Math.round(turnAt - now)
  }

  async function waitForLimit(visit: Visit, now: number): Promise<Wait | null> {
    const limit = await ask(rateLimits.enter(visit))
    if (!limit) return null
    const { origin, job } = visit
    const { reason } = limit
    const code = 'waiting_for_rate_limit'
    if (job === 'check' && reason === 'over_budget') {
      return { kind: 'waits', reason, origin, waitMs: takeTurn(limit, now), code }
    }
    return waits(origin, reason, code, limit.waitMs, now, 0)
  }

  /** A job that nobody calls comes back after `timeoutMs`: all calls that are out now have ended by then. */
  function full(of: Slots, key: string, now: number): Full {
    const waitMs = timeoutMs + of.parked(key) * PARKED_APART_MS
    return { kind: 'full', waitMs, onSlot: (call) => of.park(key, call, now + waitMs, now) }
  }

  function mustWait(visit: Pick<Visit, 'job' | 'origin'>, at = new Date()): Wait | null {
    const [key, now] = [keyOf(visit), at.getTime()]
    const wait = waitsForBreaker(visit.origin, breakers.mustWait(visit.origin, now), now)
    return wait ?? (slots.full(key, now) ? full(slots, key, now) : null)
  }

  async function keepLimit({ job, origin, identity }: Visit, told: Told, now: number): Promise<void> {
    if (told.kind !== 'answered' || !told.limit) return
    const { scope, limit } = told.limit
    // An identity's limit holds for its sign-ins alone.
    if (scope === 'identity' && job !== 'connect') return
    const ms = limit.endsAt ? limit.endsAt.getTime() - now : defaultWaitMs(limit.policy)
    // A sign-in that was limited without a policy met the limit of an address, which other calls do not count for.
    const everybody = job === 'connect' && !limit.policy ? ALL_SIGN_INS : undefined
    await ask(rateLimits.block(origin, scope === 'server' ? everybody : identity, ms))
  }

  return {
    /** For before a claim, at next to no cost: why it would have to wait, as far as this process knows. */
    mustWait,

    /** false: nobody would have to wait, as far as this process knows */
    crowded: (at = new Date()): boolean => breakers.anyOpen(at.getTime()) || slots.anyFull(at.getTime()),

    openBreakers: breakers.listOpen,

    /** For metrics. */
    budgetsLeft: (serviceUrl: string) => ask(rateLimits.left(serviceUrl)),

    /** Of the jobs in hand, for one of this user. Takes a moment where one of them is likely to end soon. */
    async takePlace(queue: StepQueue, userId: string, at = new Date()): Promise<Place> {
      const key = `${queue} ${userId}`
      const takenAt = await places.take(key, at.getTime(), true)
      if (takenAt === null) return full(places, key, at.getTime())
      return {
        kind: 'taken',
        leave: (leftAt = new Date()) => places.leave(key, true, leftAt.getTime() - takenAt, leftAt.getTime()),
      }
    },

    /** Takes a moment where a slot is likely to be free soon, and longer where it comes to the trial. */
    async enter(visit: Visit, at = new Date()): Promise<Entered> {
      const known = mustWait(visit, at)
      if (known) return known
      const { origin, serviceUrl } = visit
      const key = keyOf(visit)
      const startedAt = await slots.take(key, at.getTime(), origin === serviceUrl)
      if (startedAt === null) return full(slots, key, at.getTime())
      const open = waitsForBreaker(origin, await breakers.enter(origin, startedAt), startedAt)
      const wait = open ?? (await waitForLimit(visit, startedAt))
      if (wait) {
        slots.leave(key, null, 0, startedAt)
        return wait
      }
      return {
        kind: 'entered',
        async leave(told, leftAt = new Date()) {
          const now = leftAt.getTime()
          if (told.kind === 'answered') breakers.answered(origin)
          if (told.kind === 'fault') breakers.fault(visit, told, startedAt, now)
          await keepLimit(visit, told, now)
          const { tookMs = now - startedAt } = told.kind === 'answered' ? told : {}
          const keptSilent = told.kind === 'fault' && told.code === 'pds_unreachable'
          slots.leave(key, told.kind === 'nothing' ? null : !keptSilent, tookMs, now)
        },
      }
    },
  }
}
