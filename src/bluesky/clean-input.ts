// Cleans what people paste as handle and app password, and tells what cannot be one (facts 1.2).
import { isValidDid, isValidHandle } from '@atproto/syntax'

/** Characters that nobody sees: format (bidi marks, zero width) and control characters. */
const invisible = /[\p{Cf}\p{Cc}]/gu

/**
 * The canonical form of a handle, DID or e-mail address, or null when the text is none of them.
 * Takes a leading @, at:// and profile addresses off, and lower-cases; servers compare without regard to case, except
 * for the part of a DID after its method.
 */
export function cleanIdentifier(text: string): string | null {
  let actor = text.normalize('NFKC').replace(invisible, '').trim()
  actor = actor.replace(/^at:\/\//i, '')
  actor = /^(?:https?:\/\/)?[^/?#\s]+\/profile\/([^/?#\s]+)/i.exec(actor)?.[1] ?? actor
  actor = actor.replace(/^https?:\/\//i, '').replace(/\/+$/, '')
  try {
    actor = decodeURIComponent(actor)
  } catch {
    return null
  }
  actor = actor.replace(/^@+/, '').replace(/\.+$/, '')
  if (/^did:/i.test(actor)) {
    const did = actor.replace(/^did:[a-z]+:/i, (prefix) => prefix.toLowerCase())
    return isValidDid(did) && /^did:(plc|web):/.test(did) ? did : null
  }
  const lower = actor.toLowerCase()
  if (lower.includes('@')) return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(lower) && lower.length <= 254 ? lower : null
  return isValidHandle(lower) ? lower : null
}

/** The app password as servers compare it (`xxxx-xxxx-xxxx-xxxx`), or null when the text does not have its shape. */
export function cleanAppPassword(text: string): string | null {
  const bare = text
    .normalize('NFKC')
    .replace(invisible, '')
    .toLowerCase()
    .replace(/[\p{Pd}\s]+/gu, '')
  if (!/^[a-z0-9]{16}$/.test(bare)) return null
  return bare.replace(/(.{4})(?=.)/g, '$1-')
}
