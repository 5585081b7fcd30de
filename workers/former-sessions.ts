// Sees to the sessions that a newer one took the place of: each gets a document and a job of its own, which end it.
import { Types } from 'mongoose'
import { leaveSession, type ChannelDoc } from '../src/db/channels.ts'
import { dropFormer, takeFormer } from '../src/db/kept-sessions.ts'
import { enqueue } from '../src/jobs.ts'
import { unsealSession } from './disconnect.ts'
import type { WorkerContext } from './step.ts'

type Needs = Pick<
  WorkerContext,
  'config' | 'db' | 'log' | 'metrics' | 'queues' | 'redis' | 'seal' | 'stores' | 'unseal'
>

/**
 * Of a channel that was claimed, so that the lease of its step brings it about, whatever happens to the worker. The server
 * is asked by the other job: the step does not wait for it.
 */
export async function leaveFormerSessions(context: Needs, channel: ChannelDoc): Promise<void> {
  for (const sealed of channel.secrets?.former ?? []) await leaveFormerSession(context, channel, sealed)
}

async function leaveFormerSession(context: Needs, channel: ChannelDoc, sealed: string): Promise<void> {
  const { db, seal, log } = context
  const former = await unsealSession(context, channel._id, sealed)
  // One that does not say where it began must go nowhere: the channel may go to another server by now.
  if (!former?.serviceUrl) {
    log.warn('a former session cannot be ended: it cannot be opened, or told where it began')
    await dropFormer(db, channel, sealed)
    return
  }
  const text = JSON.stringify(former)
  // Whoever opened it may be slow and not dead.
  const taken = await seal('session', channel._id.toHexString(), text)
  if (!(await takeFormer(db, channel, sealed, taken))) return
  const current = await unsealSession(context, channel._id, channel.secrets?.session)
  // Given out a second time, it is the one that is in use.
  if (current?.refreshJwt !== former.refreshJwt) await endByJob(context, channel, former.serviceUrl, text)
  // A worker that dies before this has it ended twice, which servers take.
  await dropFormer(db, channel, taken)
}

async function endByJob(context: Needs, channel: ChannelDoc, serviceUrl: string, text: string): Promise<void> {
  const { db, seal } = context
  const _id = new Types.ObjectId()
  const { userId, identifier, handle, did, requestId } = channel
  const sealedSession = await seal('session', _id.toHexString(), text)
  const of = { _id, userId, identifier, handle, did, serviceUrl, requestId, sealedSession }
  const { lease } = await leaveSession(db, of, new Date())
  await enqueue(context, 'disconnect', {
    channelId: _id.toHexString(),
    generation: lease.generation,
    userId,
    requestId,
  })
}
