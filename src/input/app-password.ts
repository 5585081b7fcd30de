// Reads an app password out of what people paste, and tells where another text holds one (docs/at-protocol.md §1.2).

/** Format characters (bidi marks, zero width), but for the joiners that are a part of words in some scripts. */
const unseen = /(?![\u200C\u200D])\p{Cf}|(?<![^\0-\x7F])[\u200C\u200D]|[\u200C\u200D](?![^\0-\x7F])/gu

/** A text as people see it. The end of a line and a tab part what stands around them. */
export const visible = (text: string): string =>
  text
    .replace(unseen, '')
    .normalize('NFKC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

export const QUOTES = String.raw`"'${'`'}´‘’‚“”„«»‹›`

/** Between the groups: a dash of any kind or an underscore, or spaces. */
const DASH = String.raw` ?[\p{Pd}\u2212_] ?`
const groups = (first: string, between: string) => `${first}(?:(?:${between})[a-z0-9]{4}){3}`

/** What is written otherwise may be a main password. The one capital that is taken is the first, which phones write. */
const WRITTEN = groups('[A-Za-z0-9][a-z0-9]{3}', `${DASH}| `)
const pasted = new RegExp(
  String.raw`^[(<[*${QUOTES}]*(?:(?:[\p{L}\p{Pd} ]{1,40}:|[Aa]pp[ -]?[Pp]asswor[dt]) ?)?[(<[*${QUOTES}]*(${WRITTEN})[)>\]*${QUOTES}]*[.,;]?[${QUOTES}]*$`,
  'u',
)

const canonical = (written: string) =>
  written
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .join('-')

/** The app password as servers compare it (`xxxx-xxxx-xxxx-xxxx`), or null when the text does not have its shape. */
export function cleanAppPassword(text: string): string | null {
  const [, written] = pasted.exec(visible(text)) ?? []
  return written === undefined ? null : canonical(written)
}

const GROUP = '[a-z0-9]{4}'
const dashed = new RegExp(String.raw`(?<![\p{L}\p{N}\p{Pd}_])${groups(GROUP, DASH)}(?![\p{L}\p{N}\p{Pd}_])`, 'giu')
/** Without dashes it is told at the end of a text alone. */
const undashed = new RegExp(String.raw`(?:^| )${groups(GROUP, ' ')}$|(?<=.) [a-z0-9]{16}$`, 'iu')

/** Letters and digits alone. */
const bare = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

/** Whether a text holds this app password, however it is written. */
export const repeats = (text: string, appPassword: string): boolean => bare(text).includes(bare(appPassword))

/** Whether a text holds what looks like an app password. */
export function holdsAppPassword(text: string): boolean {
  const seen = visible(text)
  return seen.search(dashed) >= 0 || undashed.test(seen)
}

interface Found {
  written: string
  before: string
  after: string
  /** without, it may be four words as well */
  hasDashes: boolean
}

/** What looks like an app password in a text; without dashes, at its end alone. */
export function findAppPasswords(text: string): Found[] {
  const seen = visible(text)
  const found = [...seen.matchAll(dashed)]
  const [written] = undashed.exec(seen) ?? []
  if (found.length === 0 && written !== undefined) {
    return [{ written, before: seen.slice(0, -written.length), after: '', hasDashes: false }]
  }
  return found.map(({ 0: written, index }) => ({
    written,
    before: seen.slice(0, index),
    after: seen.slice(index + written.length),
    hasDashes: true,
  }))
}

const glued = new RegExp(String.raw`${groups(GROUP, '-')}$|(?:^|\.)(?!xn--)[^.:]*[a-z0-9]{16}$`, 'i')
/**
 * Whether an identifier holds an app password, or may have one glued to its end: no top-level domain is as long as that,
 * but for those in code, and none has a hyphen.
 */
export const endsInAppPassword = (identifier: string): boolean =>
  holdsAppPassword(identifier) || glued.test(identifier.replace(/[\p{Pd}\u2212]/gu, '-'))
