// What a channel is found by in its names: the ends of its handle and its identifier, from every letter on.

/** A shorter text is in nearly every name. */
export const SHORTEST_PART = 3
/** Longer names are found by any part of their first letters, and longer texts at the beginning of a name. */
const MOST_LETTERS = 64
/** What most handles end in: one entry for all of it, or the same nine would stand at nearly every channel. */
const SHARED_END = '.bsky.social'

function endsOf(name: string): string[] {
  if (name.startsWith('did:')) return [name.slice(0, MOST_LETTERS)]
  const own = name.endsWith(SHARED_END) ? name.length - SHARED_END.length : name.length - SHORTEST_PART
  const starts = Math.min(Math.max(own, 0), MOST_LETTERS) + 1
  return Array.from({ length: starts }, (_, at) => name.slice(at, at + MOST_LETTERS))
}

/** Kept with the handle and the identifier, whenever one of them is written. */
export const partsOf = ({
  handle,
  identifier,
}: {
  handle?: string | null | undefined
  identifier: string
}): string[] => [...new Set([identifier, handle ?? identifier].flatMap(endsOf))]

/** @returns with what an entry begins where the text is a part of a name; null: too short, or too long, to be looked for */
export function partSearched(text: string): string | null {
  if (text.length < SHORTEST_PART || text.length > MOST_LETTERS) return null
  return SHARED_END.includes(text) ? SHARED_END : text
}
