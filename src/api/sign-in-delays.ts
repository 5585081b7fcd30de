// Delays for passwords that are tried: they grow with the failed tries for one account, and lock nobody out.
//
// Counted is before the password is looked at, so tries that race count each; a right password gives its count back.
// - By account and address, or session where somebody is signed in: five tries are free, then each has to wait, from two
//   seconds to a quarter of an hour. Strangers have addresses of their own, so theirs do not delay the owner.
// - By account over all addresses, for guesses from many places: a hundred a day are free, then one goes through every few
//   seconds, at most every minute. It does not count, and does not hold back, an address from which the account has signed
//   in before. An owner at a new address, while somebody guesses from many, waits for a turn like the others.
// An account that does not exist is delayed like one that does.
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { withDeadline } from '../deadline.ts'
import { createLimiter, keyFor, REDIS_MS, tooMuch, UNLIMITED } from './quotas.ts'

const DAY_SECONDS = 24 * 3600
const KNOWN_SECONDS = 90 * DAY_SECONDS

type Store = Pick<Context<ApiConfig>, 'config' | 'redis'>

interface Growth {
  /** failed tries of a day that nobody has to wait after */
  free: number
  /** wait after the first that is not; it doubles with each */
  firstSeconds: number
  mostSeconds: number
}

function createDelay(context: Store, name: string, { free, firstSeconds, mostSeconds }: Growth) {
  const tries = createLimiter(context, `tries:${name}`, UNLIMITED, DAY_SECONDS)
  /** Of those that come at the same time, one has the turn. */
  const turns = createLimiter(context, `turn:${name}`, 1, firstSeconds)
  return {
    /** Counts a try. @returns seconds to wait, where it may not go now: then it does not count */
    async begin(key: string): Promise<number> {
      const turn = await turns.get(key)
      if (turn) return turn.seconds
      const { consumed } = await tries.consume(key)
      const over = consumed - free
      if (over <= 0) return 0
      const { taken, seconds } = await turns.consume(key, Math.min(mostSeconds, firstSeconds * 2 ** (over - 1)))
      if (taken) return 0
      await tries.giveBack(key)
      return seconds
    },
    giveBack: tries.giveBack,
    forget: (key: string) => Promise.all([tries.forget(key), turns.forget(key)]),
  }
}

export interface Try {
  email: string
  network: string
  /** of somebody who is signed in and says the password once more */
  sessionId?: string | undefined
}

export function createSignInDelays(context: Store) {
  const { config, redis } = context
  const here = createDelay(context, 'here', { free: 5, firstSeconds: 2, mostSeconds: 900 })
  const anywhere = createDelay(context, 'anywhere', { free: 100, firstSeconds: 2, mostSeconds: 60 })

  return {
    /** @returns what to do when the password was right @throws AppError sign_in_delayed */
    async begin({ email, network, sessionId }: Try): Promise<() => Promise<void>> {
      // As the library looks it up.
      const account = email.toLowerCase()
      const hereKey = sessionId ? keyFor(context, account, 'session', sessionId) : keyFor(context, account, network)
      const anywhereKey = keyFor(context, account)
      const knownKey = `${config.redis.prefix}:quota:known:${hereKey}`
      const isKnown = async () => {
        if (sessionId) return true
        return (await withDeadline(redis.exists(knownKey), REDIS_MS).catch(() => 0)) === 1
      }
      const delayed = (seconds: number) =>
        tooMuch('sign_in_delayed', 'Too many passwords were tried for this account.', seconds)

      const waitHere = await here.begin(hereKey)
      if (waitHere > 0) throw delayed(waitHere)
      const counts = !(await isKnown())
      const waitAnywhere = counts ? await anywhere.begin(anywhereKey) : 0
      if (waitAnywhere > 0) {
        await here.giveBack(hereKey)
        throw delayed(waitAnywhere)
      }
      return async () => {
        const remember = sessionId
          ? undefined
          : withDeadline(redis.set(knownKey, '1', 'EX', KNOWN_SECONDS), REDIS_MS).catch(() => undefined)
        await Promise.all([here.forget(hereKey), counts && anywhere.giveBack(anywhereKey), remember])
      }
    },
  }
}
