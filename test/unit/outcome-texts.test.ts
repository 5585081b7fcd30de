// The words of an outcome for the person who reads them: the same from the API and on a page in another language.
import { describe, expect, test } from 'vitest'
import { presentChannel } from '../../src/api/present.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { fill } from '../../src/outcomes/words.ts'
import type { Outcome } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { deOutcomes } from '../../src/web/texts/de.ts'
import { outcomeText } from '../../src/web/texts/outcome-text.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const shown = (code: OutcomeCode, parts: Partial<ChannelDoc> = {}) =>
  presentChannel(storedChannel(code, new Date(), parts))
const inGerman = (outcome: Outcome | null) =>
  outcome && outcomeText(outcome, { outcomes: deOutcomes, locale: 'de-AT' }).fix

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
  ])('of %s seconds reads as %s', ([seconds, english, german]) => {
    expect(waiting(seconds)?.fix).toBe(`Nothing to do: it goes on by itself in about ${english}.`)
    expect(inGerman(waiting(seconds))).toBe(`Nichts zu tun: Es geht von selbst weiter, in etwa ${german}.`)
  })

  test('of nobody knows how long is told without it', () => {
    expect(waiting(undefined)?.fix).toBe('Nothing to do: it goes on by itself.')
    expect(inGerman(waiting(undefined))).toBe('Nichts zu tun: Es geht von selbst weiter.')
  })
})

describe('a name that is not known', () => {
  const always = { server: 'https://pds.example', identifier: 'a.example', reference: 'r-1' }
  const everything = { ...always, actualServer: 'https://there.example', seenHandle: 'b.example', seconds: '60' }
  const texts = (code: OutcomeCode, params: Record<string, string>) => {
    const { cause, fix, adminFix } = outcomes[code]
    const german = deOutcomes[code]
    return {
      titles: [outcomes[code].title, german.title],
      fixes: [fill(fix, params), fill(german.fix, params, { locale: 'de', phrases: deOutcomes.phrases })],
      others: [cause, adminFix ?? ''].map((text) => fill(text, params)),
      inGerman: [german.cause, german.adminFix ?? ''].map((text) =>
        fill(text, params, { locale: 'de', phrases: deOutcomes.phrases }),
      ),
    }
  }
  const sentence = /^[A-ZÄÖÜ„a-z][^{}[\]]*[.”“]$/
  const gap = /\{|\}|\[|\]| [,.:;!?]| {2}|,\.|:\.|\bundefined\b/

  test.for(outcomeCodes)('%s: no sentence has a gap, however little is known', (code) => {
    for (const params of [{}, always, everything]) {
      const { titles, fixes, others, inGerman } = texts(code, params)
      for (const text of [...titles, ...fixes, ...others, ...inGerman]) expect(text).not.toMatch(gap)
      for (const text of [...fixes, ...others, ...inGerman].filter(Boolean)) expect(text).toMatch(sentence)
      for (const title of titles) expect(title).toBeTruthy()
    }
  })

  test.for(outcomeCodes)('%s: with what is always known there is something to do, and it says why', (code) => {
    // That one is told from the other server's name.
    const known = code === 'wrong_server' ? { ...always, actualServer: 'https://there.example' } : always
    const { fixes, others, inGerman } = texts(code, known)
    for (const text of [...fixes, others[0], inGerman[0]]) expect(text).not.toBe('')
  })

  test('takes its sentence along, or what stands in brackets', () => {
    const text = 'It lives elsewhere[ at {actualServer}]. Ask {server}. Nothing else.'
    expect(fill(text, {})).toBe('It lives elsewhere. Nothing else.')
    expect(fill(text, everything)).toBe('It lives elsewhere at there.example. Ask pds.example. Nothing else.')
    expect(fill(outcomes.wrong_account.cause, always)).toBe('The sign-in worked, but for another account.')
  })
})

test.for<[OutcomeCode]>([
  ['session_expired'],
  ['app_passwords_unsupported'],
  ['password_kind_unknown'],
  ['test_post_unsupported'],
])('%s, which servers without app passwords come to, does not tell anybody to create one', ([code]) => {
  const { cause, fix } = outcomes[code]
  expect(`${cause} ${fix}`).not.toMatch(/create/i)
  expect(`${deOutcomes[code].cause} ${deOutcomes[code].fix}`).not.toMatch(/legen Sie|anlegen/i)
})
