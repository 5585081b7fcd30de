// The words of an outcome for the person who reads them: the same from the API and on a page in another language.
import { describe, expect, test } from 'vitest'
import { presentChannel } from '../../src/api/present.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Outcome } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { deOutcomes } from '../../src/web/texts/de.ts'
import { outcomeText } from '../../src/web/texts/outcome-text.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const shown = (code: OutcomeCode, parts: Partial<ChannelDoc> = {}) =>
  presentChannel(storedChannel(code, new Date(), parts))
const inGerman = (outcome: Outcome | null) =>
  outcome && outcomeText(outcome, { outcomes: deOutcomes, locale: 'de-AT', nameless: () => 'einer Weile' }).fix

test.for<[OutcomeCode]>([['pds_unreachable'], ['login_rate_limited'], ['signup_pending'], ['wrong_server']])(
  '%s: as long as somebody sees to it there is nothing to do, given up it says to reconnect',
  ([code]) => {
    const waits = shown(code)
    expect(waits.outcome).toMatchObject({ givenUp: false, fix: expect.not.stringContaining('Reconnect') })
    expect(inGerman(waits.outcome)).not.toContain('Verbinden Sie')
    const ended = shown(code, { status: 'failed' })
    expect(ended.outcome).toMatchObject({
      givenUp: true,
      fix: 'We no longer try by ourselves and no longer have the app password. Reconnect when the cause is gone.',
    })
    expect(inGerman(ended.outcome)).toContain('Verbinden Sie den Kanal neu')
    expect(ended.button).toBe('reconnect')
  },
)

test('a check that was given up can be tried again, because its session is kept', () => {
  const ended = shown('pds_unreachable', { status: 'failed', step: 'verify' })
  expect(ended.outcome?.fix).toBe('We no longer try by ourselves. Try again when the cause is gone.')
  expect(inGerman(ended.outcome)).toContain('Versuchen Sie es erneut')
  expect(ended.button).toBe('verify')
})

test('a channel says which button helps, whether its step can run again, and what is worth knowing', () => {
  const later = new Date(Date.now() + 60_000)
  expect(shown('handle_not_found')).toMatchObject({
    button: 'correct_handle',
    retry: 'needs_user',
    outcome: { remark: null },
  })
  expect(shown('wrong_server')).toMatchObject({ button: 'ask_admin', retry: 'possible' })
  expect(shown('login_rate_limited', { nextTryAt: later })).toMatchObject({ button: 'wait', retry: 'waits' })
  expect(shown('connected')).toMatchObject({ button: null, retry: null, outcome: { remark: null } })
  expect(shown('test_post_unsupported')).toMatchObject({ button: null, retry: null, outcome: { remark: 'note' } })
})

test('no two failures have the same title, so that they can be told apart in a list', () => {
  const failures = outcomeCodes.filter((code) => !outcomes[code].good)
  expect(new Set(failures.map((code) => outcomes[code].title)).size).toBe(failures.length)
  expect(new Set(failures.map((code) => deOutcomes[code].title)).size).toBe(failures.length)
})

describe('a wait', () => {
  const waiting = (seconds: string | undefined) => {
    const params = { server: 'https://pds.example.com', ...(seconds ? { seconds } : {}) }
    return shown('waiting_for_rate_limit', {
      outcome: { code: 'waiting_for_rate_limit', step: 'connect', params, at: new Date() },
    }).outcome
  }

  test.for<[string | undefined, string, string]>([
    ['1', '1 second', '1 Sekunde'],
    ['119', '119 seconds', '119 Sekunden'],
    ['120', '2 minutes', '2 Minuten'],
    ['7199', '120 minutes', '120 Minuten'],
    ['7200', '2 hours', '2 Stunden'],
    ['80000', '22 hours', '22 Stunden'],
    [undefined, 'a while', 'einer Weile'],
  ])('of %s seconds reads as %s', ([seconds, english, german]) => {
    expect(waiting(seconds)?.fix).toBe(`Nothing to do: it goes on by itself in about ${english}.`)
    expect(inGerman(waiting(seconds))).toBe(`Nichts zu tun: In etwa ${german} geht es von selbst weiter.`)
  })
})
