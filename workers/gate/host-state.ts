// What all workers know of a server, kept in Redis: put aside after faults in a row, or limited until a time that it named.
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** Faults in a row after which a server is put aside. */
const FAULTS_IN_A_ROW = 3
/** How long it is put aside: after the first time, the second, …; the last one repeats. */
const ASIDE_MS = [10_000, 30_000, 60_000, 120_000, 300_000, 600_000]
/** Nothing is remembered of a server longer than that after it was last heard of. */
const FORGET_MS = 3600_000
/** A probe whose worker died is given up for the next one; longer than any step may take. */
const PROBE_MS = 70_000

export type FaultCode = 'pds_unreachable' | 'pds_error'

export type Look =
  | { go: true; probe: boolean }
  /** `line`: those who wait for the same thing share it */
  | { go: false; reason: 'limited'; endsAt: Date; line: string }
  | { go: false; reason: 'aside' | 'probed'; endsAt: Date; line: string; code: FaultCode }

// Two workers that look at the same moment must not both become the probe.
const LOOK = `
local now = tonumber(ARGV[1])
local limited = math.max(tonumber(redis.call('GET', KEYS[3]) or '0'), tonumber(redis.call('GET', KEYS[4]) or '0'))
if limited > now then return {'limited', tostring(limited), ''} end
local aside = redis.call('HMGET', KEYS[1], 'endsAt', 'code')
if not aside[1] then return {'go', '0', ''} end
if tonumber(aside[1]) > now then return {'aside', aside[1], aside[2]} end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return {'probe', '0', ''} end
return {'probed', aside[1], aside[2]}`

// A call that began before the server was put aside tells nothing new.
const FAULT = `
local now, startedAt = tonumber(ARGV[1]), tonumber(ARGV[2])
if ARGV[6] == '1' then redis.call('DEL', KEYS[2]) end
if startedAt < tonumber(redis.call('HGET', KEYS[1], 'beganAt') or '0') then return 0 end
local faults = redis.call('HINCRBY', KEYS[1], 'faults', 1)
redis.call('HSET', KEYS[1], 'code', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if faults < tonumber(ARGV[5]) then return 0 end
local times = redis.call('HINCRBY', KEYS[1], 'times', 1)
local ms = tonumber(ARGV[math.min(6 + times, #ARGV)])
redis.call('HSET', KEYS[1], 'beganAt', now, 'endsAt', now + ms)
redis.call('PEXPIRE', KEYS[1], ms + tonumber(ARGV[4]))
return ms`

const NEXT_NUMBER = `
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return number - 1`

/** @param redis fails fast */
export function createHostState(redis: Redis, prefix: string) {
  const key = (kind: string, ...parts: string[]) => [prefix, 'host', kind, ...parts].join(':')
  const limitKey = (origin: string, identifier: string | undefined) =>
    identifier === undefined ? key('limited', origin) : key('limited', origin, fingerprint(identifier))

  return {
    /** @param identifier of a sign-in; a limit of this identity counts for nothing else */
    async look(origin: string, identifier: string | undefined, at: Date): Promise<Look> {
      const keys = [
        key('aside', origin),
        key('probe', origin),
        limitKey(origin, undefined),
        limitKey(origin, identifier),
      ]
      const answer = (await redis.eval(LOOK, keys.length, ...keys, at.getTime(), PROBE_MS)) as [
        string,
        string,
        FaultCode,
      ]
      const [verdict, time, code] = answer
      const endsAt = new Date(Number(time))
      const line = key('line', origin, verdict === 'limited' ? 'limited' : 'aside', time)
      if (verdict === 'limited') return { go: false, reason: verdict, endsAt, line }
      if (verdict === 'aside' || verdict === 'probed') return { go: false, reason: verdict, endsAt, line, code }
      return { go: true, probe: verdict === 'probe' }
    },

    /** The server answered: whatever was held against it is forgotten. */
    async alive(origin: string): Promise<void> {
      await redis.unlink(key('aside', origin), key('probe', origin))
    },

    /** @returns for how long the server is put aside because of this fault; 0 when it is not */
    async fault(
      origin: string,
      call: { code: FaultCode; startedAt: Date; probe: boolean },
      at: Date,
      random = Math.random(),
    ) {
      const pauses = ASIDE_MS.map((ms) => Math.round(ms * (0.9 + random / 5)))
      const keys = [key('aside', origin), key('probe', origin)]
      const fixed = [at.getTime(), call.startedAt.getTime(), call.code, FORGET_MS, FAULTS_IN_A_ROW, call.probe ? 1 : 0]
      return (await redis.eval(FAULT, keys.length, ...keys, ...fixed, ...pauses)) as number
    },

    /** The probe ended without having learnt anything. */
    async endProbe(origin: string): Promise<void> {
      await redis.unlink(key('probe', origin))
    },

    /** @param identifier absent when the limit is one for all that comes from here */
    async limit(origin: string, identifier: string | undefined, endsAt: Date, at: Date): Promise<void> {
      const ms = endsAt.getTime() - at.getTime()
      if (ms > 0) await redis.set(limitKey(origin, identifier), endsAt.getTime(), 'PX', ms)
    },

    /** The place in a line, from 0. */
    takeNumber: async (line: string): Promise<number> => (await redis.eval(NEXT_NUMBER, 1, line, FORGET_MS)) as number,
  }
}

/** Identifiers are people's names and of any length: neither belongs into a key. */
export const fingerprint = (identifier: string) =>
  createHash('sha256').update(identifier).digest('base64url').slice(0, 22)
