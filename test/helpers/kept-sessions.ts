// Sessions as workers keep them, and what a server says to one.
import { KeptSession } from '../../src/bluesky/session.ts'
import { createUnseal } from '../../workers/unseal.ts'
import type { System } from './system.ts'

export async function sessionOf({ context }: System, channelId: string) {
  const { db, config } = context
  const channel = await db.channels.findById(channelId).select('+secrets').lean()
  const sealed = channel?.secrets?.session ?? ''
  return KeptSession.parse(JSON.parse(await createUnseal(config.unsealingKeys)('session', channelId, sealed)))
}

/** What its server says to the refresh token: 200 as long as the session is open. */
export async function refreshed(pdsUrl: string, { refreshJwt }: { refreshJwt: string }): Promise<number> {
  const headers = { authorization: `Bearer ${refreshJwt}` }
  const response = await fetch(`${pdsUrl}/xrpc/com.atproto.server.refreshSession`, { method: 'POST', headers })
  return response.status
}
