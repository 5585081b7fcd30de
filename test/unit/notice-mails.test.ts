// What the mails about channels and incidents say, in both languages.
import { describe, expect, test } from 'vitest'
import type { Channel } from '../../src/db/channels.ts'
import { writeMail, type MailTexts } from '../../src/mail/content.ts'
import { de } from '../../src/mail/de.ts'
import { en } from '../../src/mail/en.ts'
import { toldOf, type ToldIncident } from '../../src/mail/notices.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { deOutcomes } from '../../src/outcomes/de.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const at = new Date('2026-11-27T10:00:00Z')
const since = new Date('2026-11-26T14:05:00Z')
const languages = { en, de }
const about = {
  link: 'https://connect.example.com/api/unsubscribe/t',
  baseUrl: 'https://connect.example.com',
  email: 'name@example.com',
}

const broken = (code: OutcomeCode, parts: Partial<Channel> = {}) =>
  storedChannel(code, since, { status: 'action_required', step: 'verify', ...parts })
const well = (parts: Partial<Channel> = {}) => storedChannel('connected', since, { step: 'verify', ...parts })

function write(language: 'en' | 'de', brokenOnes: Channel[], wellOnes: Channel[] = []) {
  const texts: MailTexts = languages[language]
  return writeMail(texts.channels({ ...about, language, params: toldOf(brokenOnes, wellOnes, at) }), language)
}

const failures = outcomeCodes.filter((code) => !outcomes[code].good)

test.for(failures.map((code) => [code] as const))(
  '%s: says in both languages what happened and what helps',
  ([code]) => {
    const english = write('en', [broken(code)])
    expect(english.text).toContain(outcomes[code].title)
    const german = write('de', [broken(code)])
    expect(german.text).toContain(deOutcomes[code].title)
    for (const { subject, text, html } of [english, german]) {
      expect(`${subject}${text}${html}`, 'a name is missing').not.toMatch(/\{\w+\}|undefined|null/)
      expect(text.length).toBeGreaterThan(200)
    }
  },
)

test('one channel is named in the subject; of several their number', () => {
  const one = broken('session_revoked', { handle: 'name.example.com' })
  expect(write('en', [one]).subject).toBe('name.example.com is no longer connected')
  expect(write('de', [one]).subject).toBe('name.example.com ist nicht mehr verbunden')
  expect(write('en', [one, broken('account_moved')]).subject).toBe('2 of your channels are no longer connected')
  expect(write('en', [], [well({ handle: 'name.example.com' })]).subject).toBe('name.example.com is connected again')
  expect(write('de', [], [well(), well()]).subject).toBe('2 Ihrer Kanäle sind wieder verbunden')
})

test('it says since when, and its link opens the dialog that reconnects this channel', () => {
  const one = broken('session_revoked', { brokenSince: new Date('2026-11-25T09:30:00Z') })
  const { text, html } = write('en', [one])
  expect(text).toContain('Since November 25, 2026 at 9:30 AM UTC')
  const link = `https://connect.example.com/app/channels?reconnect=${one._id.toHexString()}`
  expect(text).toContain(`Reconnect: ${link}`)
  expect(html).toContain(`href="${link}"`)
})

test('where no reconnect helps, the link leads to the channels', () => {
  const { text } = write('en', [broken('not_a_pds')])
  expect(text).not.toContain('?reconnect=')
  expect(text).toContain('Look at it: https://connect.example.com/app/channels\n')
})

test('what is not tried by itself any more says so', () => {
  const given = broken('pds_unreachable', { status: 'failed' })
  expect(write('en', [given]).text).toContain('We no longer try by ourselves.')
  expect(write('de', [given]).text).toContain('Wir versuchen es nicht mehr von selbst')
})

test('a digest names twenty-five channels and counts the rest', () => {
  const { subject, text } = write(
    'en',
    Array.from({ length: 30 }, () => broken('session_revoked')),
  )
  expect(subject).toBe('30 of your channels are no longer connected')
  expect(text.match(/Since November/g)).toHaveLength(25)
  expect(text).toContain('And 5 more')
})

test('what only an administrator may know stands in no mail', () => {
  const params = { server: 'https://pds.example.com', reason: 'no_such_name' as const, address: 'private' as const }
  const one = broken('pds_unreachable')
  const outcome = { code: 'pds_unreachable' as const, step: 'verify' as const, at, params }
  expect(toldOf([{ ...one, outcome }], [], at).broken[0]?.outcome?.params).toEqual({
    server: 'https://pds.example.com',
  })
})

test('every mail can be switched off by its link, which stands in its text and is told to mail programs', () => {
  for (const language of ['en', 'de'] as const) {
    const params = toldOf([broken('session_revoked')], [], at)
    const content = languages[language].channels({ ...about, language, params })
    expect(content.unsubscribe?.url).toBe(about.link)
    expect(writeMail(content, language).text).toContain(about.link)
  }
})

describe('what strangers name', () => {
  const evil = `<img src=x onerror=alert(1)>"'&`

  test('is text in a mail about channels, never a part of its HTML', () => {
    const params = { server: evil, identifier: evil, currentHandle: evil, actualServer: evil, reference: evil }
    for (const code of failures) {
      const outcome = { code, step: 'verify' as const, at, params }
      const one = broken(code, { handle: evil, displayName: evil, outcome })
      for (const language of ['en', 'de'] as const) {
        const { html, text } = write(language, [one], [well({ handle: evil })])
        expect(html).not.toMatch(/<img|onerror=alert\(1\)>/)
        expect(html).toContain('&lt;img src=x')
        expect(text).toContain(evil)
      }
    }
  })

  test('is text in a mail about incidents', () => {
    const one = incident({ server: `https://a.example/${evil}` })
    const { html } = writeMail(en.incidents({ ...about, language: 'en', params: { opened: [one], closed: [] } }), 'en')
    expect(html).not.toContain('<img')
  })

  test('breaks no line and turns no sentence', () => {
    const { subject, text } = write('en', [broken('session_revoked', { handle: 'a\r\nBcc: all@example.com\u202Egpj' })])
    expect(subject).not.toMatch(/[\r\n\u202E]/)
    expect(text).not.toContain('\u202E')
    expect(text).not.toMatch(/^Bcc:/m)
  })
})

const incident = (parts: Partial<ToldIncident> = {}): ToldIncident => ({
  code: 'pds_unreachable',
  server: 'https://pds.example.com',
  since: '2026-11-27T09:05:00.000Z',
  connects: 143,
  failed: 117,
  before: 0.03,
  ...parts,
})

test('an incident is told with what fails, where, how much of it and since when', () => {
  const params = { opened: [incident()], closed: [] }
  const english = writeMail(en.incidents({ ...about, language: 'en', params }), 'en')
  expect(english.subject).toBe('Something is wrong: The server does not answer (pds.example.com)')
  expect(english.text).toContain(
    '82% of 143 connects since November 27, 2026 at 9:05 AM UTC failed this way; before, it was 3%.',
  )
  expect(english.text).toContain('/admin/connections?outcome=pds_unreachable&from=2026-11-27T09%3A05%3A00.000Z&server=')
  const german = writeMail(de.incidents({ ...about, language: 'de', params }), 'de')
  expect(german.subject).toBe('Störung: Der Server antwortet nicht (pds.example.com)')
})

test('its end is told as well, and several changes stand in one mail', () => {
  const closed = writeMail(
    en.incidents({ ...about, language: 'en', params: { opened: [], closed: [incident()] } }),
    'en',
  )
  expect(closed.subject).toBe('It is over: The server does not answer (pds.example.com)')
  const params = { opened: [incident()], closed: [incident({ server: 'https://other.example.com' })] }
  const both = writeMail(en.incidents({ ...about, language: 'en', params }), 'en')
  expect(both.subject).toBe('What changed at 2 servers')
  expect(both.text).toContain('(pds.example.com)')
  expect(both.text).toContain('(other.example.com)')
})
