// Cleans what people paste as handle and app password, and tells what cannot be one (docs/at-protocol.md §1.2).
import { isValidDid, isValidHandle } from '@atproto/syntax'

/** Characters that nobody sees: format (bidi marks, zero width) and control characters. */
const invisible = /[\p{Cf}\p{Cc}]/gu

/**
 * The canonical form of a handle, DID or e-mail address, or null when the text is none of them.
 * Takes a leading @, at:// and profile addresses off, and lower-cases; servers compare without regard to case, except
 * for the part of a DID after its method.
 */
export function cleanIdentifier(text: string): string | null {
  const actor = unwrap(text)
  if (/^did:/i.test(actor)) {
    const did = /^did:plc:/i.test(actor)
      ? actor.toLowerCase()
      : actor.replace(/^did:[a-z]+:/i, (prefix) => prefix.toLowerCase())
    return isValidDid(did) && /^did:(plc|web):/.test(did) ? did : null
  }
  const lower = actor.toLowerCase()
  if (lower.includes('@'))
    return /^[\x21-\x3f\x41-\x7e]+@[a-z0-9.-]+\.[a-z0-9-]+$/.test(lower) && lower.length <= 254 ? lower : null
  return isValidHandle(lower) ? lower : null
}

/** The address of a profile, or of something in it. An actor has an @ in front at most: an e-mail address is none. */
const profile = /^(?:https?:\/\/)?[\w-]+(?:\.[\w-]+)+(?::\d+)?\/profile\/(@?[^/?#\s@]+)(?:[/?#][^@]*)?$/i

/** Takes off what people copy along, in whatever order it was wrapped around. */
function unwrap(text: string): string {
  const bare = text
    .replace(invisible, '')
    .normalize('NFKC')
    .trim()
    .replace(/^at:\/\//i, '')
    .replace(profile, (whole, actor: string) => (/^@?did:/i.test(actor) ? actor : (decode(actor) ?? whole)))
    .replace(/^https?:\/\//i, '')
    .replace(/^@+/, '')
    .replace(/[/.]+$/, '')
  return bare === text ? bare : unwrap(bare)
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Four groups, and between them a dash of any kind or a space: what is written otherwise may be a main password. */
const appPassword = /^[A-Za-z0-9][a-z0-9]{3}(?:(?:\s*[\p{Pd}\u2212]\s*|\s+)[a-z0-9]{4}){3}$/u

/**
 * The app password as servers compare it (`xxxx-xxxx-xxxx-xxxx`), or null when the text does not have its shape.
 * The one capital that is taken is the first letter, which phones write so.
 */
export function cleanAppPassword(text: string): string | null {
  const bare = text.normalize('NFKC').replace(invisible, '').trim()
  if (!appPassword.test(bare)) return null
  return bare
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .join('-')
}
