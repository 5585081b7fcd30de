// Parts handle and app password where they were pasted as one text.
import { cleanAppPassword, findAppPasswords } from './app-password.ts'
import { readIdentifier } from './identifier.ts'

/** What people write between the two, or copy along from where they keep them. */
const label = /(?:(?<=^|\s)(?:[\p{L}-]+ ){0,2}[\p{L}-]+ ?[:=]|\bapp[ -]?passwor[dt]|\bpasswor[dt])?[\s:=/|,;-]*$/iu

/** `identifier` is null where the text is an app password alone. */
export interface PartedAccount {
  identifier: string | null
  appPassword: string
}

/**
 * @param domain see `readIdentifier`
 * @returns null where it is not sure what is what
 */
export function partAccount(text: string, domain: string | null): PartedAccount | null {
  const alone = cleanAppPassword(text)
  if (alone !== null) return { identifier: null, appPassword: alone }
  const [one, ...others] = findAppPasswords(text)
  if (!one || others.length > 0) return null
  const appPassword = cleanAppPassword(one.written)
  const rest = `${one.before.replace(label, '')} ${one.after.replace(/^[\s:=/|,;-]+/, '')}`
  const read = readIdentifier(rest, one.hasDashes ? domain : null)
  return appPassword !== null && 'identifier' in read ? { identifier: read.identifier, appPassword } : null
}
