// When a connected channel is checked next: once in every interval, each at a time of its own, and before its session ends.
import { createHash } from 'node:crypto'
import type { Config } from './config.ts'

/** Of a session whose end cannot be read (docs/at-protocol.md §3). */
const SESSION_LASTS_MS = 90 * 24 * 3600_000
/** A channel that is broken goes on being looked at so often where checks are off. */
const DAY_MS = 24 * 3600_000

/** Always the same for a channel, evenly spread over all of them: 0 to 1. */
const placeOf = (channelId: string) => createHash('sha256').update(channelId).digest().readUInt32BE(0) / 2 ** 32

/** The next time that is this channel's own: whatever held up the checks of many, the next ones are even again. */
function ownTime(channelId: string, intervalMs: number, at: number): number {
  const offset = Math.floor(placeOf(channelId) * intervalMs)
  return offset + intervalMs * (Math.floor((at - offset) / intervalMs) + 1)
}

/** @param sessionEndsAt null where it cannot be read */
export function nextCheckAt(
  channelId: string,
  sessionEndsAt: Date | null,
  { intervalMs }: Config['checks'],
  at: Date,
): Date {
  const now = at.getTime()
  const end = sessionEndsAt?.getTime() ?? 0
  const leftMs = end > now ? end - now : SESSION_LASTS_MS
  // Enough time is left for a server that is away for days.
  const beforeEnd = now + Math.round(leftMs * (0.5 + 0.25 * placeOf(channelId)))
  return new Date(intervalMs > 0 ? Math.min(beforeEnd, ownTime(channelId, intervalMs, now)) : beforeEnd)
}

/** Of a channel that is broken in a way that may pass. */
export const nextLookAt = (channelId: string, { intervalMs }: Config['checks'], at: Date): Date =>
  new Date(ownTime(channelId, intervalMs || DAY_MS, at.getTime()))
