// Indexes: those that are declared, compared with those that are there, and how the one becomes the other.
import type { Collection, Connection } from 'mongoose'
import type { KeepDays } from '../config.ts'
import { accountIndexes } from './accounts.ts'

export interface Index {
  key: Record<string, 1 | -1>
  unique?: boolean
  partialFilterExpression?: object
  expireAfterSeconds?: number
}

/** By collection. */
export type Declared = Record<string, Index[]>

/** What tells two indexes of the same key apart. */
const OPTIONS = ['unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'collation'] as const

/** Without what only says how it is built. */
const known = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => OPTIONS.some((option) => option === name)))

const DAY_SECONDS = 24 * 3600

/** What somebody keeps as long as they set. */
const indexesByAge = ({ removals }: KeepDays): Declared => ({
  removals: [{ key: { endedAt: 1 }, expireAfterSeconds: removals * DAY_SECONDS }],
})

export function declaredIndexes({ models }: Pick<Connection, 'models'>, keepDays: KeepDays): Declared {
  const declared: Declared = {}
  const add = (collection: string, indexes: Index[]) => (declared[collection] ??= []).push(...indexes)
  for (const { schema, collection } of Object.values(models)) {
    const indexes = schema.indexes().map(([key, options]) => ({ key, ...known(options) }) as Index)
    add(collection.collectionName, indexes)
  }
  for (const more of [accountIndexes, indexesByAge(keepDays)]) {
    for (const [collection, indexes] of Object.entries(more)) add(collection, indexes)
  }
  return declared
}

/** The name that an index has to which nobody gave one. */
export const nameOf = ({ key }: Pick<Index, 'key'>) =>
  Object.entries(key)
    .map(([field, direction]) => `${field}_${direction}`)
    .join('_')

/** Two that are the same in it are the same. */
const inWords = (index: { key: object } & Partial<Record<(typeof OPTIONS)[number], unknown>>) =>
  JSON.stringify([Object.entries(index.key), ...OPTIONS.map((option) => index[option] || null)])

const NAMESPACE_NOT_FOUND = 26

async function listIndexes(collection: Collection): Promise<(Index & { name: string })[]> {
  try {
    return (await collection.indexes()) as (Index & { name: string })[]
  } catch (error) {
    // Nobody has written anything there.
    if ((error as { code?: unknown }).code === NAMESPACE_NOT_FOUND) return []
    throw error
  }
}

export interface IndexChange {
  collection: string
  /** of those whose options are others now: one of these goes before its namesake is built */
  replaced: string[]
  built: Index[]
  dropped: string[]
}

export interface Rules {
  /** names by collection: nothing asks for them any more, but the version before does */
  retired: Record<string, string[]>
  /** collections of which others, too, make indexes: none of theirs is dropped */
  shared: ReadonlySet<string>
  /** a newer version has been here: its indexes are left as they are, and what is missing is built */
  isOlder: boolean
}

/** An index that somebody gave a name of their own is theirs, and stays. */
export async function compareIndexes(
  connection: Connection,
  declared: Declared,
  { retired, shared, isOlder }: Rules,
): Promise<IndexChange[]> {
  const compared = Object.entries(declared).map(async ([collection, wanted]): Promise<IndexChange> => {
    const there = await listIndexes(connection.collection(collection))
    const same = new Set(there.map((index) => inWords(index)))
    const missing = wanted.filter((index) => !same.has(inWords(index)))
    const named = new Set(there.map(({ name }) => name))
    const wantedNames = new Set(['_id_', ...wanted.map(nameOf), ...(retired[collection] ?? [])])
    const undeclared = there.filter((index) => !wantedNames.has(index.name) && index.name === nameOf(index))
    return {
      collection,
      replaced: isOlder ? [] : missing.map(nameOf).filter((name) => named.has(name)),
      built: isOlder ? missing.filter((index) => !named.has(nameOf(index))) : missing,
      dropped: isOlder || shared.has(collection) ? [] : undeclared.map(({ name }) => name),
    }
  })
  const changes = await Promise.all(compared)
  return changes.filter(({ replaced, built, dropped }) => replaced.length + built.length + dropped.length > 0)
}

/** Of many millions an index takes far longer than any other call may. */
const MOST_BUILD_MS = 6 * 3600_000

/** What takes the place of another index is there before that one goes. */
export async function changeIndexes(connection: Connection, { collection, replaced, built, dropped }: IndexChange) {
  const target = connection.collection(collection)
  for (const name of replaced) await target.dropIndex(name)
  const named = built.map((index) => ({ ...index, name: nameOf(index) }))
  if (named.length > 0) await target.createIndexes(named, { timeoutMS: MOST_BUILD_MS })
  for (const name of dropped) await target.dropIndex(name)
}
