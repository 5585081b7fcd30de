// Reads what an answer says about when to come back, and does not believe nonsense (docs/at-protocol.md §1.4).
import type { Limit } from '../outcomes/evidence.ts'

const LONGEST_MS = 25 * 3600_000

/**
 * `Retry-After` is seconds or a date; `RateLimit-Reset` is epoch seconds, though some servers send seconds from now.
 * A time that is past or more than a day away counts as not said.
 */
export function readLimit(headers: Headers, at: Date): Limit {
  const policy = headers.get('ratelimit-policy')?.trim().slice(0, 100) || null
  const times = [retryAfter(headers.get('retry-after'), at), reset(headers.get('ratelimit-reset'), at)]
  return { policy, endsAt: latest(times, at) }
}

/** Of a server that is closed for a while, or of what stands in front of it: `Retry-After` alone speaks of that. */
export function readPause(headers: Headers, at: Date): Limit | null {
  const endsAt = latest([retryAfter(headers.get('retry-after'), at)], at)
  return endsAt && { policy: null, endsAt }
}

function latest(times: number[], at: Date): Date | null {
  const believable = times.filter((time) => time > at.getTime() && time <= at.getTime() + LONGEST_MS)
  return believable.length > 0 ? new Date(Math.max(...believable)) : null
}

/** To wait out a window of a day is to give up: a password is not kept any longer. */
const LONGEST_WINDOW_MS = 6 * 3600_000

/** When to come back if the server named no time: after the window of its policy, else five minutes. */
export function defaultWaitMs(policy: string | null): number {
  const windowMs = Number(/;\s*w=(\d+)/.exec(policy ?? '')?.[1] ?? NaN) * 1000
  return windowMs > 0 && windowMs <= LONGEST_MS ? Math.min(windowMs, LONGEST_WINDOW_MS) : 300_000
}

function retryAfter(value: string | null, at: Date): number {
  if (!value) return NaN
  return /^\d+$/.test(value.trim()) ? at.getTime() + Number(value) * 1000 : Date.parse(value)
}

function reset(value: string | null, at: Date): number {
  if (!value || !/^\d+$/.test(value.trim())) return NaN
  const seconds = Number(value)
  return seconds > 1_000_000_000 ? seconds * 1000 : at.getTime() + seconds * 1000
}
