// Counts what is sealed, by the key that sealed it: what the keys here open, and what they do not.
import { decodeProtectedHeader } from 'jose'
import type { Db } from '../src/db/open.ts'
import { readSealed, type SealedPlace, type SealedValue } from '../src/db/sealed-values.ts'
import { SealError, type Unseal } from './unseal.ts'

export interface KeyCount {
  opens: Map<SealedPlace, number>
  /** altered, or sealed by a key that is not here */
  closed: Map<SealedPlace, number>
}

/** What is no sealed value at all says so. */
export function keyIdOf(sealed: string): string {
  try {
    return decodeProtectedHeader(sealed).kid ?? '(none)'
  } catch {
    return '(none)'
  }
}

/** @returns null when it cannot be opened */
export async function tryUnseal(unseal: Unseal, { purpose, owner, sealed }: SealedValue): Promise<string | null> {
  try {
    return await unseal(purpose, owner, sealed)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

/** By key id. */
export async function countSealed(db: Db, unseal: Unseal): Promise<Map<string, KeyCount>> {
  const keys = new Map<string, KeyCount>()
  for await (const page of readSealed(db)) {
    const opened = await Promise.all(page.map((value) => tryUnseal(unseal, value)))
    for (const [index, { sealed, place }] of page.entries()) {
      const id = keyIdOf(sealed)
      const counts = keys.get(id) ?? { opens: new Map(), closed: new Map() }
      const counted = opened[index] === null ? counts.closed : counts.opens
      counted.set(place, (counted.get(place) ?? 0) + 1)
      keys.set(id, counts)
    }
  }
  return keys
}
