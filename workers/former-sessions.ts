// Sees to the sessions that a newer one took the place of: each gets a document and a job of its own, which end it.
import { Types } from 'mongoose'
import { leaveSession, type ChannelDoc } from '../src/db/channels.ts'
import { dropFormer } from '../src/db/kept-sessions.ts'
import { enqueue } from '../src/jobs.ts'
import { unsealSession } from './disconnect.ts'
import type { WorkerContext } from './step.ts'

/**
 * Of a channel that was claimed, so that the lease of its step brings it about, whatever happens to the worker. The server
 * is asked by the other job: the step does not wait for it.
 */
export async function leaveFormerSessions(context: WorkerContext, channel: ChannelDoc): Promise<void> {
  for (const sealed of channel.secrets?.former ?? []) {
    await leaveFormerSession(context, channel, sealed)
    // A worker that dies before this has it ended twice, which servers take.
    await dropFormer(context.db, channel, sealed)
  }
}

async function leaveFormerSession(context: WorkerContext, channel: ChannelDoc, sealed: string): Promise<void> {
  const { db, seal, log } = context
  const former = await unsealSession(context, channel._id, sealed)
  // One that does not say where it began must go nowhere: the channel may go to another server by now.
  if (!former?.serviceUrl)
    return log.warn('a former session cannot be ended: it cannot be opened, or told where it began')
  const current = await unsealSession(context, channel._id, channel.secrets?.session)
  // Given out a second time, it is the one that is in use.
  if (current?.refreshJwt === former.refreshJwt) return
  const _id = new Types.ObjectId()
  const { userId, identifier, handle, did, requestId } = channel
  const { serviceUrl } = former
  const sealedSession = await seal('session', _id.toHexString(), JSON.stringify(former))
  const of = { _id, userId, identifier, handle, did, serviceUrl, requestId, sealedSession }
  const { lease } = await leaveSession(db, of, new Date())
  await enqueue(context, 'disconnect', {
    channelId: _id.toHexString(),
    generation: lease.generation,
    userId,
    requestId,
  })
}
