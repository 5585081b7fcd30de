// Keeps an answer that is the same for everybody for a while, so that it is got once however many ask.

/** How long it is good for, at least; one that was hard to get is kept ten times as long as it took. */
const KEPT_MS = 2_000
const KEPT_TIMES = 10

export function kept<T>(get: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  let goodUntil = 0
  return () => {
    const startedAt = performance.now()
    if (answer && startedAt < goodUntil) return answer
    const got = get()
    answer = got
    goodUntil = Infinity
    got.then(
      () => (goodUntil = performance.now() + Math.max(KEPT_MS, KEPT_TIMES * (performance.now() - startedAt))),
      () => (goodUntil = 0),
    )
    return got
  }
}
