// Holds checks back while a job of a person is in hand in this process, and a moment after: nobody who waits for an answer shares it with them.
import { setTimeout as sleep } from 'node:timers/promises'

/** A verify follows on a sign-in, and one connect often on another. */
const QUIET_MS = 1_000
/** Where people's jobs never end, checks go on all the same. */
const LONGEST_MS = 5_000

/** @param longestMs no check waits longer @param quietMs how long after the last job of a person checks wait */
export function createPeopleFirst(longestMs = LONGEST_MS, quietMs = QUIET_MS) {
  let inHand = 0
  let quietAt = 0
  let { promise: idle, resolve: tellIdle } = Promise.withResolvers<void>()

  async function untilQuiet(until: number): Promise<void> {
    const now = Date.now()
    const isQuiet = inHand === 0 && now >= quietAt
    if (isQuiet || now >= until) return
    if (inHand > 0) await Promise.race([idle, sleep(until - now)])
    else await sleep(Math.min(quietAt, until) - now)
    return untilQuiet(until)
  }

  return {
    async person<T>(work: () => Promise<T>): Promise<T> {
      if (inHand++ === 0) ({ promise: idle, resolve: tellIdle } = Promise.withResolvers<void>())
      try {
        return await work()
      } finally {
        quietAt = Date.now() + quietMs
        if (--inHand === 0) tellIdle()
      }
    },

    async check<T>(work: () => Promise<T>): Promise<T> {
      await untilQuiet(Date.now() + longestMs)
      return work()
    },
  }
}
