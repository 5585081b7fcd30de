// What a check that did not go well means for a channel that was connected: nothing while it may pass, for days.
import { Types } from 'mongoose'
import { describe, expect, test } from 'vitest'
import { readWorkerConfig } from '../../src/config.ts'
import type { ChannelDoc, Fault, StoredOutcome } from '../../src/db/channels.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { nextLookAt } from '../../src/schedule.ts'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { decideCheck } from '../../workers/decision.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
const AT = new Date('2026-11-27T10:00:00Z')
const before = (ms: number) => new Date(AT.getTime() - ms)
const config = readWorkerConfig({
  MONGODB_URL: 'mongodb://127.0.0.1/unused',
  REDIS_URL: 'redis://127.0.0.1/0',
  ...newSealingKeys(),
})
const _id = new Types.ObjectId()
const lookAt = nextLookAt(_id.toHexString(), config.checks, AT)

type Checked = Pick<ChannelDoc, '_id' | 'lease' | 'fault' | 'brokenSince' | 'outcome'>
const outcomeOf = (code: OutcomeCode): StoredOutcome => ({ code, step: 'verify', params: {}, at: before(HOUR_MS) })
const lease = (failures: number) => ({ generation: 1, claims: 1, failures })
const well: Checked = { _id, lease: lease(0), outcome: outcomeOf('connected') }
/** @param failures passing faults in a row before this one, the first of them `ms` ago */
const failingFor = (ms: number, failures: number, code: OutcomeCode = 'pds_unreachable'): Checked => {
  const fault: Fault = { ...outcomeOf(code), since: before(ms) }
  return { ...well, lease: lease(failures), fault }
}
const brokenBy = (code: OutcomeCode): Checked => ({
  ...well,
  outcome: outcomeOf(code),
  brokenSince: before(2 * DAY_MS),
})

const decide = (channel: Checked, code: OutcomeCode, endsAt?: Date, random = 0) =>
  decideCheck(channel, { code, limit: endsAt ? { policy: null, endsAt } : null }, config, AT, random)
const waitOf = (...args: Parameters<typeof decide>) => {
  const decision = decide(...args)
  if (decision.kind !== 'stays') throw new Error(`it breaks: ${decision.code}`)
  return decision.nextAt.getTime() - AT.getTime()
}

describe('a fault that passes', () => {
  test('leaves the channel as it is, and is tried again after waits that grow from a minute to six hours', () => {
    const waits = Array.from({ length: 10 }, (_, failures) => waitOf(failingFor(HOUR_MS, failures), 'pds_unreachable'))
    const minutes = waits.map((ms) => ms / 60_000)
    expect(minutes).toEqual([1, 5, 30, 60, 120, 240, 360, 360, 360, 360])
  })

  test('makes those who failed together come back apart, and none too early', () => {
    for (const random of [0, 0.3, 1]) {
      expect(waitOf(well, 'pds_error', undefined, random)).toBe(60_000 * (1 + random / 10))
    }
  })

  test.each<OutcomeCode>(['pds_unreachable', 'pds_error', 'write_rate_limited', 'server_protected', 'unknown'])(
    'breaks nothing on its first day, whoever is to blame: %s',
    (code) => {
      expect(decide(failingFor(23 * HOUR_MS, 8, code), code).kind).toBe('stays')
    },
  )

  test('is not asked about before the time that the server named', () => {
    const named = new Date(AT.getTime() + 3 * HOUR_MS)
    expect(waitOf(well, 'write_rate_limited', named)).toBe(3 * HOUR_MS)
    expect(waitOf(failingFor(DAY_MS, 9), 'write_rate_limited', named)).toBe(6 * HOUR_MS)
    expect(waitOf(well, 'write_rate_limited', before(HOUR_MS))).toBe(60_000)
  })

  test('counts as a breakage after five days, and not a second before', () => {
    const fiveDays = 5 * DAY_MS
    expect(decide(failingFor(fiveDays - SECOND_MS, 20), 'pds_unreachable').kind).toBe('stays')
    expect(decide(failingFor(fiveDays, 20), 'pds_unreachable')).toEqual({
      kind: 'breaks',
      code: 'check_failing',
      checkAt: lookAt,
    })
  })

  test('goes by the first of the faults in a row, whatever they were', () => {
    const changed = failingFor(5 * DAY_MS, 20, 'pds_error')
    expect(decide(changed, 'pds_unreachable')).toMatchObject({ kind: 'breaks', code: 'check_failing' })
  })
})

describe('what does not pass', () => {
  test.each<OutcomeCode>(['session_revoked', 'session_expired', 'account_deleted', 'scope_missing'])(
    'breaks the channel at once, and no check follows: %s',
    (code) => {
      expect(decide(well, code)).toEqual({ kind: 'breaks', code, checkAt: null })
      expect(decide(failingFor(HOUR_MS, 3), code)).toEqual({ kind: 'breaks', code, checkAt: null })
    },
  )

  test.each<OutcomeCode>(['account_deactivated', 'account_suspended', 'account_taken_down'])(
    'breaks it and goes on being looked at, where others may mend it: %s',
    (code) => {
      expect(decide(well, code)).toEqual({ kind: 'breaks', code, checkAt: lookAt })
    },
  )
})

describe('a channel that is broken and may get well by itself', () => {
  test('is looked at once a day, at the time that is its own, as long as nothing changes', () => {
    expect(decide(brokenBy('account_suspended'), 'account_suspended')).toEqual({ kind: 'stays', nextAt: lookAt })
    expect(lookAt.getTime() - AT.getTime()).toBeLessThanOrEqual(DAY_MS)
  })

  test('stays what it is when its server cannot be asked', () => {
    expect(decide(brokenBy('account_suspended'), 'pds_unreachable')).toEqual({ kind: 'stays', nextAt: lookAt })
    expect(decide(brokenBy('check_failing'), 'pds_unreachable')).toEqual({ kind: 'stays', nextAt: lookAt })
  })

  test('says so when it is something else that keeps it broken', () => {
    const nowRevoked = decide(brokenBy('account_suspended'), 'session_revoked')
    expect(nowRevoked).toEqual({ kind: 'breaks', code: 'session_revoked', checkAt: null })
  })
})
