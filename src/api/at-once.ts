// Bounds how many calls of a costly kind run at once, in all and of one user; more are refused at once and do not queue.
import { AppError } from '../errors.ts'

/** @returns what takes a place, which is free again when it is disposed of. @throws AppError too_many_requests, busy */
export function atOnce({ inAll, perUser }: { inAll: number; perUser: number }): (userId: string) => Disposable {
  const running = new Map<string, number>()
  let total = 0
  return (userId) => {
    const own = running.get(userId) ?? 0
    if (own >= perUser) {
      throw new AppError('too_many_requests', `At most ${perUser} of these run at once for you: wait for one to end.`, {
        retryAfterSeconds: 5,
      })
    }
    if (total >= inAll) {
      throw new AppError('busy', 'Too many of these run at the moment. Please try again in half a minute.', {
        retryAfterSeconds: 30,
      })
    }
    running.set(userId, own + 1)
    total++
    return {
      [Symbol.dispose]() {
        total--
        const left = (running.get(userId) ?? 1) - 1
        if (left > 0) running.set(userId, left)
        else running.delete(userId)
      },
    }
  }
}
