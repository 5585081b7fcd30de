// GET /api/channels/events: server-sent events with a channel's new state the moment it changes.
import { createSession, type Session } from 'better-sse'
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { findOwnChannel, listOwnChannels } from '../db/own-channels.ts'
import { findRemoval } from '../db/removals.ts'
import { AppError } from '../errors.ts'
import type { ChannelChange } from '../events.ts'
import { requireUser } from './guards.ts'
import { presentChannel, presentRemoval } from './present.ts'

const STREAMS_PER_USER = 20
/** Of one process; each holds a connection and some 50 kB. */
const STREAMS_IN_ALL = 5_000
/** As many as the page shows first: it asks for the others itself. */
const SNAPSHOT_CHANNELS = 25
/** What ends a session is announced; this is for what no announcement tells, such as its age. */
const SESSION_CHECK_MS = 30_000
/** What waits for a page that does not read. Several times what any page is behind by. */
const MOST_WAITING_BYTES = 1024 ** 2

export function channelEventRoutes(context: ApiContext): Router {
  const { db, changes } = context
  return Router().get('/channels/events', async (request, response) => {
    const user = await requireUser(context, request)
    // Of a page that has gone meanwhile, nothing would ever tell the end again.
    if (response.destroyed) return
    if (changes.count(user.id) >= STREAMS_PER_USER) {
      throw new AppError('too_many_streams', `At most ${STREAMS_PER_USER} pages can be open at once; close some.`)
    }
    if (changes.count() >= STREAMS_IN_ALL) {
      throw new AppError('busy', 'Too many pages are open at once. Please try again in a minute.', {
        retryAfterSeconds: 60,
      })
    }

    const snapshot = async (stream: Session) => {
      const channels = await listOwnChannels(db, user.id, SNAPSHOT_CHANNELS)
      stream.push({ channels: channels.map(presentChannel) }, 'snapshot')
    }
    const change = async (stream: Session, { channelId, removed, removalEnded }: ChannelChange) => {
      if (removed) return stream.push({ id: channelId, ...removed }, 'removed')
      if (removalEnded) {
        const removal = await findRemoval(db, channelId, user.id)
        if (removal) stream.push(presentRemoval(removal), 'removal')
        return
      }
      const channel = await findOwnChannel(db, channelId, user.id)
      if (channel?.live) stream.push(presentChannel(channel), 'channel')
    }
    const opened = createSession(request, response, {
      keepAlive: 15_000,
      retry: 2_000,
      headers: { 'X-Accel-Buffering': 'no' },
    })
    // One after the other, so that an older state never overtakes a newer one.
    let last: Promise<unknown> = opened
    const next = (work: (stream: Session) => Promise<unknown>) => {
      last = last
        .then(async () => {
          const stream = await opened
          if (!stream.isConnected || response.destroyed) return
          await work(stream)
          if (response.writableLength <= MOST_WAITING_BYTES) return
          request.log.warn('event stream closed that nobody reads')
          response.destroy()
        })
        .catch((error: Error) => {
          request.log.warn({ reason: error.message }, 'event stream cut')
          response.end()
        })
    }
    const checkSession = () => next(() => requireUser(context, request))
    // Counted in the same breath as it was allowed: several at once would all find the same free place.
    const stop = changes.listen(user.id, {
      change: (changed) => next((stream) => change(stream, changed)),
      sessionsEnded: checkSession,
      gap: () => next(snapshot),
      end: () => response.end(),
    })
    const timer = setInterval(checkSession, SESSION_CHECK_MS)
    response.on('close', () => {
      clearInterval(timer)
      stop()
    })
    next(snapshot)
  })
}
