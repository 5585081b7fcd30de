// Tells MongoDB's refusal of a second document with the same unique key from every other error.

/** DocumentDB behind FerretDB gives the code for inserts, but for updates only PostgreSQL's sentence. */
export const isDuplicateKey = (error: unknown): boolean => {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return code === 11000 || (typeof message === 'string' && message.includes('violates exclusion constraint'))
}
