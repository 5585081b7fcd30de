// The gate in front of every server: says whether a step may go there now, or how long it waits, so that one server never stops the others.
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Limit, Step } from '../src/bluesky/evidence.ts'
import { defaultWaitMs } from '../src/bluesky/limits.ts'
import type { OutcomeCode } from '../src/bluesky/outcomes.ts'
import type { Config } from '../src/config.ts'
import { withDeadline } from '../src/deadline.ts'
import { createBudget } from './budget.ts'
import { createHostState, type FaultCode } from './host-state.ts'
import { createPlaces } from './places.ts'

/** Longer than that nobody waits for Redis: the gate is open then. */
const REDIS_MS = 200
/** Those who wait for the same server come back one after the other, this far apart. */
const APART_MS = 20

export interface Visit {
  step: Step
  /** of the server that the step is going to call */
  origin: string
  /** of a sign-in: it has a budget, and a limit of its own */
  identifier?: string
}

/** What a visit told about the server. */
export type Result =
  | { kind: 'answered'; limit?: { scope: 'identity' | 'server'; limit: Limit } }
  | { kind: 'fault'; code: FaultCode }
  /** it was not asked */
  | { kind: 'nothing' }

export type Entered =
  | { go: true; leave(result: Result, at?: Date): Promise<void> }
  /** too many are there already: come again after `waitMs` at the latest, or when `park` calls */
  | { go: false; reason: 'full'; waitMs: number; park(call: () => void): void }
  | { go: false; reason: 'aside' | 'limited' | 'budget'; waitMs: number; code: OutcomeCode }

export interface HostGate {
  enter(visit: Visit, at?: Date): Promise<Entered>
}

interface Options {
  /** fails fast */
  redis: Redis
  config: Pick<Config, 'redis' | 'worker' | 'bluesky'>
  log: Pick<Logger, 'info' | 'warn'>
}

export function createHostGate({ redis, config, log }: Options): HostGate {
  const state = createHostState(redis, config.redis.prefix)
  const places = createPlaces(config.worker.concurrency)
  const budget = createBudget(redis, config.redis.prefix, config.worker.signInBudgets)
  const { timeoutMs } = config.bluesky

  /** MongoDB is the truth: without Redis there is no gate, and no step waits for one. */
  async function ask<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await withDeadline(work(), REDIS_MS)
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'the gate did not reach redis')
      return otherwise
    }
  }

  async function waitIn(line: string, firstMs: number, othersMs: number): Promise<number> {
    const number = await ask(() => state.takeNumber(line), 0)
    return Math.round((number === 0 ? firstMs : othersMs) + (number + Math.random()) * APART_MS)
  }

  /** Asks what all workers know. @returns whether this one is the probe, or why it waits */
  async function askShared({ origin, identifier }: Visit, at: Date): Promise<{ probe: boolean } | (Entered & { go: false })> {
    const look = await ask(() => state.look(origin, identifier, at), { go: true, probe: false })
    if (!look.go) {
      const leftMs = look.endsAt.getTime() - at.getTime()
      if (look.reason === 'limited') {
        const waitMs = await waitIn(look.line, leftMs, leftMs)
        return { go: false, reason: 'limited', waitMs, code: 'waiting_for_place' }
      }
      // The first comes back as the probe, the others when it is likely to be over.
      const probeEndsMs = Math.max(0, leftMs) + timeoutMs
      const waitMs = await waitIn(look.line, look.reason === 'aside' ? leftMs : probeEndsMs, probeEndsMs)
      return { go: false, reason: 'aside', waitMs, code: look.code }
    }
    if (identifier === undefined) return look
    const leftMs = await ask(() => budget.take(origin, identifier), 0)
    if (leftMs === 0) return look
    if (look.probe) await ask(() => state.endProbe(origin), undefined)
    // The windows end with the second in which a counter does.
    const endsAt = Math.ceil((at.getTime() + leftMs) / 1000) * 1000
    const waitMs = await waitIn(`${config.redis.prefix}:host:line:${origin}:budget:${endsAt}`, leftMs, leftMs)
    return { go: false, reason: 'budget', waitMs, code: 'waiting_for_place' }
  }

  async function report(visit: Visit, call: { startedAt: Date; probe: boolean }, result: Result, at: Date) {
    const { origin, identifier } = visit
    if (result.kind === 'fault') {
      const asideMs = await ask(() => state.fault(origin, { ...call, code: result.code }, at), 0)
      if (asideMs > 0) log.warn({ server: origin, reason: result.code, asideMs }, 'server put aside')
      return
    }
    if (result.kind === 'nothing') {
      if (call.probe) await ask(() => state.endProbe(origin), undefined)
      return
    }
    await ask(() => state.alive(origin), undefined)
    if (call.probe) log.info({ server: origin }, 'server is back')
    if (!result.limit) return
    const { scope, limit } = result.limit
    const endsAt = limit.endsAt ?? new Date(at.getTime() + defaultWaitMs(limit.policy))
    await ask(() => state.limit(origin, scope === 'server' ? undefined : identifier, endsAt, at), undefined)
  }

  return {
    async enter(visit, at = new Date()) {
      const key = `${visit.step} ${visit.origin}`
      if (!places.take(key, at)) {
        const waitMs = timeoutMs + places.waiting(key) * APART_MS
        return { go: false, reason: 'full', waitMs, park: (call) => places.park(key, call, new Date()) }
      }
      const shared = await askShared(visit, at).catch((error: unknown) => {
        places.free(key, null, at)
        throw error
      })
      if ('go' in shared && !shared.go) {
        places.free(key, null, at)
        return shared
      }
      const { probe } = shared
      return {
        go: true,
        async leave(result, leftAt = new Date()) {
          await report(visit, { startedAt: at, probe }, result, leftAt)
          places.free(key, result.kind === 'nothing' ? null : result.kind === 'answered', leftAt)
        },
      }
    },
  }
}
