// The words of an outcome for the person who reads them: the same from the API and on a page in another language.
import { Types } from 'mongoose'
import { describe, expect, test } from 'vitest'
import { presentAttempt, presentChannel, presentConnection } from '../../src/api/present.ts'
import { variables } from '../../src/config.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { fill } from '../../src/outcomes/words.ts'
import type { Options, Outcome } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import type { Evidence } from '../../src/outcomes/evidence.ts'
import { de } from '../../src/web/texts/de.ts'
import { deOutcomes } from '../../src/outcomes/de.ts'
import { en } from '../../src/web/texts/en.ts'
import { outcomeText } from '../../src/web/texts/outcome-text.ts'
import { summarize } from '../../workers/attempt.ts'
import { optionsWith } from '../helpers/options.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const shown = (code: OutcomeCode, parts: Partial<ChannelDoc> = {}) =>
  presentChannel(storedChannel(code, new Date(), parts))
const inOther = (outcome: Outcome) => outcomeText(outcome, { outcomes: deOutcomes })
const inGerman = (outcome: Outcome | null) => outcome && inOther(outcome).fix

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

describe('the admin’s advice about a Service URL', () => {
  const here = 'https://here.example'
  type ServiceUrl = Options['bluesky_service-url']
  const advised = (serviceUrl: Partial<ServiceUrl>, code: OutcomeCode = 'not_a_pds') => {
    const options = optionsWith(serviceUrl)
    const params = { server: here, actualServer: 'https://there.example' }
    const outcome = { code, step: 'connect' as const, params, at: new Date() }
    const connection = presentConnection(storedChannel(code, new Date(), { outcome }), { emails: new Map(), options })
    const { adminFix } = connection
    const german = connection.outcome && inOther(connection.outcome).adminFix
    return { adminFix: adminFix ?? '', german: german ?? '' }
  }

  test.for<[string, Partial<ServiceUrl>, string, string]>([
    [
      'in the settings is to be emptied there',
      { saved: here, source: 'saved', unsaved: 'https://bsky.social' },
      'Service URL is set to here.example in the settings: correct it there, or empty it to go by bsky.social.',
      'oder leeren Sie das Feld; dann gilt bsky.social.',
    ],
    [
      'in the settings and the environment is not: that would change nothing',
      { saved: here, source: 'saved', unsaved: here },
      'Service URL is set to here.example in the settings: correct it there.',
      'In den Einstellungen steht here.example als Service-URL: Berichtigen Sie sie dort.',
    ],
    [
      'in the environment is to be corrected there',
      { source: 'env' },
      'The address comes from BLUESKY_SERVICE_URL in the environment: correct it there and restart,',
      'Die Adresse kommt aus BLUESKY_SERVICE_URL in der Umgebung:',
    ],
    [
      'that nobody set is the default',
      { source: 'default' },
      'No Service URL is set, so sign-ins go to here.example:',
      'Es ist keine Service-URL eingestellt, deshalb gehen Anmeldungen an here.example:',
    ],
    [
      'that was changed since is told as that',
      { saved: 'https://new.example', effective: 'https://new.example', source: 'saved' },
      'Service URL is new.example now, not this address.',
      'Service-URL ist jetzt new.example, nicht diese Adresse.',
    ],
  ])('%s, in both languages', ([, serviceUrl, english, inGerman]) => {
    for (const code of ['not_a_pds', 'pds_address_blocked', 'pds_unreachable'] as const) {
      const { adminFix, german } = advised(serviceUrl, code)
      expect(adminFix).toContain(english)
      expect(german).toContain(inGerman)
    }
  })

  test('never says to leave empty what nobody filled', () => {
    for (const source of ['env', 'default'] as const) {
      for (const code of outcomeCodes) {
        const { adminFix, german } = advised({ source }, code)
        expect(`${adminFix} ${german}`).not.toMatch(/\bempty\b|\bleer/)
      }
    }
  })
})

describe('the texts of all outcomes', () => {
  const everywhere = outcomeCodes.flatMap((code) => {
    const { title, cause, fix, adminFix = '' } = outcomes[code]
    const german = deOutcomes[code]
    return [
      [code, `${title} ${cause} ${fix} ${adminFix}`],
      [`${code} in German`, `${german.title} ${german.cause} ${german.fix} ${german.adminFix ?? ''}`],
    ] as const
  })

  test.for(everywhere)('%s: claims nothing that nobody did', ([, text]) => {
    expect(text).not.toMatch(/been told|Wir wissen davon|our fault|unser Fehler|identity .* broken|beschädigt/)
  })

  test.for(outcomeCodes)('%s: both languages name the same, and both or neither have words for the admin', (code) => {
    const names = (text = '') => new Set([...text.matchAll(/\{\w+\}/g)].map(([name]) => name))
    const german = deOutcomes[code]
    for (const part of ['title', 'cause', 'fix', 'adminFix'] as const)
      expect([part, names(german[part])]).toEqual([part, names(outcomes[code][part])])
    expect(german.adminFix === undefined).toBe(outcomes[code].adminFix === undefined)
  })

  test('addresses are shown as hosts in every language, by http too', () => {
    const params = { server: 'http://pds.local:2583', identifier: 'a.test' }
    const { outcome } = shown('pds_unreachable', {
      outcome: { code: 'pds_unreachable', step: 'connect', params, at: new Date() },
    })
    expect(outcome?.cause).toBe('pds.local:2583 could not be reached.')
    expect(outcome && inOther(outcome).cause).toBe('pds.local:2583 war nicht zu erreichen.')
  })

  test('an app password that may not post: what Bluesky does not offer is not asked of it', () => {
    expect(outcomes.scope_missing.fix).toContain('On Bluesky itself every app password may post')
    expect(deOutcomes.scope_missing.fix).toContain('Bei Bluesky selbst darf jedes App-Passwort veröffentlichen')
  })
})

test('the dialog says how long an app password is kept at most', () => {
  const seconds = variables.GIVE_UP_AFTER_SECONDS.safeParse('86401')
  expect(seconds.success).toBe(false)
  expect(en.dialog.safe).toContain('after 24 hours at the latest')
  expect(de.dialog.safe).toContain('spätestens nach 24 Stunden')
  expect(de.dialog.safe).not.toContain('verschlüsselt an')
})

test('who can fix what passes by itself is a person, or nobody', () => {
  expect(en.connections.fixByNames.time).toBe('Usually nobody has to')
  expect(de.connections.fixByNames.time).toBe('Meist niemand')
})

describe('the answer of an attempt', () => {
  const answered = (testPost: Evidence['testPost'], error: string) => {
    const answer = { kind: 'error' as const, status: 400, error, message: '', xrpc: true, limit: null }
    const stored = summarize({ call: 'createRecord', answer, ...(testPost ? { testPost } : {}) }, 61)
    const attempt = {
      _id: new Types.ObjectId(),
      channelId: new Types.ObjectId(),
      step: 'verify' as const,
      generation: 1,
      revision: 1,
      requestId: 'test',
      startedAt: new Date(),
      durationMs: 100,
      outcome: 'connected' as const,
      serviceUrl: 'https://pds.example.com',
      answer: stored,
    }
    return presentAttempt(attempt).answer?.wanted
  }

  test('that refused the test post is a refusal that was wanted, whatever its name', () => {
    expect(answered('refused_as_it_should', 'InvalidSwap')).toBe(true)
    expect(answered('refused_as_it_should', 'InvalidRequest')).toBe(true)
  })

  test('that refused something else is not', () => {
    expect(answered('inconclusive', 'InternalServerError')).toBe(false)
    expect(answered(undefined, 'InvalidToken')).toBe(false)
  })
})

describe('a name that is not known', () => {
  const always = { server: 'https://pds.example', identifier: 'a.example', reference: 'r-1' }
  const everything = {
    ...always,
    actualServer: 'https://there.example',
    seenHandle: 'b.example',
    setting: 'env',
    reason: 'page',
  }
  const texts = (code: OutcomeCode, params: Record<string, string>) => {
    const { cause, fix, adminFix } = outcomes[code]
    const german = deOutcomes[code]
    return {
      titles: [outcomes[code].title, german.title],
      fixes: [fill(fix, params), fill(german.fix, params, deOutcomes.phrases)],
      others: [cause, adminFix ?? ''].map((text) => fill(text, params)),
      inGerman: [german.cause, german.adminFix ?? ''].map((text) => fill(text, params, deOutcomes.phrases)),
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
