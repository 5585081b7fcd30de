// A channel's session is renewed by one worker at a time, and what was renewed takes its place at once.
import { endOf, type Session } from '../src/bluesky/session.ts'
import type { Channel } from '../src/db/channels.ts'
import { claimRenewal, keepSession } from '../src/db/kept-sessions.ts'
import type { WorkerContext } from './step.ts'

/** After the deadline of the call, before another worker may renew the session. */
const GRACE_MS = 2_000

/** @param sealed the session as it was read; @param serviceUrl origin that opened it, which is the one that renews it */
export const renewalOf = (
  { config, db, seal }: WorkerContext,
  channel: Pick<Channel, '_id'>,
  sealed: string,
  serviceUrl: string,
) => ({
  /** @returns false where another worker has the right, or has used it */
  claim: (at = new Date()): Promise<boolean> => {
    const until = new Date(at.getTime() + config.bluesky.timeoutMs + GRACE_MS)
    return claimRenewal(db, channel, sealed, { at, until })
  },
  /** @returns false where the channel has another session meanwhile */
  async keep(renewed: Session): Promise<boolean> {
    const text = JSON.stringify({ ...renewed, serviceUrl })
    const sealedSession = await seal('session', channel._id.toHexString(), text)
    return keepSession(db, channel, sealed, { sealedSession, sessionEndsAt: endOf(renewed) })
  },
})
