// Puts a deadline on work that might never answer.

/** @throws Error which says `late` */
export async function withDeadline<T>(work: Promise<T>, ms: number, late = 'no answer in time'): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  // An answer that is here already counts, also when this process itself was too busy to see it in time.
  const timer = setTimeout(() => setImmediate(reject, new Error(late)), ms)
  // Whoever loses the race must not become an unhandled rejection.
  work.catch(() => {})
  return Promise.race([work, over]).finally(() => clearTimeout(timer))
}
