// How many channels fit: counted at once where they are few, else out of what a worker counts again and again.
import { Schema, Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ChannelStatus } from '../contract.ts'
import { among, conditions, inRank, RANKS, type ConnectionFilter } from './connection-filter.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { COUNT_MS } from './query-limits.ts'

/** Channels that are alike in everything that is counted. */
export interface CountRow {
  status: ChannelStatus
  code: OutcomeCode | null
  /** null: of the servers that have too few to be told apart */
  serviceUrl: string | null
  asked: boolean
  unseen: boolean
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
/** A row is some 150 bytes, and a document holds 16 MB. */
const MOST_ROWS = 20_000

export const sumOf = (rows: { count: number }[]): number => rows.reduce((sum, { count }) => sum + count, 0)

/** What tells channels apart in a count. */
const alike = {
  status: '$status',
  code: '$outcome.code',
  serviceUrl: '$serviceUrl',
  asked: { $gt: ['$askedAt', null] },
  unseen: { $not: [{ $gte: ['$seen.at', '$since'] }] },
}

interface Group {
  _id: Omit<CountRow, 'count' | 'code'> & { code?: OutcomeCode | null }
  count: number
}
const rowOf = ({ _id, count }: Group): CountRow => ({ ..._id, code: _id.code ?? null, count })

/** As they are in this moment. */
async function countRows(db: Db, where: object[]): Promise<CountRow[]> {
  const groups = await db.channels.aggregate<Group>(
    [{ $match: { $and: where } }, { $group: { _id: alike, count: { $sum: 1 } } }],
    { maxTimeMS: COUNT_MS },
  )
  return groups.map(rowOf)
}

/** Adds up rows that are the same in what is left of them. */
function merged(rows: CountRow[]): CountRow[] {
  const sums = new Map<string, CountRow>()
  for (const row of rows) {
    const { status, code, serviceUrl, asked, unseen } = row
    const key = [status, code, serviceUrl, asked, unseen].join()
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

const keptCounts = (db: Db) => db.connectionCounts.findOne({ _id: ID }).lean<ConnectionCountDoc>()

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
 * @param goOn asked after each part
 * @returns null where it should not go on
 */
export async function countAll(db: Db, goOn: () => Promise<boolean>): Promise<CountRow[] | null> {
  let rows: CountRow[] = []
  for (let last = new Types.ObjectId('0'.repeat(24)); ;) {
    const groups: (Group & { last: Types.ObjectId })[] = await db.channels.aggregate(
      [
        { $match: { _id: { $gt: last } } },
        { $sort: { _id: 1 } },
        { $limit: AT_ONCE },
        { $group: { _id: alike, count: { $sum: 1 }, last: { $max: '$_id' } } },
      ],
      { maxTimeMS: COUNT_MS, hint: { _id: 1 } },
    )
    rows = merged([...rows, ...groups.map(rowOf).filter(({ status }) => rankOf(status) <= rankOf('connected'))])
    if (sumOf(groups) < AT_ONCE) return folded(rows)
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

export interface Counted {
  rows: Pick<CountRow, 'status' | 'code' | 'count'>[]
  /** there are at least so many */
  more: boolean
  at: Date
}

/** Counts what fits a filter. @param now when it is asked */
export async function countConnections(db: Db, filter: ConnectionFilter | null, now: Date): Promise<Counted> {
  if (!filter) return { rows: [], more: false, at: now }
  const kept = await keptCounts(db)
  if (!kept?.at || sumOf(kept.rows) <= FEW_CHANNELS) return countLive(db, filter, now)
  return fromRows(kept.rows, kept.at, filter) ?? countSome(db, filter, now)
}

async function countLive(db: Db, filter: ConnectionFilter, at: Date): Promise<Counted> {
  const matching = await conditions(db, filter)
  if (!matching) return { rows: [], more: false, at }
  return { rows: await countRows(db, [anyRank(filter), ...matching.where]), more: false, at }
}

/** The ranks, statuses and times of a filter. */
const anyRank = (filter: ConnectionFilter) => ({
  rank: { $in: RANKS },
  $or: RANKS.flatMap((rank) => {
    const where = inRank(filter, rank)
    return where ? [{ $and: where }] : []
  }),
})

/** @returns null where the filter asks for what the rows do not tell */
function fromRows(rows: CountRow[], at: Date, filter: ConnectionFilter): Counted | null {
  const { statuses, codes, serviceUrl, userId, asked, unseen, text, from, to } = filter
  if ([userId, text, from, to].some((part) => part !== undefined)) return null
  const isTold = serviceUrl === undefined || rows.some((row) => row.serviceUrl === serviceUrl)
  if (!isTold && rows.some((row) => row.serviceUrl === null)) return null
  const fitting = rows.filter(
    (row) =>
      (statuses?.includes(row.status) ?? true) &&
      (!codes || (row.code !== null && codes.includes(row.code))) &&
      (serviceUrl === undefined || row.serviceUrl === serviceUrl) &&
      (!asked || row.asked) &&
      (!unseen || row.unseen),
  )
  return { rows: fitting, more: false, at }
}

/** All where they are few, else as many of them as may be counted. */
export async function countSome(db: Db, filter: ConnectionFilter, at: Date): Promise<Counted> {
  const matching = await conditions(db, filter, 'none')
  if (!matching?.known) return { rows: [], more: false, at }
  const { some, all } = matching.known
  const rows = await countRows(db, [among(some), anyRank(filter), ...matching.where])
  return { rows, more: !all, at }
}
