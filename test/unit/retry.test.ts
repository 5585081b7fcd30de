// What an outcome means for a channel: connected, tried again at the right time, waiting for somebody, or given up.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Limit } from '../../src/outcomes/evidence.ts'
import { outcomeCodes, outcomes, type OutcomeCode, type RetryRule } from '../../src/outcomes/catalogue.ts'
import { decide, type Decision } from '../../workers/decision.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const retry = { delaysMs: [minuteMs, 5 * minuteMs, 30 * minuteMs], giveUpAfterMs: 24 * hourMs }
const submittedAt = new Date('2026-11-24T12:00:00Z')
const after = (ms: number) => new Date(submittedAt.getTime() + ms)

interface Case {
  code: OutcomeCode
  failures?: number
  limit?: Limit | null
  at?: Date
  random?: number
}
const decideOn = ({ code, failures = 0, limit = null, at = submittedAt, random = 0 }: Case): Decision =>
  decide({ code, failures, submittedAt, limit }, retry, at, random)

const givenUp: Decision = { status: 'failed', nextTryAt: null, keepPassword: false }
const waitingUntil = (nextTryAt: Date): Decision => ({ status: 'retrying', nextTryAt, keepPassword: true })
const codesWith = (rule: RetryRule | undefined) =>
  outcomeCodes.filter((code) => !outcomes[code].good && outcomes[code].retry === rule)

describe('what nobody has to do anything about', () => {
  it.each(outcomeCodes.filter((code) => outcomes[code].good))(
    '%s: the channel is connected, the password gone',
    (code) => {
      expect(decideOn({ code })).toEqual({ status: 'connected', nextTryAt: null, keepPassword: false })
    },
  )
})

describe('what trying again does not help', () => {
  it.each(codesWith(undefined).filter((code) => outcomes[code].fixBy === 'user'))(
    '%s: the user has to act, the password is gone',
    (code) => {
      expect(decideOn({ code })).toEqual({ status: 'action_required', nextTryAt: null, keepPassword: false })
    },
  )

  it.each(codesWith(undefined).filter((code) => outcomes[code].fixBy === 'admin'))(
    '%s: the admin has to act, the password is kept for it',
    (code) => {
      expect(decideOn({ code })).toEqual({ status: 'action_required', nextTryAt: null, keepPassword: true })
    },
  )

  it.each(codesWith(undefined).filter((code) => outcomes[code].fixBy === 'us'))('%s: given up', (code) => {
    expect(decideOn({ code })).toEqual(givenUp)
  })
})

describe('a passing fault', () => {
  const code = 'pds_unreachable'

  it('is tried again after a growing while, the last one repeating', () => {
    const waits = [0, 1, 2, 3, 9].map((failures) => decideOn({ code, failures }).nextTryAt)
    expect(waits).toEqual([minuteMs, 5 * minuteMs, 30 * minuteMs, 30 * minuteMs, 30 * minuteMs].map(after))
  })

  it('is tried for the last time when the day is over', () => {
    expect(decideOn({ code, at: after(24 * hourMs - minuteMs) })).toEqual(waitingUntil(after(24 * hourMs)))
  })

  it('is given up where the next try would be later than that', () => {
    expect(decideOn({ code, at: after(24 * hourMs - minuteMs + 1) })).toEqual(givenUp)
  })

  it.each(codesWith('backoff'))('%s waits like that', (each) => {
    expect(decideOn({ code: each, failures: 1 })).toEqual(waitingUntil(after(5 * minuteMs)))
  })
})

describe('a pause that a server in trouble names', () => {
  const pause = (ms: number): Limit => ({ policy: null, endsAt: after(ms) })

  it.each(codesWith('backoff'))('%s: is not cut short', (code) => {
    expect(decideOn({ code, limit: pause(20 * minuteMs) })).toEqual(waitingUntil(after(20 * minuteMs)))
  })

  it('brings no try closer than the usual wait', () => {
    expect(decideOn({ code: 'pds_error', failures: 1, limit: pause(1_000) }).nextTryAt).toEqual(after(5 * minuteMs))
  })

  it('of more than an hour is asked about after an hour', () => {
    expect(decideOn({ code: 'pds_error', limit: pause(24 * hourMs) }).nextTryAt).toEqual(after(hourMs))
  })

  it('is no reason to give up before the day is over', () => {
    const at = after(24 * hourMs - 10 * minuteMs)
    const limit = pause(25 * hourMs)
    expect(decideOn({ code: 'server_protected', at, limit })).toEqual(waitingUntil(after(24 * hourMs)))
  })
})

describe('a limit', () => {
  const code = 'login_rate_limited'

  it('is waited out until the time that the server named', () => {
    expect(decideOn({ code, limit: { policy: '30;w=300', endsAt: after(7 * minuteMs) } })).toEqual(
      waitingUntil(after(7 * minuteMs)),
    )
  })

  it('is waited out for the window of its policy where no time was named', () => {
    expect(decideOn({ code, limit: { policy: '100;w=3600', endsAt: null } }).nextTryAt).toEqual(after(hourMs))
  })

  it('is waited out for five minutes where nothing was said', () => {
    expect(decideOn({ code }).nextTryAt).toEqual(after(5 * minuteMs))
    expect(decideOn({ code, limit: { policy: null, endsAt: null } }).nextTryAt).toEqual(after(5 * minuteMs))
  })

  it('that has ended meanwhile is not waited for', () => {
    expect(decideOn({ code, limit: { policy: null, endsAt: after(-hourMs) }, random: 1 })).toEqual(
      waitingUntil(submittedAt),
    )
  })

  it('may come any number of times', () => {
    expect(decideOn({ code, failures: 100 }).status).toBe('retrying')
  })

  it('whose named time lies before the end of the day is never given up because of the spread', () => {
    for (const endsAt of [after(23 * hourMs), after(24 * hourMs)]) {
      const { nextTryAt } = decideOn({ code, limit: { policy: null, endsAt }, random: 1 })
      expect(nextTryAt?.getTime()).toBeGreaterThanOrEqual(endsAt.getTime())
      expect(nextTryAt?.getTime()).toBeLessThanOrEqual(after(24 * hourMs).getTime())
    }
  })

  it('of a day without a time is asked about again within the day', () => {
    const limit = { policy: '300;w=86400', endsAt: null }
    expect(decideOn({ code, limit, random: 1 }).nextTryAt).toEqual(after(6 * hourMs + 5 * minuteMs))
  })

  it('that lasts longer than the day is given up at once', () => {
    expect(decideOn({ code, at: after(hourMs), limit: { policy: null, endsAt: after(24 * hourMs + 1) } })).toEqual(
      givenUp,
    )
  })
})

describe('what we do not know', () => {
  it('is tried once more, then given up', () => {
    expect(decideOn({ code: 'unknown' })).toEqual(waitingUntil(after(minuteMs)))
    expect(decideOn({ code: 'unknown', failures: 1 })).toEqual(givenUp)
  })
})

describe('a queue for new accounts', () => {
  it('is looked at every hour until the day is over', () => {
    expect(decideOn({ code: 'signup_pending', failures: 12 })).toEqual(waitingUntil(after(hourMs)))
    expect(decideOn({ code: 'signup_pending', failures: 23, at: after(23 * hourMs + 1) })).toEqual(givenUp)
  })
})

describe('whatever comes', () => {
  const cases = fc.record({
    code: fc.constantFrom(...outcomeCodes),
    failures: fc.nat(1_000),
    at: fc.integer({ min: 0, max: 30 * hourMs }).map(after),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
    limit: fc.option(
      fc.record({
        policy: fc.option(fc.string()),
        endsAt: fc.option(fc.integer({ min: 0, max: 60 * hourMs }).map(after)),
      }),
    ),
  })

  it('a try is never planned before the named time, nor much after it, nor after the day', () => {
    fc.assert(
      fc.property(cases, ({ at, limit, ...rest }) => {
        const endsAt = limit?.endsAt && limit.endsAt > at ? limit.endsAt : null
        const given = limit && { ...limit, endsAt }
        const { nextTryAt } = decideOn({ ...rest, at, limit: given })
        if (!nextTryAt) return
        const named = outcomes[rest.code].retry === 'named' && endsAt
        const spreadMs = named ? (endsAt.getTime() - at.getTime()) / 10 + 1 : retry.giveUpAfterMs
        const earliest = named ? endsAt : at
        expect(nextTryAt.getTime()).toBeLessThanOrEqual(submittedAt.getTime() + retry.giveUpAfterMs)
        expect(nextTryAt.getTime()).toBeGreaterThanOrEqual(earliest.getTime())
        expect(nextTryAt.getTime()).toBeLessThanOrEqual(earliest.getTime() + spreadMs)
      }),
      { numRuns: 500 },
    )
  })

  it('a channel has a next try exactly while it is retrying, and a password no longer than somebody needs it', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { status, nextTryAt, keepPassword } = decideOn(given)
        const { good, fixBy } = outcomes[given.code]
        expect(nextTryAt !== null).toBe(status === 'retrying')
        expect(status === 'connected').toBe(good === true)
        expect(keepPassword).toBe(status === 'retrying' || (status === 'action_required' && fixBy === 'admin'))
      }),
      { numRuns: 500 },
    )
  })

  it('those who failed together come back spread over a tenth of the wait', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const waitMs = Number(decideOn({ code: 'pds_error', random }).nextTryAt) - submittedAt.getTime()
        expect(waitMs).toBe(Math.round(minuteMs * (1 + random / 10)))
      }),
    )
  })
})
