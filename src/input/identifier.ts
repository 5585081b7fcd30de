// Reads what people type and paste as handle, and says why a text is none (docs/at-protocol.md §1.2).
import { isValidDid, isValidHandle } from '@atproto/syntax'
import { endsInAppPassword, holdsAppPassword, QUOTES, visible } from './app-password.ts'

/** Why a text names no account, with what is said of it. */
export const identifierProblems = {
  nothing: 'Enter the handle of the account, such as name.bsky.social.',
  no_domain:
    'A handle has at least two parts with a dot between them, such as name.bsky.social. Add what comes after the name.',
  app_password:
    'A part of this looks like an app password, so nothing of it is kept. Put the handle alone here; the app password has a field of its own. If this is your handle all the same, enter it whole, such as name.bsky.social, or your account ID (did:plc:…).',
  several: 'There is more than one account in this. Enter the handle of one.',
  fediverse: 'That is an address of Mastodon or its like. Enter a Bluesky handle, such as name.bsky.social.',
  link: 'This link does not say which account is meant. Enter the handle, or the link of a profile.',
  did: 'An account ID is did:plc: with 24 letters and digits, or did:web: with a domain.',
  email: 'That is not a whole e-mail address. Enter the handle of the account, such as name.bsky.social.',
  characters:
    'A handle has letters, digits and hyphens, in parts with a dot between them. There is something else in this.',
  shape:
    'A part of a handle is not empty and has no hyphen at its ends, the last one begins with a letter, and all of it has at most 253 characters.',
  unclear: 'It is not clear which account is meant. Enter the handle alone, such as name.bsky.social.',
} as const
export type IdentifierProblem = keyof typeof identifierProblems

export type ReadIdentifier = { identifier: string; completed?: true } | { problem: IdentifierProblem }

/**
 * The canonical form of the handle, DID or e-mail address in a text, or why it names no account. What people copy along
 * is taken off, international names become ASCII, and all is lower-cased: servers compare without regard to case, except
 * for the part of a DID after its method.
 * @param domain what completes a bare name, with its dot in front; null: not known
 */
export function readIdentifier(text: string, domain: string | null = null): ReadIdentifier {
  if (holdsAppPassword(text)) return { problem: 'app_password' }
  const words = visible(text)
    .replace(/[(<[]/g, ' $&')
    .replace(/[)>\]]/g, '$& ')
    .split(' ')
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const [first, ...others] = words
  if (first === undefined) return { problem: 'nothing' }
  return others.length === 0 ? readWord(first, domain) : readAmong(words)
}

/** Of several words one names the account, if it is marked as that and no other one could be meant. */
function readAmong(words: string[]): ReadIdentifier {
  const found: string[] = []
  let one: string | undefined
  let isFediverse = false
  for (const [at, word] of words.entries()) {
    const read = readWord(word, null)
    if ('identifier' in read) {
      found.push(read.identifier)
      if (isMarked(word) || words[at - 1]?.endsWith(':')) one = read.identifier
    } else isFediverse ||= read.problem === 'fediverse'
  }
  if (new Set(found).size > 1) return { problem: 'several' }
  if (one !== undefined) return { identifier: one }
  return { problem: isFediverse ? 'fediverse' : 'unclear' }
}

const isMarked = (word: string) => /^[^\p{L}\p{N}]*@|^[(<[]|did:|:\/\//iu.test(word)

function readWord(word: string, domain: string | null): ReadIdentifier {
  if (/^[^\p{L}\p{N}@]*@+[^@/]+@/u.test(word)) return { problem: 'fediverse' }
  const actor = unwrap(word)
  // As a handle it would be kept, shown and looked up.
  if (endsInAppPassword(actor)) return { problem: 'app_password' }
  if (/^did:/i.test(actor)) return readDid(actor)
  const name = asciiOf(actor.toLowerCase())
  if (name.includes('@')) return email.test(name) && name.length <= 254 ? { identifier: name } : { problem: 'email' }
  if (isValidHandle(name)) return { identifier: name }
  if (word.includes('/')) return { problem: 'link' }
  if (!/^[a-z0-9.-]+$/.test(name)) return { problem: 'characters' }
  return name.includes('.') ? { problem: 'shape' } : complete(name, domain)
}

function readDid(actor: string): ReadIdentifier {
  const isPlc = /^did:plc:/i.test(actor)
  const did = isPlc ? actor.toLowerCase() : actor.replace(/^did:web:/i, 'did:web:')
  const isKnown = isPlc ? /^did:plc:[a-z2-7]{24}$/.test(did) : did.startsWith('did:web:')
  return isKnown && isValidDid(did) ? { identifier: did } : { problem: 'did' }
}

function complete(name: string, domain: string | null): ReadIdentifier {
  const handle = `${name}${domain ?? ''}`
  return domain !== null && isValidHandle(handle) ? { identifier: handle, completed: true } : { problem: 'no_domain' }
}

/** The form that a domain name has on the network, as browsers work it out; what cannot be one stays as it is. */
export function asciiOf(name: string): string {
  if (!/[^\0-\x7F]/.test(name) || !/^(?:[a-z0-9.-]|(?![\p{Pd}\u2212])[^\0-\x7F])+$/u.test(name)) return name
  return URL.parse(`https://${name}`)?.hostname ?? name
}

const wrapping = new RegExp(String.raw`^[(<[*${QUOTES}]+|[)>\]*,;:!?${QUOTES}]+$`, 'gu')

/** Takes off what people copy along, in whatever order it was wrapped around. */
function unwrap(text: string): string {
  const bare = text
    .replace(wrapping, '')
    .replace(/^mailto:([^?]*).*$/i, '$1')
    .replace(/^at:\/\/([^/?#]*).*$/i, '$1')
    .replace(/^@+/, '')
    .replace(/[/.]+$/, '')
  const actor = actorOf(bare)
  return actor === text ? actor : unwrap(actor)
}

const email = /^[\x21-\x3f\x41-\x7e]+@[a-z0-9.-]+\.[a-z0-9-]+$/i
const link = /^(?:https?:\/\/)?[\w-]+(?:\.[\w-]+)+(?::\d+)?(?=\/)/i

/** Whom the link of a profile, a post or a list names, in whichever client; what names nobody so stays as it is. */
function actorOf(text: string): string {
  if (/^https?:\/\/[^/?#]+$/i.test(text)) return text.replace(/^https?:\/\//i, '')
  if (!link.test(text) || (email.test(text) && !/:\/\/|\/@/.test(text))) return text
  const path = text.replace(link, '')
  const [, actor] = /\/(?:profile|starter-pack)\/([^/?#]+)/i.exec(path) ?? []
  if (actor) return /^@?did:/i.test(actor) ? actor : (decode(actor) ?? text)
  const dids = path.replace(/did%3a(plc|web)%3a/gi, 'did:$1:').match(/did:(?:plc|web):[\w.:%-]+/gi)
  const [one = text, ...others] = new Set(dids ?? decode(path)?.match(/(?<=\/@)[^/?#@]+/g))
  return others.length === 0 ? one : text
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
