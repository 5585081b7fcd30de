// How handles and names are shown: as their owners write them, and so that none is taken for another.
import punycode from 'punycode/punycode.js'
import { asciiOf } from './identifier.ts'

/** The scripts in everyday use (UAX 31, table 5). */
const scripts =
  'Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'.split(
    ' ',
  )
/** Together they write one language. */
const mixes = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const writtenIn = (names: string[]) =>
  new RegExp(`^[-0-9\\u200C\\u200D${names.map((name) => String.raw`\p{Script_Extensions=${name}}`).join('')}]+$`, 'u')
const writings = [
  ...[...scripts.map((script) => [script]), ...mixes].map(writtenIn),
  /^[-0-9a-z\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]+$/u,
]

/** Letters that look like a to z, or like each other, without being them. */
const alike = [
  /^[-0-9асԁеһіјӏорԛѕԝхуъьҽпгѵѡ]+$/,
  /^[-0-9αικνρυωηοτχ]+$/,
  /^[-0-9հոսցօքզյ]+$/,
  /^(?=.*[^-a-z0-9ßæœøđðþłħŋ])[-0-9\p{Script=Latin}]+$/u,
]
const isAlike = (label: string) => {
  const plain = label.normalize('NFD').replace(/\p{M}/gu, '')
  return /[^\0-\x7F]/.test(plain) && alike.some((letters) => letters.test(plain))
}

/** As browsers do it for addresses: a part in one script, or in those of one language, that looks like no other. */
const isPlain = (label: string) => writings.some((writing) => writing.test(label)) && !isAlike(label)

function asTyped(handle: string): string | null {
  try {
    const typed = punycode.toUnicode(handle)
    return asciiOf(typed) === handle ? typed : null
  } catch {
    return null
  }
}

/** A handle as its owner types it; where it may be taken for another one, its ASCII form stands beside it. */
export function shownHandle(handle: string): string {
  if (!/^(?:[a-z0-9-]+\.)*xn--[a-z0-9.-]+$/.test(handle)) return handle
  const typed = asTyped(handle)
  if (typed === null) return handle
  return typed.split('.').every(isPlain) ? typed : `${typed} (${handle})`
}

/** A display name, unless nothing of it can be seen. */
export const shownName = (name: string | null | undefined): string | null =>
  name && /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(name) ? name : null

const turning =
  /[\u0590-\u08FF\u200F\u202A-\u202E\u2066-\u2069\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u

/** A name within a sentence, kept from turning the direction of what stands around it. */
export const isolated = (name: string): string =>
  turning.test(name) ? `\u2068${name.replace(/[\u202A-\u202E\u2066-\u2069]/g, '')}\u2069` : name

const handleParams = ['identifier', 'seenHandle', 'currentHandle'] as const

/** The handles among what sentences name, as their owners write them. */
export function inSentences<T extends Partial<Record<string, string>>>(params: T): T {
  const named = handleParams.flatMap((name) => {
    const handle = params[name]
    return handle ? [[name, isolated(shownHandle(handle))] as const] : []
  })
  return { ...params, ...Object.fromEntries(named) }
}
