// What a channel is found by in the middle of its names: the ends of its handle and its identifier, from every letter on.

/** A shorter text is in nearly every name. */
export const SHORTEST_PART = 3
/** Longer names are found by their beginning, and by any part of their first letters. */
const MOST_LETTERS = 64
/** What most handles end in: one entry for all of it, or the same nine would stand at nearly every channel. */
const SHARED_END = '.bsky.social'

function endsOf(name: string): string[] {
  if (name.startsWith('did:')) return []
  const own = name.endsWith(SHARED_END) ? name.length - SHARED_END.length : name.length - SHORTEST_PART
  // The whole name is found by its beginning: another index has it.
  const starts = Array.from({ length: Math.min(own, MOST_LETTERS) }, (_, at) => at + 1)
  return starts.map((at) => name.slice(at, at + MOST_LETTERS))
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
