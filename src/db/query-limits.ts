// How long MongoDB may look for what a page waits for: what takes longer is given up, and its reader told so.

/** of what is searched for by a filter */
export const SEARCH_MS = 10_000
/** of what is counted over everything */
export const COUNT_MS = 30_000
