// GET /api/me/export: all that is kept of a person, without secrets, as a file: account, sessions, channels with their attempts.
import { pipeline } from 'node:stream/promises'
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import type { ChannelWithAttempts } from '../contract.ts'
import { listAttempts } from '../db/attempts.ts'
import { listOwnChannels } from '../db/own-channels.ts'
import { listSessions } from '../db/sessions.ts'
import { atOnce } from './at-once.ts'
import { requireSession } from './guards.ts'
import { presentAttempt, presentChannel, presentSession } from './present.ts'

const BATCH = 100
const MOST_SESSIONS = 1_000
/** A reader that is too slow for that holds its place no longer. */
const LONGEST_MS = 10 * 60_000

export function exportRoutes(context: ApiContext): Router {
  const { db } = context
  const exporting = atOnce({ inAll: 10, perUser: 1 })

  /** Page by page, with the attempts of each. */
  async function* channelsOf(userId: string): AsyncGenerator<ChannelWithAttempts> {
    let page = await listOwnChannels(db, userId, BATCH)
    for (;;) {
      for (const channel of page) {
        const attempts = await listAttempts(db, channel._id)
        yield { ...presentChannel(channel), attempts: attempts.map(presentAttempt) }
      }
      const last = page.at(-1)
      if (!last || page.length < BATCH) return
      page = await listOwnChannels(db, userId, BATCH, { after: { rank: last.rank, id: last._id.toHexString() } })
    }
  }

  return Router().get('/me/export', async (request, response) => {
    const { id: sessionId, user } = await requireSession(context, request)
    using _place = exporting(user.id)
    const at = new Date()
    const sessions = await listSessions(db, user.id, MOST_SESSIONS)
    const head = {
      exportedAt: at.toISOString(),
      account: user,
      sessions: sessions.map((session) => presentSession(session, sessionId)),
    }
    async function* text() {
      yield `${JSON.stringify(head).slice(0, -1)},"channels":[`
      let between = '\n'
      for await (const channel of channelsOf(user.id)) {
        yield `${between}${JSON.stringify(channel)}`
        between = ',\n'
      }
      yield ']}\n'
    }
    response.set({
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="bluesky-connect-${at.toISOString().slice(0, 10)}.json"`,
    })
    try {
      await pipeline(text, response, { signal: AbortSignal.timeout(LONGEST_MS) })
    } catch (error) {
      // The response has begun: that it breaks off is all that can still be told.
      const tooSlow = error instanceof Error && error.name === 'AbortError'
      if (!response.closed && !tooSlow) request.log.error({ err: error }, 'the export broke off')
      response.destroy()
    }
  })
}
