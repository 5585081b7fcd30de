// GET /api/channels/events: server-sent events with a channel's new state the moment it changes.
import { createSession } from 'better-sse'
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { findOwnChannel, listOwnChannels } from '../db/channels.ts'
import { AppError } from '../errors.ts'
import type { ChannelChange } from '../events.ts'
import { requireUser } from './guards.ts'
import { presentChannel } from './present.ts'

const STREAMS_PER_USER = 20
const SNAPSHOT_CHANNELS = 100
/** What ends a session is announced; this is for what no announcement tells, such as its age. */
const SESSION_CHECK_MS = 30_000

export function channelEventRoutes(context: ApiContext): Router {
  const { db, changes } = context
  return Router().get('/channels/events', async (request, response) => {
    const user = await requireUser(context, request)
    if (changes.count(user.id) >= STREAMS_PER_USER) {
      throw new AppError('too_many_streams', `At most ${STREAMS_PER_USER} pages can be open at once; close some.`)
    }
    // Of a page that has gone meanwhile, nothing would ever tell the end again.
    if (response.destroyed) return
    const stream = await createSession(request, response, {
      keepAlive: 15_000,
      retry: 2_000,
      headers: { 'X-Accel-Buffering': 'no' },
    })
    if (response.destroyed) return

    const snapshot = async () => {
      const channels = await listOwnChannels(db, user.id, SNAPSHOT_CHANNELS)
      stream.push({ channels: channels.map(presentChannel) }, 'snapshot')
    }
    const change = async ({ channelId, removed }: ChannelChange) => {
      if (removed) return stream.push({ id: channelId, ...removed }, 'removed')
      const channel = await findOwnChannel(db, channelId, user.id)
      if (channel?.live) stream.push(presentChannel(channel), 'channel')
    }
    // One after the other, so that an older state never overtakes a newer one.
    let last = Promise.resolve<unknown>(undefined)
    const next = (work: () => Promise<unknown>) => {
      last = last
        .then(() => (stream.isConnected ? work() : undefined))
        .catch((error: Error) => {
          request.log.warn({ reason: error.message }, 'event stream cut')
          response.end()
        })
    }
    const checkSession = () => next(() => requireUser(context, request))
    const timer = setInterval(checkSession, SESSION_CHECK_MS)
    const stop = changes.listen(user.id, {
      change: (changed) => next(() => change(changed)),
      sessionsEnded: checkSession,
      gap: () => next(snapshot),
      end: () => response.end(),
    })
    response.on('close', () => {
      clearInterval(timer)
      stop()
    })
    next(snapshot)
  })
}
