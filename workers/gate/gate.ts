// The gate in front of every server: says whether a step may go there now, or how long it waits, so that one server never stops the others.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Limit } from '../../src/outcomes/evidence.ts'
import { defaultWaitMs } from '../../src/bluesky/limits.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Config } from '../../src/config.ts'
import { jobs, type JobName } from '../../src/jobs.ts'
import { createBudget } from './budget.ts'
import { createHostState, type FaultCode, type Look } from './host-state.ts'
import { createPlaces } from './slots.ts'

/** Those who wait for the same server come back one after the other, this far apart. */
const APART_MS = 20
/** Those who found no place and are not called: slower, because by then the server is likely to hang. */
const PARKED_APART_MS = 40
const MOST_REMEMBERED = 1_000
/** A probe may end at any time: this process believes that long that it is still under way. */
const PROBED_MS = 2_000

export interface Visit {
  step: JobName
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

/** Too many are there already: come again after `waitMs` at the latest, or when `park` calls. */
export interface Full {
  go: false
  reason: 'full'
  waitMs: number
  park(call: () => void): void
}

export interface Waits {
  go: false
  reason: 'aside' | 'limited' | 'budget'
  origin: string
  waitMs: number
  code: OutcomeCode
}

export type Entered = { go: true; leave(result: Result, at?: Date): Promise<void> } | Full | Waits

export interface HostGate {
  /** To be called when the step has begun. */
  enter(visit: Visit, at?: Date): Promise<Entered>
  /** For before it begins, at next to no cost: why it would have to wait, as far as this process knows. */
  mustWait(visit: Visit, at?: Date): Promise<Full | Waits | null>
  /** false: nobody would have to wait, as far as this process knows */
  crowded(): boolean
}

type Aside = Extract<Look, { code: FaultCode }>

/** Slots are counted by queue: the steps of one queue share the places of a server, or together they could take every slot. */
const keyOf = ({ step, origin }: Visit) => `${jobs[step].queue} ${origin}`

interface Options {
  /** fails fast */
  redis: Redis
  config: Pick<Config, 'redis' | 'worker' | 'bluesky'>
  log: Pick<Logger, 'info' | 'warn'>
  /** longer than that nobody waits for Redis: the gate is open then */
  redisMs?: number
}

export function createHostGate({ redis, config, log, redisMs = 200 }: Options): HostGate {
  const state = createHostState(redis, config.redis.prefix)
  const places = createPlaces(config.worker.concurrency)
  const budget = createBudget(redis, config.redis.prefix, config.worker.signInBudgets)
  const { timeoutMs } = config.bluesky
  /** servers that are put aside, as they were last seen, and how long that counts without asking */
  const aside = new Map<string, { look: Aside; until: Date }>()

  /** MongoDB is the truth: without Redis there is no gate, and no step waits for one. */
  async function ask<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    // An answer that is here already counts, also when this process itself was too busy to see it in time.
    const late = sleep(redisMs, null, { ref: false }).then(() => nextTurn())
    try {
      return await Promise.race([work(), late.then(() => Promise.reject(new Error('no answer in time')))])
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'the gate did not reach redis')
      return otherwise
    }
  }

  async function waitIn(line: string, firstMs: number, othersMs: number): Promise<number> {
    const number = await ask(() => state.takeNumber(line), 0)
    return Math.round((number === 0 ? firstMs : othersMs) + (number + Math.random()) * APART_MS)
  }

  /** The first comes back as the probe, the others when it is likely to be over. */
  async function waitAside(origin: string, { endsAt, line, code }: Aside, at: Date): Promise<Waits> {
    const leftMs = endsAt.getTime() - at.getTime()
    const othersMs = Math.max(0, leftMs) + timeoutMs
    const waitMs = await waitIn(line, leftMs > 0 ? leftMs : othersMs, othersMs)
    return { go: false, reason: 'aside', origin, waitMs, code }
  }

  /** By the time that it comes by itself, the calls that are out have ended, one way or the other. */
  function full(key: string, at: Date): Full {
    const waitMs = timeoutMs + places.waiting(key, at) * PARKED_APART_MS
    const comesAt = new Date(at.getTime() + waitMs)
    return { go: false, reason: 'full', waitMs, park: (call) => places.park(key, call, comesAt, new Date()) }
  }

  /** Asks what all workers know. */
  async function askShared({ origin, identifier }: Visit, at: Date): Promise<{ go: true; probe: boolean } | Waits> {
    const look = await ask<Look>(() => state.look(origin, identifier, at), { go: true, probe: false })
    if (!look.go) {
      const leftMs = look.endsAt.getTime() - at.getTime()
      if (look.reason === 'limited') {
        const waitMs = await waitIn(look.line, leftMs, leftMs)
        return { go: false, reason: 'limited', origin, waitMs, code: 'waiting_for_rate_limit' }
      }
      if (aside.size >= MOST_REMEMBERED) aside.clear()
      aside.set(origin, { look, until: look.reason === 'aside' ? look.endsAt : new Date(at.getTime() + PROBED_MS) })
      return waitAside(origin, look, at)
    }
    if (identifier === undefined) return look
    const leftMs = await ask(() => budget.take(origin, identifier), 0)
    if (leftMs === 0) return look
    if (look.probe) await ask(() => state.endProbe(origin), undefined)
    // The windows end with the second in which a counter does.
    const endsAt = Math.ceil((at.getTime() + leftMs) / 1000) * 1000
    const waitMs = await waitIn(`${config.redis.prefix}:host:line:${origin}:budget:${endsAt}`, leftMs, leftMs)
    return { go: false, reason: 'budget', origin, waitMs, code: 'waiting_for_rate_limit' }
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
    // Whose limit it is is not known here, and nobody else's is held against a server.
    if (scope === 'identity' && identifier === undefined) return
    const endsAt = limit.endsAt ?? new Date(at.getTime() + defaultWaitMs(limit.policy))
    await ask(() => state.limit(origin, scope === 'server' ? undefined : identifier, endsAt, at), undefined)
  }

  return {
    async enter(visit, at = new Date()) {
      const key = keyOf(visit)
      if (!places.take(key, at)) return full(key, at)
      const shared = await askShared(visit, at).catch((error: unknown) => {
        places.free(key, null, at)
        throw error
      })
      if (!shared.go) {
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

    crowded: () => aside.size > 0 || places.anyFull(new Date()),

    async mustWait(visit, at = new Date()) {
      const { origin } = visit
      const known = aside.get(origin)
      if (known && known.until > at) return waitAside(origin, known.look, at)
      if (known) aside.delete(origin)
      const key = keyOf(visit)
      return places.full(key, at) ? full(key, at) : null
    },
  }
}
