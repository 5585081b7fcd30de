// Holds checks back while a job of a person is in hand in this process: nobody who waits for an answer shares it with them.
import { setTimeout as sleep } from 'node:timers/promises'

/** Where people's jobs never end, checks go on all the same. */
const LONGEST_MS = 2_000

/** @param longestMs no check waits longer */
export function createPeopleFirst(longestMs = LONGEST_MS) {
  let inHand = 0
  let { promise: idle, resolve: tellIdle } = Promise.withResolvers<void>()
  tellIdle()

  return {
    async person<T>(work: () => Promise<T>): Promise<T> {
      if (inHand++ === 0) ({ promise: idle, resolve: tellIdle } = Promise.withResolvers<void>())
      try {
        return await work()
      } finally {
        if (--inHand === 0) tellIdle()
      }
    },

    async check<T>(work: () => Promise<T>): Promise<T> {
      if (inHand > 0) await Promise.race([idle, sleep(longestMs)])
      return work()
    },
  }
}
