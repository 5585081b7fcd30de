// Runs the failed step of one channel again, for its owner or for an admin.
import type { ApiContext } from '../app.ts'
import type { Channel } from '../db/channels.ts'
import { retryOne } from '../db/retries.ts'
import { AppError } from '../errors.ts'
import { startStep } from '../jobs.ts'
import { hasSignedIn, retryOf } from '../outcomes/rules.ts'

const WAITS = 'Nothing is sent before the time of the next try, which comes by itself.'

interface Asked {
  /** the channel as it is now. @throws AppError */
  find: () => Promise<Channel>
  /** @returns where sign-ins go @throws AppError where nothing may run */
  mayRun: () => Promise<string>
  /** where starts are counted */
  counted?: <T>(start: () => Promise<T>) => Promise<T>
  requestId: string
  /** who has to do it where the secret is gone */
  toReconnect: string
}

/**
 * What is under way, or has not failed, is left alone, so that a second click changes nothing.
 * @returns the channel as it is then, and whether this began it
 * @throws AppError channel_busy, channel_not_connected, and what `find` and `mayRun` throw
 */
export async function retryStep(
  context: ApiContext,
  { find, mayRun, counted = (start) => start(), requestId, toReconnect }: Asked,
): Promise<{ channel: Channel; started: boolean }> {
  const channel = await find()
  const at = new Date()
  const can = retryOf(channel, at)
  if (can === null) return { channel, started: false }
  if (can === 'waits') {
    const waitMs = (channel.nextTryAt?.getTime() ?? 0) - at.getTime()
    throw new AppError('channel_busy', WAITS, { retryAfterSeconds: Math.ceil(waitMs / 1000) })
  }
  const serviceUrl = await mayRun()
  const retried = await counted(() => retryOne(context.db, channel, { serviceUrl, requestId, at }))
  if (retried) {
    await startStep(context, retried)
    return { channel: retried, started: true }
  }
  const now = await find()
  // It began by other means meanwhile, and may be over again.
  if (now.revision !== channel.revision) return { channel: now, started: false }
  const gone = hasSignedIn(now) ? 'The session is no longer kept' : 'The app password is no longer kept'
  throw new AppError('channel_not_connected', `${gone}: ${toReconnect} with an app password.`)
}
