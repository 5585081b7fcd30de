// Puts a deadline on work that might never answer.

/** @throws Error "no answer in time" */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  // An answer that is here already counts, also when this process itself was too busy to see it in time.
  const timer = setTimeout(() => setImmediate(reject, new Error('no answer in time')), ms)
  // Whoever loses the race must not become an unhandled rejection.
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
