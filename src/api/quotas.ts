// Quotas: how often a person may do something here, counted in Redis for all API processes, by user and by client address.
import { createHmac } from 'node:crypto'
import type { Request, Response } from 'express'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { ApiConfig, Quota, QuotaName } from '../config.ts'
import type { Context } from '../context.ts'
import { countInStep } from '../db/own-channels.ts'
import { withDeadline } from '../deadline.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { inWords } from '../outcomes/words.ts'
import { networkOf } from './client-address.ts'

/** Longer than that nobody waits for Redis. */
export const REDIS_MS = 200
/** No start of a channel takes as long; what a process that died has left in the count is gone by then. */
const STARTING_SECONDS = 30
/** No step of a channel takes as long: whoever started fewer meanwhile has no more in flight, and nothing is to be counted. */
const STARTED_SECONDS = 24 * 3600
/** A step is over in seconds, most of the time. */
const IN_FLIGHT_WAIT_SECONDS = 5
/** Where the count is of interest, and nothing is refused by it. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER

type Store = Pick<Context<ApiConfig>, 'config' | 'redis'>

/**
 * A limiter on Redis. Without Redis each process counts by itself: nobody is kept out because Redis is away, and nobody
 * has free rein because of it.
 */
export function createLimiter({ config, redis }: Store, name: string, points: number, duration: number) {
  const keyPrefix = `${config.redis.prefix}:quota:${name}`
  const shared = new RateLimiterRedis({ storeClient: redis, keyPrefix, points, duration })
  const own = new RateLimiterMemory({ points, duration })
  // The library's insurance would take over from a Redis that fails, and from one that is silent only with timers that a
  // busy process is too late for.
  const run = <T>(work: (limiter: RateLimiterAbstract) => Promise<T>): Promise<T> =>
    withDeadline(work(shared), REDIS_MS).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) throw error
      return work(own)
    })
  return {
    /** Takes a point where there is one. @param seconds how long it is taken for, where it is not the limiter's own time */
    async consume(key: string, seconds?: number) {
      const options = seconds === undefined ? {} : { customDuration: seconds }
      try {
        return { taken: true, ...read(await run((limiter) => limiter.consume(key, 1, options))) }
      } catch (refused) {
        // The library throws what is not an error.
        if (!(refused instanceof RateLimiterRes)) throw refused
        return { taken: false, ...read(refused) }
      }
    },
    async get(key: string) {
      const found = await run((limiter) => limiter.get(key))
      return found && read(found)
    },
    giveBack: (key: string) => run((limiter) => limiter.reward(key)),
    forget: (key: string) => run((limiter) => limiter.delete(key)),
  }
}

const read = ({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes) => {
  return { consumed: consumedPoints, remaining: remainingPoints, seconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) }
}

/** Neither addresses nor e-mail addresses stand in Redis. */
export const keyFor = ({ config }: Pick<Context<ApiConfig>, 'config'>, ...parts: string[]) =>
  createHmac('sha256', config.authSecret).update(JSON.stringify(parts)).digest('base64url').slice(0, 22)

/** @param detail what was too much; when it goes on is said behind it */
export const tooMuch = (code: ErrorCode, detail: string, retryAfterSeconds: number) =>
  new AppError(code, `${detail} Try again in ${inWords(retryAfterSeconds, 'en')}.`, { retryAfterSeconds })

const refusals = {
  user: ['user_quota_used', 'That was too often in a short time.'],
  address: ['address_quota_used', 'Too much came from your network address in a short time.'],
} as const satisfies Record<Quota['per'], readonly [ErrorCode, string]>

export type Quotas = ReturnType<typeof createQuotas>

export function createQuotas(context: Pick<Context<ApiConfig>, 'config' | 'redis' | 'db'>) {
  const { quotas, inFlight } = context.config.people
  const limiters = quotas.map((quota) => {
    const { what, per, count, windowSeconds } = quota
    return { ...quota, limiter: createLimiter(context, `${what}:${per}:${windowSeconds}`, count, windowSeconds) }
  })
  const starting = createLimiter(context, 'starting', UNLIMITED, STARTING_SECONDS)
  const started = createLimiter(context, 'started', UNLIMITED, STARTED_SECONDS)

  return {
    /**
     * Takes one from every quota of `what`, or from none, and tells in the headers what is left.
     * @throws AppError user_quota_used, address_quota_used
     */
    async take(what: QuotaName, request: Request, response: Response, userId?: string): Promise<void> {
      const keys = { user: userId && keyFor(context, userId), address: keyFor(context, networkOf(request)) }
      const taken: (() => Promise<unknown>)[] = []
      let least = Infinity
      // One after the other: whoever has used up a quota of their own takes none from others at the same address.
      for (const { per, count, limiter } of limiters.filter((quota) => quota.what === what)) {
        const key = keys[per]
        if (!key) continue
        const now = await limiter.consume(key)
        if (now.remaining < least || !now.taken) {
          least = now.remaining
          response.set({
            'RateLimit-Limit': String(count),
            'RateLimit-Remaining': String(now.remaining),
            'RateLimit-Reset': String(now.seconds),
          })
        }
        if (!now.taken) {
          await Promise.all(taken.map((giveBack) => giveBack()))
          const [code, detail] = refusals[per]
          throw tooMuch(code, detail, now.seconds)
        }
        taken.push(() => limiter.giveBack(key))
      }
    },

    /**
     * Starts a channel unless as many of the user are worked on as may be. Those that are being started at the same time,
     * whichever process does it, count among them before they can be found. One may count twice for a moment, none never.
     * @throws AppError too_many_in_flight
     */
    async whileStarting<T>(userId: string, start: () => Promise<T>): Promise<T> {
      const key = keyFor(context, userId)
      const { consumed } = await starting.consume(key)
      try {
        const { consumed: sinceLong } = await started.consume(key)
        const inStep = sinceLong > inFlight ? await countInStep(context.db, userId, inFlight) : 0
        if (inStep + Math.max(1, consumed) > inFlight) {
          throw tooMuch(
            'too_many_in_flight',
            `Already ${inFlight} of your channels are being worked on.`,
            IN_FLIGHT_WAIT_SECONDS,
          )
        }
        return await start()
      } finally {
        await starting.giveBack(key)
      }
    },
  }
}
