// Ends the session of a removed channel on its server and forgets the channel.
import { endSession, Session } from '../src/bluesky/session.ts'
import { findRemoved, forgetChannel, retryRemoved } from '../src/db/channels.ts'
import { SealError } from '../src/secrets.ts'
import type { JobHandler } from './run-job.ts'

export const disconnect: JobHandler = async ({ db, http, secrets, config }, { channelId, run }, signal) => {
  const channel = await findRemoved(db, channelId, run)
  if (!channel) return { skipped: 'nothing to do' }
  const ended = await endItsSession()
  const delayMs = config.retry.delaysMs[channel.tries]
  if (ended?.answer.kind === 'fault' && delayMs !== undefined) {
    await retryRemoved(db, channel, new Date(Date.now() + delayMs))
    return { ended: false, reason: ended.answer.fault.reason }
  }
  await forgetChannel(db, channel)
  return { ended: true }

  async function endItsSession() {
    const sealed = channel?.secrets?.session
    if (!channel || !sealed) return null
    try {
      const session = Session.parse(JSON.parse(await secrets.open('session', channelId, sealed)))
      return await endSession({ http, serviceUrl: channel.serviceUrl, signal }, session)
    } catch (error) {
      // A session that cannot be opened any more cannot be ended either.
      if (error instanceof SealError) return null
      throw error
    }
  }
}
