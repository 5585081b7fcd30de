// What people paste as handle and app password, and what becomes of it (docs/at-protocol.md §1.2).

import { describe, expect, it } from 'vitest'
import { cleanAppPassword, holdsAppPassword } from '../../src/input/app-password.ts'
import { readIdentifier } from '../../src/input/identifier.ts'
import { isolated, shownHandle, shownName } from '../../src/input/shown.ts'
import { partAccount } from '../../src/input/together.ts'

const cleanIdentifier = (text: string) => {
  const read = readIdentifier(text)
  return 'identifier' in read ? read.identifier : null
}

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
    ['behind a name', 'Alice Smith (@alice.test)'],
    ['behind a name, on its own line', 'Alice Smith\n@alice.test'],
    ['behind a name, in brackets without an @', 'Alice (alice.test)'],
    ['behind a name, without a space', 'Alice(@alice.test)'],
    ['behind a name that is the same handle', 'alice.test (@alice.test)'],
    ['behind a word for it', 'Handle: alice.test'],
    ['in a sentence, with an @', 'I am @alice.test on Bluesky'],
    ['in quotes', '"alice.test"'],
    ['in quotes of print', '“@alice.test”'],
    ['in backticks', '`alice.test`'],
    ['in angle brackets', '<alice.test>'],
    ['as an address in angle brackets', '<https://bsky.app/profile/alice.test>'],
    ['with a comma behind', 'alice.test,'],
    ['with commas behind quotes', '"alice.test",'],
    ['with a point of a list before', '- alice.test'],
    ['in bold', '**alice.test**'],
    ['as the address of a profile at another client', 'https://deer.social/profile/alice.test'],
    [
      'as the address of a post at another client, with an @',
      'https://deer.social/profile/@alice.test/post/3lzzzzzzzzz22',
    ],
    ['as the address of a page that names it with an @', 'https://tangled.org/@alice.test/knots'],
    ['as that address, without https', 'tangled.org/@alice.test'],
    ['as the address of a starter pack', 'https://bsky.app/starter-pack/alice.test/3lzzzzzzzzz22'],
    ['as the URI of a post', 'at://alice.test/app.bsky.feed.post/3lzzzzzzzzz22'],
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
    ['as the URI of its repository', `at://${plc}/`, plc],
    ['as the URI of a post', `at://${plc}/app.bsky.feed.post/3lzzzzzzzzz22`, plc],
    ['as the address of a browser of records', `https://pdsls.dev/at://${plc}/app.bsky.feed.post/3lzzzzzzzzz22`, plc],
    ['as the address of the directory', `https://plc.directory/${plc}/log`, plc],
    ['behind a word for it', `DID: ${plc}`, plc],
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
    ['as a link', 'mailto:alice@example.com?subject=Hello', 'alice@example.com'],
    ['behind a name', 'Alice <alice@example.com>', 'alice@example.com'],
  ])('%s', (_, text, email) => {
    expect(cleanIdentifier(text)).toBe(email)
  })
})

describe('an international handle becomes its ASCII form', () => {
  it.each([
    ['in Latin letters', 'müller.de', 'xn--mller-kva.de'],
    ['in capitals', '@MÜLLER.DE', 'xn--mller-kva.de'],
    ['in letters that are put together', 'mu\u0308ller.de', 'xn--mller-kva.de'],
    ['with the letter that older rules wrote as ss', 'straße.de', 'xn--strae-oqa.de'],
    ['with an @, in a script of the south', '@ꩰ.com', 'xn--8r9a.com'],
    ['in Cyrillic, to its end', 'Почта.рф', 'xn--80a1acny.xn--p1ai'],
    ['with a full stop of its own', 'bücher。de', 'xn--bcher-kva.de'],
    ['with a joiner that belongs to the word', 'نامه\u200Cای.com', 'xn--mgba3gch31f060k.com'],
    ['of a sign', '☃.net', 'xn--n3h.net'],
    ['in letters of another script', 'аlice.test', 'xn--lice-43d.test'],
    ['as the address of a profile', 'https://bsky.app/profile/m%C3%BCller.de', 'xn--mller-kva.de'],
    ['behind a name', 'Müller (@müller.de)', 'xn--mller-kva.de'],
    ['in ASCII already', 'xn--mller-kva.de', 'xn--mller-kva.de'],
  ])('%s', (_, text, ascii) => {
    expect(cleanIdentifier(text)).toBe(ascii)
  })
})

describe('a bare name', () => {
  it.each([
    ['as it is', 'sunny', '.test', 'sunny.test'],
    ['with an @ and in capitals', '@Sunny', '.test', 'sunny.test'],
    ['in quotes', '"sunny"', '.bsky.social', 'sunny.bsky.social'],
    ['with a hyphen', 'sunny-day', '.other.test', 'sunny-day.other.test'],
  ])('gets the domain of the server: %s', (_, text, domain, identifier) => {
    expect(readIdentifier(text, domain)).toEqual({ identifier, completed: true })
  })

  it.each([
    ['of whose server no domain is known', 'sunny', null, 'no_domain'],
    ['whose server gives out what is no domain', 'sunny', '.-', 'no_domain'],
    ['out of a link', 'https://bsky.app/profile/sunny', '.test', 'link'],
    ['that may be an app password without its dashes', 'abcdefghijklmnop', '.test', 'app_password'],
    ['with an app password at its end', 'sunnyabcd-efgh-ijkl-mnop', '.test', 'app_password'],
  ])('stays one, and is refused as what it is: %s', (_, text, domain, problem) => {
    expect(readIdentifier(text, domain)).toEqual({ problem })
  })
})

describe('nobody is meant by, and the reason is true of', () => {
  it.each([
    ['nothing', '', 'nothing'],
    ['spaces', '   ', 'nothing'],
    ['an @ alone', '@', 'nothing'],
    ['a name without its domain', 'alice', 'no_domain'],
    ['a name in words', 'Alice Smith', 'unclear'],
    ['a handle among words, unmarked', 'alice.test is mine', 'unclear'],
    ['two handles', 'alice.test bob.test', 'several'],
    ['two handles, one of them marked', 'Ask bob.test (@alice.test)', 'several'],
    ['two handles on two lines', 'alice.test\nbob.test', 'several'],
    ['an underscore', 'ali_ce.test', 'characters'],
    ['a comma for a dot', 'alice,bsky.social', 'characters'],
    ['a line that is no hyphen', 'a‐b.com', 'characters'],
    ['a hyphen at the end of a part', 'alice-.test', 'shape'],
    ['a top-level domain of digits', 'alice.123', 'shape'],
    ['an empty part', 'alice..test', 'shape'],
    [
      'a handle that is too long',
      `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.test`,
      'shape',
    ],
    ['a DID of another method', 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK', 'did'],
    ['half a DID', 'did:plc:', 'did'],
    ['a DID that is too long', `${plc}a`, 'did'],
    ['an address of the Fediverse', '@alice@mastodon.social', 'fediverse'],
    ['an address of the Fediverse behind a name', 'Alice (@alice@mastodon.social)', 'fediverse'],
    ['two @', 'alice@bob@example.com', 'email'],
    ['an e-mail address without a domain', 'alice@localhost', 'email'],
    ['a link of something else', 'https://bsky.app/settings', 'link'],
    ['a link of a name alone', 'https://mastodon.social/@alice', 'link'],
    ['a link that names two', `https://example.com/${plc}/did:web:example.com`, 'link'],
    ['a broken code', 'https://bsky.app/profile/%E0%A4%A', 'link'],
  ])('%s', (_, text, problem) => {
    expect(readIdentifier(text)).toEqual({ problem })
  })
})

const appPassword = 'abcd-ef2h-ijkl-mno7'
const bareAppPassword = appPassword.replaceAll('-', '')

describe('what looks like an app password is no part of an identifier', () => {
  it.each([
    ['alone', appPassword],
    ['alone, with spaces', appPassword.replaceAll('-', ' ')],
    ['behind the end of a line', `alice.test\n${appPassword}`],
    ['behind a line of another system', `alice.test\r\n${appPassword}`],
    ['behind a line of yet another one', `alice.test\u2028${appPassword}`],
    ['behind a tab', `alice.test\t${appPassword}`],
    ['behind a space', `alice.test ${appPassword}`],
    ['behind a colon', `alice.test:${appPassword}`],
    ['before it', `${appPassword}\nalice.test`],
    ['with spaces, at the end', `alice.test ${appPassword.replaceAll('-', ' ')}`],
    ['without dashes, at the end', `alice.test\n${bareAppPassword}`],
    ['in capitals', `alice.test ${appPassword.toUpperCase()}`],
    ['with other dashes', `alice.test ${appPassword.replaceAll('-', '–')}`],
    ['with underscores', `alice.test ${appPassword.replaceAll('-', '_')}`],
    ['glued to the end', `alice.test${appPassword}`],
    ['glued to the end with other dashes', `alice.test${appPassword.replaceAll('-', '–')}`],
    ['glued to the end by what nobody sees', `alice.test\u200B${appPassword}`],
    ['glued to the end without dashes', `alice.test${bareAppPassword}`],
    ['glued to an international end', `почта.рф${appPassword}`],
    ['glued to an e-mail address', `alice@example.com${appPassword}`],
    ['glued to a DID', `did:web:example.com${appPassword}`],
    ['as a name of the server', `${appPassword}.bsky.social`],
    ['as a mailbox', `${appPassword}@example.com`],
    ['in a link', `https://bsky.app/profile/${appPassword}`],
    ['in a link, in code', `https://bsky.app/profile/${appPassword.replaceAll('-', '%2D')}.test`],
    ['behind a marked handle', `Alice (@alice.test) ${appPassword}`],
  ])('%s', (_, text) => {
    expect(readIdentifier(text, '.test')).toEqual({ problem: 'app_password' })
  })

  it.each([
    ['five groups', 'abcd-efgh-ijkl-mnop-qrst.com'],
    ['three groups', 'nice-food-blog.com'],
    ['groups of which the first is longer', 'lovely-nice-food-blog.com'],
    ['a top-level domain in code', 'alice.xn--vermgensberatung-pwb'],
    ['a DID, which ends in many letters', plc],
  ])('but %s is none', (_, text) => {
    expect(cleanIdentifier(text)).toBe(text)
    expect(holdsAppPassword(text)).toBe(false)
  })
})

describe('handle and app password that come as one text are parted', () => {
  const both = { identifier: 'alice.test', appPassword }
  it.each([
    ['by the end of a line', `alice.test\n${appPassword}`, both],
    ['by a tab, as tables do', `alice.test\t${appPassword}`, both],
    ['by a space', `@alice.test ${appPassword}`, both],
    ['by a colon', `alice.test:${appPassword}`, both],
    ['by a slash', `alice.test / ${appPassword}`, both],
    ['the other way round', `${appPassword}\nalice.test`, both],
    ['with words for both', `Handle: alice.test\nApp password: ${appPassword}`, both],
    ['with a word for one', `alice.test password ${appPassword}`, both],
    ['with a name', `Alice (@alice.test)\n${appPassword}`, both],
    ['with spaces in the app password', `alice.test ${appPassword.replaceAll('-', ' ')}`, both],
    ['of a bare name', `sunny\n${appPassword}`, { identifier: 'sunny.test', appPassword }],
    ['of an international handle', `müller.de\n${appPassword}`, { identifier: 'xn--mller-kva.de', appPassword }],
    ['an app password alone', ` "${appPassword}" `, { identifier: null, appPassword }],
  ])('%s', (_, text, parted) => {
    expect(partAccount(text, '.test')).toEqual(parted)
  })

  it.each([
    ['two app passwords', `alice.test ${appPassword} bcde-bcde-bcde-bcde`],
    ['what may be a main password', `alice.test ${bareAppPassword}`],
    ['two handles', `alice.test bob.test ${appPassword}`],
    ['words of four letters', 'make this blog post good'],
    ['a handle alone', 'alice.test'],
  ])('but not where it is not sure what is what: %s', (_, text) => {
    expect(partAccount(text, '.test')).toBeNull()
  })
})

describe('a handle is shown', () => {
  it.each([
    ['as it is', 'alice.test', 'alice.test'],
    ['as its owner types it', 'xn--mller-kva.de', 'müller.de'],
    ['in Cyrillic', 'xn--80a1acny.xn--p1ai', 'почта.рф'],
    ['in scripts that are written together', 'xn--tckwe.xn--wgv71a', 'コム.日本'],
    ['as a sign', 'xn--ls8h.la', '💩.la'],
    ['from right to left', 'xn--5dbqzzl.com', 'עברית.com'],
    ['in ASCII where it is no name', 'xn--a.com', 'xn--a.com'],
    ['in ASCII where it would be another name', 'xn--MLLER-KVA.de', 'xn--MLLER-KVA.de'],
    ['as an e-mail address', 'alice@xn--mller-kva.de', 'alice@xn--mller-kva.de'],
    ['as a DID', plc, plc],
  ])('%s', (_, handle, shown) => {
    expect(shownHandle(handle)).toBe(shown)
  })

  it.each([
    ['a Cyrillic letter in a Latin word', 'аlice.test'],
    ['a Latin word in Cyrillic letters', 'аррӏе.com'],
    ['a Latin word in Greek letters', 'ικαρο.com'],
    ['a letter without its dot', 'bluesky.socıal'],
  ])('with its ASCII form beside it, where it may be taken for another: %s', (_, handle) => {
    const ascii = cleanIdentifier(handle) ?? ''
    expect(ascii).toContain('xn--')
    expect(shownHandle(ascii)).toBe(`${handle} (${ascii})`)
    expect(cleanIdentifier(shownHandle(ascii))).toBe(ascii)
  })
})

describe('a display name', () => {
  it.each([
    ['zero width', '\u200B\u2060'],
    ['spaces', ' \u00A0\u3000'],
    ['marks of direction', '\u202E\u2069'],
    ['letters that have no shape', '\u3164\u115F\uFFA0'],
    ['variants of nothing', '\uFE0F\u034F'],
    ['empty braille', '\u2800'],
    ['nothing', ''],
  ])('of %s is none', (_, name) => {
    expect(shownName(name)).toBeNull()
  })

  it('of which something is seen is kept as it is', () => {
    for (const name of ['Ada', '\u200BAda', '☀️', 'نور', '.']) expect(shownName(name)).toBe(name)
  })

  it('that runs from right to left does not turn the sentence around it, whatever marks it holds', () => {
    expect(isolated('نور')).toBe('\u2068نور\u2069')
    expect(isolated('\u202Eadam\u2069')).toBe('\u2068adam\u2069')
    expect(isolated('Ada')).toBe('Ada')
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
    ['in quotes', '"abcd-ef2h-ijkl-mno7"'],
    ['in quotes of print', '„abcd-ef2h-ijkl-mno7“'],
    ['in backticks', '`abcd-ef2h-ijkl-mno7`'],
    ['in bold', '**abcd-ef2h-ijkl-mno7**'],
    ['behind a word for it', 'App password: abcd-ef2h-ijkl-mno7'],
    ['behind a word for it, without a colon', 'App Password abcd-ef2h-ijkl-mno7'],
    ['behind a German word for it, in quotes', 'App-Passwort: "abcd-ef2h-ijkl-mno7"'],
    ['with underscores', 'abcd_ef2h_ijkl_mno7'],
    ['with a dot behind', 'abcd-ef2h-ijkl-mno7.'],
    ['with a dot behind quotes', '“abcd-ef2h-ijkl-mno7”.'],
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
    ['one with a handle before it', 'alice.test abcd-efgh-ijkl-mnop'],
    ['one with a sign of its own behind', 'abcd-efgh-ijkl-mnop!'],
    ['words before one', 'my password is abcd-efgh-ijkl-mnop'],
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
