// Rate limits, kept in Redis for all workers together: our budgets of calls and sign-ins, and what a server's 429 named.
import { createHash } from 'node:crypto'
import type { Budget } from '../../src/config.ts'
import { jobs } from '../../src/jobs.ts'
import type { BudgetLeft } from '../../src/metrics/gauges.ts'
import type { RedisConnection } from '../../src/redis.ts'
import type { Visit } from './visit.ts'

/**
 * The part of a budget that one user may use, so that it takes several to use it up for everybody. As much of an
 * identity's is kept for those who were signed in as that identity before: strangers with wrong passwords cannot make
 * its owner wait, however many they are.
 */
const SHARE = 1 / 4

/**
 * The part of a server's budget that checks may use. It is counted apart, of each user too: nobody who connects waits for
 * checks, not for their own either.
 */
const CHECKS_SHARE = 1 / 2

const partOf = (count: number, share: number) => Math.max(1, Math.floor(count * share))

/** In the place of an identity: no handle and no DID is one. */
export const ALL_SIGN_INS = '*'

interface Limit {
  reason: 'rate_limited' | 'over_budget'
  key: string
  /** what may be taken in a window before the next one has to wait */
  most: number
  takes: number
  windowMs: number
}

/** Why a visit has to wait, and how long. */
export interface Refused {
  reason: Limit['reason']
  waitMs: number
  /** of what it waits for */
  key: string
  /** how far apart visits like this one are let through */
  apartMs: number
}

/** Takes from all or from none. @returns which one lasts longest, and for how many milliseconds */
const script = `
  local used = redis.call('MGET', unpack(KEYS))
  local index, longest = 0, 0
  for i, key in ipairs(KEYS) do
    if tonumber(used[i] or 0) >= tonumber(ARGV[3 * i - 2]) then
      local ms = math.max(1, redis.call('PTTL', key))
      if ms > longest then index, longest = i, ms end
    end
  end
  for i, key in ipairs(KEYS) do
    local takes = tonumber(ARGV[3 * i - 1])
    if index == 0 and takes > 0 then
      if used[i] then redis.call('INCRBY', key, takes)
      else redis.call('SET', key, takes, 'PX', ARGV[3 * i]) end
    end
  end
  return { index, longest }`

/** @param redis fails fast */
export function createRateLimits(redis: RedisConnection, prefix: string, budgets: Budget[]) {
  function budgetsOf(per: Budget['per'], { host }: URL): Budget[] {
    const own = budgets.filter((budget) => budget.per === (per === 'other' ? 'server' : per) && budget.host === host)
    return own.length > 0 ? own : budgets.filter((budget) => budget.per === per && budget.host === null)
  }

  const keyOf = (kind: string, ...parts: (string | number)[]) => [prefix, 'rate-limit', kind, ...parts].join(':')

  /** What a server named: nothing is taken from it, it is there or not. */
  const named = (key: string): Limit => ({ reason: 'rate_limited', key, most: 1, takes: 0, windowMs: 0 })
  const namedKey = (origin: string, identity = '') => keyOf('named', origin, hash(identity))

  function limitsOf(visit: Visit): Limit[] {
    const { job, origin, refreshesAt, serviceUrl, userId, identity, isOwner } = visit
    const within = (key: string, { count, windowSeconds }: Budget, takes: number, isKept = false): Limit[] => {
      const share = partOf(count, SHARE)
      const limit = { reason: 'over_budget' as const, takes, windowMs: windowSeconds * 1000 }
      const all = { ...limit, key, most: isKept ? Math.max(1, count - share) : count }
      if (job !== 'check') return [all, { ...limit, key: `${key}:${userId}`, most: share }]
      const checks = { ...limit, key: `${key}:checks`, most: partOf(count, CHECKS_SHARE) }
      return [all, checks, { ...limit, key: `${checks.key}:${userId}`, most: partOf(checks.most, SHARE) }]
    }
    const ofServer = (at: string, calls: number) =>
      budgetsOf(at === serviceUrl ? 'server' : 'other', new URL(at)).flatMap((budget) =>
        within(keyOf('server', budget.windowSeconds, at), budget, calls),
      )
    const ofAll = [
      named(namedKey(origin)),
      ...ofServer(origin, jobs[job].calls + (refreshesAt === origin ? 1 : 0)),
      ...(refreshesAt && refreshesAt !== origin ? ofServer(refreshesAt, 1) : []),
    ]
    if (job !== 'connect') return ofAll
    const ofIdentity = budgetsOf('identity', new URL(origin)).flatMap((budget) =>
      within(keyOf('identity', budget.windowSeconds, origin, hash(identity)), budget, 1, !isOwner),
    )
    const namedToSignIns = [ALL_SIGN_INS, identity].map((whose) => named(namedKey(origin, whose)))
    return [...ofAll, ...namedToSignIns, ...ofIdentity]
  }

  return {
    /** @returns null when it may go */
    async enter(visit: Visit): Promise<Refused | null> {
      const limits = limitsOf(visit)
      const keys = limits.map(({ key }) => key)
      const numbers = limits.flatMap(({ most, takes, windowMs }) => [most, takes, windowMs])
      const [index, waitMs] = (await redis.eval(script, keys.length, ...keys, ...numbers)) as [number, number]
      const limit = limits[index - 1]
      if (!limit) return null
      const { reason, key, takes, most, windowMs } = limit
      return { reason, waitMs, key, apartMs: (windowMs * takes) / most }
    },

    /** What the budget of all calls to the Service URL has left. */
    async left(serviceUrl: string): Promise<BudgetLeft[]> {
      const ofServer = budgetsOf('server', new URL(serviceUrl))
      const used = await redis.mget(ofServer.map(({ windowSeconds }) => keyOf('server', windowSeconds, serviceUrl)))
      return ofServer.map(({ count, windowSeconds }, index) => {
        return { windowSeconds, most: count, left: Math.max(0, count - Number(used[index] ?? 0)) }
      })
    },

    /** Holds what a 429 named. @param identity whose sign-ins have to wait, or `ALL_SIGN_INS`; absent: all that goes there */
    async block(origin: string, identity: string | undefined, ms: number): Promise<void> {
      if (ms > 0) await redis.set(namedKey(origin, identity), 1, 'PX', Math.ceil(ms))
    },
  }
}

/** Identities are people's names and of any length: neither belongs into a key. */
const hash = (identity: string) => identity && createHash('sha256').update(identity).digest('base64url').slice(0, 22)
