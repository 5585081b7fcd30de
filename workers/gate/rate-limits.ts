// Rate limits, kept in Redis for all workers together: our budgets of sign-ins, and what a server's 429 named.
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { SignInBudget } from '../../src/config.ts'

interface Check {
  reason: 'rate_limited' | 'over_budget'
  waitMs: number
  giveBack?: () => Promise<unknown>
}

/** @param redis fails fast */
export function createRateLimits(redis: Redis, prefix: string, budgets: SignInBudget[]) {
  const create = (name: string, points: number, duration: number) =>
    new RateLimiterRedis({ storeClient: redis, keyPrefix: `${prefix}:rate-limit:${name}`, points, duration })
  /** What servers named: keys are blocked, points are never taken. */
  const named = create('named', 0, 1)
  const limiters = budgets.map(({ per, host, count, windowSeconds }) => {
    return { per, host, limiter: create(`sign-ins:${per}:${windowSeconds}`, count, windowSeconds) }
  })
  const budgetsOf = (per: SignInBudget['per'], host: string) => {
    const own = limiters.filter((budget) => budget.per === per && budget.host === host)
    return own.length > 0 ? own : limiters.filter((budget) => budget.per === per && budget.host === null)
  }

  const check = async (key: string): Promise<Check> => {
    return { reason: 'rate_limited', waitMs: (await named.get(key))?.msBeforeNext ?? 0 }
  }

  async function take(limiter: RateLimiterRedis, key: string): Promise<Check> {
    try {
      await limiter.consume(key)
      return { reason: 'over_budget', waitMs: 0, giveBack: () => limiter.reward(key) }
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      return { reason: 'over_budget', waitMs: Math.max(1, refused.msBeforeNext) }
    }
  }

  return {
    /** @param identifier of a sign-in, which takes from all its budgets or from none @returns null when it may go */
    async enter(origin: string, identifier?: string): Promise<Check | null> {
      const checks = [check(origin)]
      if (identifier !== undefined) {
        const { host } = new URL(origin)
        checks.push(
          check(identityAt(origin, identifier)),
          ...budgetsOf('server', host).map(({ limiter }) => take(limiter, host)),
          ...budgetsOf('identity', host).map(({ limiter }) => take(limiter, identityAt(host, identifier))),
        )
      }
      const seen = await Promise.all(checks)
      const longest = seen.reduce((one, other) => (other.waitMs > one.waitMs ? other : one))
      if (longest.waitMs === 0) return null
      await Promise.all(seen.flatMap(({ giveBack }) => giveBack?.() ?? []))
      return longest
    },

    /** Holds what a 429 named. @param identifier whose sign-ins have to wait; absent: all that goes there */
    async block(origin: string, identifier: string | undefined, ms: number): Promise<void> {
      const key = identifier === undefined ? origin : identityAt(origin, identifier)
      // The limiter counts in whole seconds, and 0 would block for ever.
      if (ms > 0) await named.block(key, Math.ceil(ms / 1000))
    },
  }
}

/** Identifiers are people's names and of any length: neither belongs into a key. */
const identityAt = (server: string, identifier: string) =>
  `${server}:${createHash('sha256').update(identifier).digest('base64url').slice(0, 22)}`
