// How many sign-ins a server gets from here in a while, counted in Redis for all workers together: fewer than it allows.
import type { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { SignInBudget } from '../../src/config.ts'
import { fingerprint } from './host-state.ts'

/** @param redis fails fast */
export function createBudget(redis: Redis, prefix: string, budgets: SignInBudget[]) {
  const limited = budgets.map((budget) => {
    const { per, count, windowSeconds } = budget
    const keyPrefix = `${prefix}:host:sign-ins:${per}:${windowSeconds}`
    return {
      ...budget,
      limiter: new RateLimiterRedis({ storeClient: redis, points: count, duration: windowSeconds, keyPrefix }),
    }
  })
  const of = (per: SignInBudget['per'], host: string) => {
    const own = limited.filter((budget) => budget.per === per && budget.host === host)
    return own.length > 0 ? own : limited.filter((budget) => budget.per === per && budget.host === null)
  }

  return {
    /** Takes one sign-in. @returns 0, or for how many milliseconds there is none left */
    async take(origin: string, identifier: string): Promise<number> {
      const { host } = new URL(origin)
      const identity = `${host}:${fingerprint(identifier)}`
      // The server's first: those who wait for it shall not use up what their identity has.
      for (const { per, limiter } of [...of('server', host), ...of('identity', host)]) {
        try {
          await limiter.consume(per === 'server' ? host : identity)
        } catch (refused) {
          if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
          throw refused
        }
      }
      return 0
    },
  }
}
