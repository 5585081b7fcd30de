// What people paste as handle and app password, and what becomes of it (docs/at-protocol.md §1.2).

import { describe, expect, it } from 'vitest'
import { cleanAppPassword, cleanIdentifier } from '../../src/input/clean.ts'

const plc = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

describe('a handle is understood', () => {
  it.each([
    ['as it is', 'alice.test'],
    ['in capitals', 'ALICE.TEST'],
    ['with an @', '@alice.test'],
    ['with many @', '@@alice.test'],
    ['with a dot at the end', 'alice.test.'],
    ['with a slash at the end', 'alice.test/'],
    ['with a slash and a dot at the end', 'alice.test/.'],
    ['with at://', 'at://alice.test'],
    ['with at:// and an @', 'at://@alice.test'],
    ['as an address', 'https://alice.test/'],
    ['as the address of a profile', 'https://bsky.app/profile/alice.test'],
    ['as the address of a profile, with an @', 'https://bsky.app/profile/@alice.test'],
    ['as the address of a profile, with an @ in code', 'https://bsky.app/profile/%40alice.test'],
    ['as the address of a profile, without https', 'bsky.app/profile/alice.test'],
    ['as the address of a post', 'https://bsky.app/profile/alice.test/post/3lzzzzzzzzz22'],
    ['as the address of a profile, with a question', 'https://bsky.app/profile/alice.test?ref=x#top'],
    ['with spaces around', '  alice.test \n'],
    ['with a non-breaking space', '\u00A0alice.test\u00A0'],
    ['between marks of direction, as apps copy it', '\u202Aalice.test\u202C'],
    ['between isolates', '\u2066@alice.test\u2069'],
    ['with a zero width space', 'alice\u200B.test'],
    ['with a soft hyphen', 'ali\u00ADce.test'],
    ['with a byte order mark', '\uFEFFalice.test'],
    ['in full width letters', 'ａｌｉｃｅ．ｔｅｓｔ'],
  ])('%s', (_, text) => {
    expect(cleanIdentifier(text)).toBe('alice.test')
  })
})

describe('a DID is understood', () => {
  it.each([
    ['as it is', plc, plc],
    ['in capitals', plc.toUpperCase(), plc],
    ['with at://', `at://${plc}`, plc],
    ['as the address of a profile', `https://bsky.app/profile/${plc}`, plc],
    ['as the address of a profile, in code', `https://bsky.app/profile/${encodeURIComponent(plc)}`, plc],
    ['between marks of direction', `\u202A${plc}\u202C`, plc],
    ['of a name', 'did:web:example.com', 'did:web:example.com'],
    ['of a name and a port', 'did:web:localhost%3A3000', 'did:web:localhost%3A3000'],
    ['of a name and a path', 'did:web:example.com:people:Alice', 'did:web:example.com:people:Alice'],
  ])('%s', (_, text, did) => {
    expect(cleanIdentifier(text)).toBe(did)
  })
})

describe('an e-mail address is understood', () => {
  it.each([
    ['as it is', 'alice@example.com', 'alice@example.com'],
    ['in capitals', 'Alice@Example.COM', 'alice@example.com'],
    ['with spaces around', ' alice@example.com ', 'alice@example.com'],
    ['with a dot at the end', 'alice@example.com.', 'alice@example.com'],
    ['with a tag', 'alice+bsky@example.com', 'alice+bsky@example.com'],
    ['with what looks like a code', 'a%41@example.com', 'a%41@example.com'],
    ['with what looks like a profile', 'a.b/profile/c@example.com', 'a.b/profile/c@example.com'],
  ])('%s', (_, text, email) => {
    expect(cleanIdentifier(text)).toBe(email)
  })
})

describe('nobody is meant by', () => {
  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['an @ alone', '@'],
    ['a name without its domain', 'alice'],
    ['a name in words', 'Alice Smith'],
    ['two handles', 'alice.test bob.test'],
    ['an underscore', 'ali_ce.test'],
    ['a hyphen at the end of a part', 'alice-.test'],
    ['letters of another script', 'аlice.test'],
    ['a top-level domain of digits', 'alice.123'],
    [
      'a handle that is too long',
      `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.test`,
    ],
    ['a DID of another method', 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'],
    ['half a DID', 'did:plc:'],
    ['two @', 'alice@bob@example.com'],
    ['an e-mail address without a domain', 'alice@localhost'],
    ['an e-mail address in words', 'Alice <alice@example.com>'],
    ['a post', `at://${plc}/app.bsky.feed.post/3lzzzzzzzzz22`],
    ['a broken code', 'https://bsky.app/profile/%E0%A4%A'],
    ['an app password', 'abcd-efgh-ijkl-mnop'],
  ])('%s', (_, text) => {
    expect(cleanIdentifier(text)).toBeNull()
  })
})

describe('an app password is understood', () => {
  it.each([
    ['as it is', 'abcd-ef2h-ijkl-mno7'],
    ['with the capital that a phone makes', 'Abcd-ef2h-ijkl-mno7'],
    ['with spaces for dashes', 'abcd ef2h ijkl mno7'],
    ['with several spaces for dashes', 'abcd  ef2h  ijkl  mno7'],
    ['with spaces around the dashes', 'abcd - ef2h - ijkl - mno7'],
    ['with non-breaking spaces', 'abcd\u00A0ef2h\u00A0ijkl\u00A0mno7'],
    ['with long dashes', 'abcd–ef2h—ijkl‑mno7'],
    ['with minus signs', 'abcd−ef2h−ijkl−mno7'],
    ['with spaces and line breaks around', ' abcd-ef2h-ijkl-mno7\r\n'],
    ['between marks of direction', '\u202Aabcd-ef2h-ijkl-mno7\u202C'],
    ['with zero width spaces', 'abcd-\u200Bef2h-\u200Bijkl-\u200Bmno7'],
    ['in full width letters', 'ａｂｃｄ－ｅｆ２ｈ－ｉｊｋｌ－ｍｎｏ７'],
  ])('%s', (_, text) => {
    expect(cleanAppPassword(text)).toBe('abcd-ef2h-ijkl-mno7')
  })

  it('with the digits that some servers use and others do not', () => {
    expect(cleanAppPassword('0189-0189-0189-0189')).toBe('0189-0189-0189-0189')
  })
})

describe('not an app password, and never sent, is', () => {
  it.each([
    ['nothing', ''],
    ['a password of a person', 'correct horse battery staple'],
    ['one of 16 letters and digits', 'CorrectHorse1234'],
    ['one of 16 small letters', 'correcthorsebatt'],
    ['one of 16 small letters and digits', 'correcthorse1234'],
    ['one with a dash of its own', 'correct-horse1234'],
    ['one with spaces of its own', 'cor rect horse 1234'],
    ['one of 16 letters with a line break at the end', 'correcthorse1234\n'],
    ['one with an invisible character in it', 'correct\u200Bhorse1234'],
    ['capitals, as other codes have', 'ABCD-EF2H-IJKL-MNO7'],
    ['a capital within', 'abcd-Ef2h-ijkl-mno7'],
    ['a capital for each group', 'Abcd-Efgh-Ijkl-Mnop'],
    ['a dash too many', 'abcd--efgh-ijkl-mnop'],
    ['a dash in front', '-abcd-efgh-ijkl-mnop'],
    ['dots for dashes', 'abcd.efgh.ijkl.mnop'],
    ['one with other characters', 'abcd-efgh-ijkl-mn!p'],
    ['a part of one', 'abcd-efgh-ijkl'],
    ['more than one', 'abcd-efgh-ijkl-mnop-qrst'],
    ['letters of another script', 'аbcd-efgh-ijkl-mnop'],
    ['letters that are small elsewhere', 'Kbcd-efgh-ijkl-mnop'.replace('K', '\u0130')],
    ['a code from an e-mail', 'ABCDE-FGHIJ'],
  ])('%s', (_, text) => {
    expect(cleanAppPassword(text)).toBeNull()
  })
})
