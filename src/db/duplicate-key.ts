// Tells MongoDB's refusal of a second document with the same unique key from every other error.

export const isDuplicateKey = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 11000
