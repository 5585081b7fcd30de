// The words for what a look at a server found, in both languages.
import { describe, expect, test } from 'vitest'
import { findingCodes, findings, namesIn, type FindingWords } from '../../src/outcomes/findings.ts'
import { deFindings } from '../../src/outcomes/de.ts'

const origin = 'https://pds.example.com'
const nothing = { domains: [], target: null, suggestion: null, detail: 'HTTP 403' }
const english = { locale: 'en', nameless: 'another address' }
const german = { locale: 'de-AT', nameless: 'eine andere Adresse' }

describe.for<[string, Record<string, FindingWords>, typeof english]>([
  ['English', findings, english],
  ['German', deFindings, german],
])('in %s', ([, words, language]) => {
  test.for(findingCodes)('%s: a title of its own, and a sentence that is whole whatever is not known', (code) => {
    const { title, text } = words[code] as FindingWords
    expect(Object.values(words).filter((other) => other.title === title)).toHaveLength(1)
    expect(text(namesIn(origin, nothing, language))).toMatch(/^(?!.*(null|undefined|https:|\(\)))\S.*\.$/)
  })

  test('the server, where it sends on to and what was meant stand there as hosts', () => {
    const told = { ...nothing, target: 'https://www.example.com', suggestion: 'https://bsky.social' }
    const named = namesIn(origin, told, language)
    expect(words['redirects']?.text(named)).toMatch(/pds\.example\.com .* www\.example\.com\./)
    expect(words['web_page']?.text(named)).toMatch(/ bsky\.social\.$/)
  })

  test('of the ends of handles the first few are listed', () => {
    const endsOf = (count: number) => ({ ...nothing, domains: ['.a', '.b', '.c', '.d', '.e', '.f'].slice(0, count) })
    const said = (count: number) => words['answers']?.text(namesIn(origin, endsOf(count), language))
    expect(said(1)).toMatch(/ \.a\.$/)
    expect(said(4)).toMatch(/ \.a, \.b, \.c(,| und) \.d\.$/)
    expect(said(6)).toMatch(/\.a, \.b, \.c, \.d(,| und) …/)
  })
})
