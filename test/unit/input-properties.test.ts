// Whatever a person types: nobody is taken for another, and the words of an outcome are whole.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanAppPassword, repeats } from '../../src/input/app-password.ts'
import { readIdentifier } from '../../src/input/identifier.ts'
import { shownHandle } from '../../src/input/shown.ts'
import { partAccount } from '../../src/input/together.ts'
import { outcomeCodes, outcomes } from '../../src/outcomes/catalogue.ts'
import { fill, type OutcomeParams } from '../../src/outcomes/words.ts'

const cleanIdentifier = (text: string, domain: string | null = null) => {
  const read = readIdentifier(text, domain)
  return 'identifier' in read ? read.identifier : null
}

const label = fc
  .tuple(fc.stringMatching(/^[a-z]$/), fc.stringMatching(/^[a-z0-9-]{0,10}$/), fc.stringMatching(/^[a-z0-9]$/))
  .map((parts) => parts.join(''))
const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))
/** Letters for which a handle or a DID may be in capitals. */
const handle = fc.tuple(host, fc.boolean()).map(([name, loud]) => (loud ? name.toUpperCase() : name))
const plc = fc.stringMatching(/^did:plc:[a-z2-7]{24}$/)
const web = fc
  .tuple(
    host,
    fc.option(fc.nat(65_535)),
    fc.array(fc.stringMatching(/^([a-zA-Z0-9_-]|%2[0-9A-F]){1,6}$/), { maxLength: 2 }),
  )
  .map(([name, port, path]) => ['did', 'web', port === null ? name : `${name}%3A${port}`, ...path].join(':'))
  // One that ends in code is not a DID here.
  .filter((did) => /[a-zA-Z0-9_-]$/.test(did))
/** With what an address may contain and a cleaner may take for something else. */
const email = fc
  .tuple(
    fc.array(
      fc.constantFrom(
        'a',
        'B',
        '7',
        'at',
        'did',
        'profile',
        '/',
        '/profile/',
        '%40',
        '%41',
        '%2F',
        '+',
        '.x',
        '_',
        '#',
        '?',
        '{',
        '=',
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    host,
  )
  .map(([local, domain]) => `x${local.join('')}@${domain}`)
  // The one text that is both an address and the link of a profile; nobody's mailbox is called that.
  .filter((address) => !address.includes('/@'))
const identifier = fc.oneof(handle, plc, web, email)

/** Two of these are one person: servers do not tell capitals apart, except in what a did:web names. */
const person = (text: string) => (text.startsWith('did:') ? text : text.toLowerCase())

const wrappings: ((text: string) => string)[] = [
  (text) => text,
  (text) => ` ${text}\n`,
  (text) => `\u202A${text}\u202C`,
  (text) => `${text}.`,
  (text) => `"${text}",`,
  (text) => `<${text}>`,
  (text) => `Somebody (${text})`,
]
const namings: ((text: string) => string)[] = [
  (text) => `@${text}`,
  (text) => `at://${text}`,
  (text) => `https://bsky.app/profile/${text}`,
  (text) => `bsky.app/profile/${text}/post/3lzzzzzzzzz22`,
]

describe('cleaning an identifier', () => {
  it('keeps every person who they are, however they are written', () => {
    fc.assert(
      fc.property(identifier, fc.constantFrom(...wrappings), fc.constantFrom(...namings), (text, wrap, name) => {
        expect(cleanIdentifier(text)).toBe(person(text))
        expect(cleanIdentifier(wrap(text))).toBe(person(text))
        const named = text.includes('@') ? text : name(text)
        expect(cleanIdentifier(wrap(named))).toBe(person(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('never makes one of two people', () => {
    fc.assert(
      fc.property(identifier, identifier, fc.constantFrom(...wrappings), (one, other, wrap) => {
        fc.pre(person(one) !== person(other))
        expect(cleanIdentifier(wrap(one))).not.toBe(cleanIdentifier(other))
      }),
      { numRuns: 1_000 },
    )
  })

  it('changes nothing the second time', () => {
    const pieces = fc.array(
      fc.oneof(
        identifier,
        fc.constantFrom(
          '@',
          'at://',
          'https://',
          'did:',
          '/profile/',
          '.',
          '/',
          ' ',
          '%40',
          '%2540',
          '\u200B',
          '\u202A',
          'İ',
          'ﬁ',
          'K',
          '\u0301',
          'ß',
          '．',
          '＠',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        const once = cleanIdentifier(parts.join(''))
        expect(once === null ? null : cleanIdentifier(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })
})

const appPassword = fc.stringMatching(/^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/)
/** Each with what may stand between it and a handle, and with nothing. */
const spellings: ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => secret.toUpperCase(),
  (secret) => secret.replaceAll('-', ' '),
  (secret) => secret.replaceAll('-', ''),
  (secret) => secret.replaceAll('-', '–'),
  (secret) => secret.replaceAll('-', ' _ '),
  (secret) => `"${secret}"`,
]
const between = fc.constantFrom('\n', '\t', '\r\n', ' ', '\u00A0', '\u2028', ' / ', ': ', '')

describe('an app password that was pasted with an identifier', () => {
  it('is in no identifier, however both are written, and with every domain for bare names', () => {
    const who = fc.oneof(
      identifier,
      label,
      host.map((name) => `Somebody (@${name})`),
    )
    fc.assert(
      fc.property(who, between, appPassword, fc.constantFrom(...spellings), (name, gap, secret, spell) => {
        for (const text of [`${name}${gap}${spell(secret)}`, `${spell(secret)}${gap || '\n'}${name}`]) {
          const kept = cleanIdentifier(text, '.test')
          // By itself a run of 16 letters may be a word: it is told by the app password that is submitted beside it.
          if (kept !== null && repeats(kept, secret)) expect(spell(secret)).toMatch(/^[a-z0-9]{16}$/i)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('is in none that begins with a handle, with or without its dashes', () => {
    fc.assert(
      fc.property(host, between, appPassword, fc.constantFrom(...spellings), (name, gap, secret, spell) => {
        expect(cleanIdentifier(`${name}${gap}${spell(secret)}`, '.test')).toBeNull()
      }),
      { numRuns: 2_000 },
    )
  })

  it('is known again in every spelling', () => {
    fc.assert(
      fc.property(fc.string(), appPassword, fc.constantFrom(...spellings), (text, secret, spell) => {
        expect(repeats(`${text}${spell(secret)}`, secret)).toBe(true)
      }),
    )
  })

  it('is parted from a handle as what it is', () => {
    const gap = fc.constantFrom('\n', '\t', '\r\n', ' ', ' / ', ': ', '\nApp password: ')
    fc.assert(
      fc.property(host, gap, appPassword, (name, apart, secret) => {
        expect(partAccount(`@${name}${apart}${secret}`, null)).toEqual({ identifier: name, appPassword: secret })
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('an international handle', () => {
  const letters = fc.constantFrom(...Array.from('äöüßéñçøłşаяждπωשنक字かカ한ขა'))
  const foreign = fc
    .tuple(fc.array(fc.oneof(letters, fc.constantFrom('a', 'z', '7')), { minLength: 1, maxLength: 8 }), host)
    .map(([name, domain]) => `${name.join('')}.${domain}`)

  it('is one name, however it is written, and is understood again as it is shown', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const ascii = cleanIdentifier(text)
        if (ascii === null) return
        expect(ascii).toMatch(/^[a-z0-9.-]+$/)
        expect(cleanIdentifier(ascii)).toBe(ascii)
        expect(cleanIdentifier(`@${text.toUpperCase().normalize('NFD')}`)).toBe(cleanIdentifier(text.toUpperCase()))
        expect(cleanIdentifier(shownHandle(ascii))).toBe(ascii)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('cleaning an app password', () => {
  it('keeps every app password as it is', () => {
    fc.assert(
      fc.property(appPassword, (text) => {
        expect(cleanAppPassword(text)).toBe(text)
      }),
    )
  })

  it('never takes a text without its three dashes or spaces for one', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9]{1,12}([ -][a-zA-Z0-9]{1,12}){0,2}$/), (text) => {
        expect(cleanAppPassword(text)).toBeNull()
      }),
      { numRuns: 1_000 },
    )
  })

  it('changes nothing the second time, and gives nothing of another shape', () => {
    fc.assert(
      fc.property(
        fc.oneof(appPassword, fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-zA-Z0-9 -]{16,20}$/)),
        (text) => {
          const once = cleanAppPassword(text)
          expect(once ?? 'abcd-efgh-ijkl-mnop').toMatch(/^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/)
          expect(once === null ? null : cleanAppPassword(once)).toBe(once)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('the words of an outcome', () => {
  it('never show their braces, whatever is known', () => {
    const texts = outcomeCodes.flatMap((code) => {
      const { title, cause, fix, adminFix = '', link = '' } = outcomes[code]
      return [title, cause, fix, adminFix, link]
    })
    // A name with braces of its own is shown as it is, and not filled again.
    const word = fc.string().filter((text) => !/[{}]/.test(text))
    const params = fc.record(
      { server: word, actualServer: word, identifier: word, seenHandle: word, reference: word },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.constantFrom(...texts), params, (text, known) => {
        expect(fill(text, known as OutcomeParams)).not.toMatch(/[{}]|undefined/)
      }),
      { numRuns: 1_000 },
    )
  })

  it('do not fill what a name brings along', () => {
    expect(fill('{server} and {identifier}', { server: '{identifier}', identifier: '$&{server}' })).toBe(
      '{identifier} and $&{server}',
    )
  })
})
