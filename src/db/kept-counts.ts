// How many channels are alike, as one worker counts them again and again: what the admin's list tells of very many.
import { Schema, Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ChannelStatus } from '../contract.ts'
import type { ConnectionFilter } from './connection-filter.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { COUNT_MS } from './query-limits.ts'
import { canRunAgain } from './retriable.ts'

/** Channels that are alike in everything that is counted. */
export interface CountRow {
  status: ChannelStatus
  code: OutcomeCode | null
  /** null: of the servers that have too few to be told apart */
  serviceUrl: string | null
  asked: boolean
  unseen: boolean
  /** it failed, and can run again now */
  again: boolean
  count: number
}

/** One document, which one worker holds at a time. */
export interface ConnectionCountDoc {
  _id: string
  /** when the next count is due: while one is under way, when its worker counts as killed */
  lookAt: Date
  /** as of when the rows are; absent before the first count */
  at?: Date
  rows: CountRow[]
}

export const connectionCountSchema = new Schema<ConnectionCountDoc>(
  {
    _id: { type: String, required: true },
    lookAt: { type: Date, required: true },
    at: Date,
    rows: Schema.Types.Mixed,
  },
  { versionKey: false },
)

const ID = 'all'
/** Up to so many channels they are counted whenever somebody looks. */
const FEW_CHANNELS = 5_000
/** Channels that are counted in one go. */
const AT_ONCE = 10_000
/** A row is some 150 bytes, and all are read with each count. */
const MOST_ROWS = 5_000

export const countOf = (rows: { count: number }[]): number => rows.reduce((sum, { count }) => sum + count, 0)

/** What tells channels apart in a count. */
const alike = (at: Date) => ({
  status: '$status',
  code: '$outcome.code',
  serviceUrl: '$serviceUrl',
  asked: { $gt: ['$askedAt', null] },
  unseen: { $not: [{ $gte: ['$seen.at', '$since'] }] },
  again: canRunAgain(at),
})

interface Group {
  _id: Omit<CountRow, 'count' | 'code'> & { code?: OutcomeCode | null }
  count: number
}
const rowOf = ({ _id, count }: Group): CountRow => ({ ..._id, code: _id.code ?? null, count })

/** Adds up rows that are the same in what is left of them. */
function merged(rows: CountRow[]): CountRow[] {
  const sums = new Map<string, CountRow>()
  for (const row of rows) {
    const { status, code, serviceUrl, asked, unseen, again } = row
    const key = [status, code, serviceUrl, asked, unseen, again].join()
    sums.set(key, { ...row, count: row.count + (sums.get(key)?.count ?? 0) })
  }
  return [...sums.values()]
}

/** The rows that stand for most, and what is left without its servers. */
function folded(rows: CountRow[]): CountRow[] {
  const sorted = rows.toSorted((a, b) => b.count - a.count)
  const rest = sorted.slice(MOST_ROWS).map((row) => ({ ...row, serviceUrl: null }))
  return [...sorted.slice(0, MOST_ROWS), ...merged(rest)]
}

/** @returns null where they are so few that nobody needs it, or not counted yet */
export async function keptCounts(db: Db): Promise<{ rows: CountRow[]; at: Date } | null> {
  const kept = await db.connectionCounts.findOne({ _id: ID }, { rows: 1, at: 1 }).lean<ConnectionCountDoc>()
  return kept?.at && countOf(kept.rows) > FEW_CHANNELS ? { rows: kept.rows, at: kept.at } : null
}

/** Whether the channels of a row fit what a filter asks for, as far as rows tell. */
export const fits =
  ({ statuses, codes, serviceUrl, asked, unseen }: ConnectionFilter) =>
  (row: CountRow): boolean =>
    (statuses?.includes(row.status) ?? true) &&
    (!codes || (row.code !== null && codes.includes(row.code))) &&
    (serviceUrl === undefined || row.serviceUrl === serviceUrl) &&
    (!asked || row.asked) &&
    (!unseen || row.unseen)

/** The rows that fit. @returns null where a filter asks for what they do not tell */
export function told(rows: CountRow[], filter: ConnectionFilter): CountRow[] | null {
  const { serviceUrl, userId, text, from, to } = filter
  if ([userId, text, from, to].some((part) => part !== undefined)) return null
  const isApart = serviceUrl === undefined || rows.some((row) => row.serviceUrl === serviceUrl)
  // It may be among those that have too few, or nowhere.
  return isApart || rows.every((row) => row.serviceUrl !== null) ? rows.filter(fits(filter)) : null
}

/**
 * Takes the count that is due.
 * @param until when another may take it: who took it did not live to end it
 * @returns false where none is due, or somebody else has it
 */
export async function takeCount(db: Db, at: Date, until: Date): Promise<boolean> {
  const kept = await db.connectionCounts.findOne({ _id: ID }, { lookAt: 1 }).lean<ConnectionCountDoc>()
  if (kept && kept.lookAt > at) return false
  if (!kept) {
    try {
      await db.connectionCounts.create({ _id: ID, lookAt: at, rows: [] })
    } catch (error) {
      // Somebody else did in the same moment.
      if (!isDuplicateKey(error)) throw error
    }
  }
  const due = { _id: ID, lookAt: { $lte: at } }
  const { matchedCount } = await db.connectionCounts.updateOne(due, { $set: { lookAt: until } })
  return matchedCount === 1
}

/**
 * Counts all of them, some at a time: each once, as it is when its turn comes.
 * @param at what can run again by then
 * @param goOn asked after each part
 * @returns null where it should not go on
 */
export async function countAll(db: Db, at: Date, goOn: () => Promise<boolean>): Promise<CountRow[] | null> {
  let rows: CountRow[] = []
  for (let last = new Types.ObjectId('0'.repeat(24)); ;) {
    const groups: (Group & { last: Types.ObjectId })[] = await db.channels.aggregate(
      [
        { $match: { _id: { $gt: last } } },
        { $sort: { _id: 1 } },
        { $limit: AT_ONCE },
        { $group: { _id: alike(at), count: { $sum: 1 }, last: { $max: '$_id' } } },
      ],
      { maxTimeMS: COUNT_MS, hint: { _id: 1 } },
    )
    rows = merged([...rows, ...groups.map(rowOf).filter(({ status }) => rankOf(status) <= rankOf('connected'))])
    if (countOf(groups) < AT_ONCE) return folded(rows)
    last = groups.map((group) => group.last).reduce((a, b) => (a.toHexString() > b.toHexString() ? a : b))
    if (!(await goOn())) return null
  }
}

/** Whoever counts goes on until then. @returns false when another process took the count meanwhile */
export async function extendCount(db: Db, until: Date, later: Date): Promise<boolean> {
  const { matchedCount } = await db.connectionCounts.updateOne({ _id: ID, lookAt: until }, { $set: { lookAt: later } })
  return matchedCount === 1
}

/** Unless another process took the count meanwhile. */
export const keepCount = (db: Db, until: Date, counted: Pick<ConnectionCountDoc, 'at' | 'rows' | 'lookAt'>) =>
  db.connectionCounts.updateOne({ _id: ID, lookAt: until }, { $set: counted })
