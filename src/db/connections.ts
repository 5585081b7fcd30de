// Channels of all users as the admin sees them: filtered pages in one of the orders of the list.
import { Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ConnectionSort } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { outcomeIndex, rankIndex, serverIndex, type Channel } from './channels.ts'
import { among, conditions, inRank, RANKS, type ConnectionFilter } from './connection-filter.ts'
import type { Db } from './open.ts'
import { COUNT_MS, SEARCH_MS } from './query-limits.ts'

/** Where a page ended: what comes after it in the list, as the list was at `asOf`. */
export interface Position {
  rank: number
  since: Date
  id: string
  asOf: Date
  /** of a list that goes by server or outcome: its server, its outcome; empty where it has none */
  key?: string
}

export interface Page {
  channels: Channel[]
  next: Position | null
}

/** How the list can be ordered; without a name: failures first, newest first. */
interface Order {
  index: Record<string, 1 | -1>
  /** of the time, and of the id where that is the same */
  direction: 1 | -1
  /** what comes before the rank and the time */
  by?: { field: string; of: (channel: Channel) => string }
}

const orders: Record<ConnectionSort, Order> = {
  since: { index: rankIndex, direction: 1 },
  '-since': { index: rankIndex, direction: -1 },
  server: { index: serverIndex, direction: -1, by: { field: 'serviceUrl', of: ({ serviceUrl }) => serviceUrl } },
  outcome: {
    index: outcomeIndex,
    direction: -1,
    by: { field: 'outcome.code', of: ({ outcome }) => outcome?.code ?? '' },
  },
}

interface Asked {
  limit: number
  after?: Position | undefined
  at: Date
  sort?: ConnectionSort | undefined
}

/**
 * A page of the list.
 *
 * Whatever keeps its status while somebody pages through comes exactly once. What changes its status meanwhile comes at
 * most once: it has moved up to the newest of its kind, which later pages leave out and a first page shows.
 */
export async function listConnections(db: Db, filter: ConnectionFilter, asked: Asked): Promise<Page> {
  const matching = await conditions(db, filter, asked.sort)
  if (!matching) return { channels: [], next: null }
  const { limit, after, sort } = asked
  const asOf = after?.asOf ?? asked.at
  const until = [filter.to, after && asOf].filter((time) => time !== undefined)
  const within = { ...filter, ...(until.length > 0 ? { to: new Date(Math.min(...until.map(Number))) } : {}) }
  const found = new Map<string, Channel>()
  for (const ranges of sort ? [rangesIn(orders[sort], after)] : rangesByRank(after)) {
    const read = ranges.map(async ({ rank, where, order }): Promise<Channel[]> => {
      const ofRank = inRank(within, rank)
      const known = matching.known?.all ? matching.known.some.filter((one) => one.rank === rank) : null
      if (!ofRank || known?.length === 0) return []
      return db.channels
        .find({ $and: [...(known ? [among(known)] : []), ...ofRank, ...where, ...matching.where] })
        .sort(order)
        .hint(matching.hint)
        .limit(limit + 1 - found.size)
        .maxTimeMS(SEARCH_MS)
        .lean<Channel[]>()
    })
    const some = (await Promise.all(read)).flat()
    // It may have got from one rank to the next between the two queries.
    for (const channel of sort ? some.toSorted(inOrder(orders[sort])) : some) {
      if (!found.has(channel._id.toHexString())) found.set(channel._id.toHexString(), channel)
    }
    if (found.size > limit) break
  }
  const channels = [...found.values()].slice(0, limit)
  const last = found.size > limit ? channels.at(-1) : undefined
  if (!last) return { channels, next: null }
  const { rank, since, _id } = last
  const by = sort && orders[sort].by
  return { channels, next: { rank, since, id: _id.toHexString(), asOf, ...(by ? { key: by.of(last) } : {}) } }
}

/** A part of the list that an index gives in its order. */
interface Range {
  rank: number
  where: object[]
  order: Record<string, 1 | -1>
}

/** One rank after the other, each read from where the page before ended. */
const rangesByRank = (after: Position | undefined): Range[][] =>
  RANKS.filter((rank) => rank >= (after?.rank ?? 0)).map((rank) => [
    { rank, where: after?.rank === rank ? [beyond(after, -1)] : [], order: { since: -1, _id: -1 } },
  ])

/** Of each rank what comes after the page before; together they hold the next page. */
function rangesIn({ direction, by }: Order, after: Position | undefined): Range[] {
  const order = { since: direction, _id: direction }
  if (!by) return RANKS.map((rank) => ({ rank, where: after ? [beyond(after, direction)] : [], order }))
  const { field } = by
  const later = (key: string | undefined): object => (key === undefined ? {} : { [field]: { $gt: key } })
  const all = RANKS.map((rank) => ({ rank, where: [later(after?.key)], order: { [field]: 1 as const, ...order } }))
  if (!after) return all
  const same = { [field]: after.key || null }
  const rest = RANKS.filter((rank) => rank >= after.rank).map((rank) => ({
    rank,
    where: [same, ...(rank === after.rank ? [beyond(after, direction)] : [])],
    order,
  }))
  return [...rest, ...all]
}

function beyond({ since, id }: Position, direction: 1 | -1) {
  const [passes, reaches] = direction === 1 ? (['$gt', '$gte'] as const) : (['$lt', '$lte'] as const)
  return {
    $and: [
      { since: { [reaches]: since } },
      { $or: [{ since: { [passes]: since } }, { _id: { [passes]: new Types.ObjectId(id) } }] },
    ],
  }
}

const inOrder =
  ({ direction, by }: Order) =>
  (a: Channel, b: Channel): number =>
    (by ? compare(by.of(a), by.of(b)) || a.rank - b.rank : 0) ||
    direction * (a.since.getTime() - b.since.getTime() || compare(a._id.toHexString(), b._id.toHexString()))

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

export const findConnection = (db: Db, id: string) => db.channels.findOne({ _id: id, live: true }).lean<Channel>()

/**
 * As it stood when it was read. The time is never before that of its status, whosever clock wrote that.
 * @returns false where it was marked before, or changed meanwhile
 */
export async function markSeen(db: Db, { _id, since, seen }: Channel, by: string, now: Date): Promise<boolean> {
  if (seen && seen.at >= since) return false
  const at = new Date(Math.max(now.getTime(), since.getTime()))
  const { matchedCount } = await db.channels.updateOne({ _id, live: true, since }, { $set: { seen: { by, at } } })
  return matchedCount === 1
}

/** @returns false where there is no mark, or it is over, or another one came meanwhile */
export async function unmarkSeen(db: Db, { _id, since, seen }: Channel): Promise<boolean> {
  if (!seen || seen.at < since) return false
  const { matchedCount } = await db.channels.updateOne(
    { _id, live: true, since, 'seen.at': seen.at },
    { $unset: { seen: 1 } },
  )
  return matchedCount === 1
}

/** Channels that are looked at to count their owners. */
const MOST_COUNTED = 1_000

/** How many users have channels that wait because their accounts live at this origin. */
export async function countPeopleElsewhere(db: Db, actualServer: string): Promise<{ people: number; more: boolean }> {
  const found = await db.channels
    .find(
      { 'outcome.code': 'wrong_server', 'outcome.params.actualServer': actualServer, live: true },
      { _id: 0, userId: 1 },
    )
    .hint({ 'outcome.params.actualServer': 1, userId: 1 })
    .limit(MOST_COUNTED)
    .maxTimeMS(COUNT_MS)
    .lean<Pick<Channel, 'userId'>[]>()
  return { people: new Set(found.map(({ userId }) => userId)).size, more: found.length === MOST_COUNTED }
}

/** How the connects that were submitted within five minutes stand now, at one server with one outcome. */
export interface Tally {
  at: Date
  serviceUrl: string
  connected: boolean
  code: OutcomeCode
  count: number
  /** when the first of them was submitted */
  first: Date
}

/** Every channel counts once, at its last submit; those that have no outcome yet do not. */
export async function tallyConnects(db: Db, from: Date): Promise<Tally[]> {
  const rows = await db.channels.aggregate<{
    _id: Pick<Tally, 'at' | 'serviceUrl'> & { code?: OutcomeCode | null; rank: number }
    count: number
    first: Date
  }>(
    [
      { $match: { submittedAt: { $gte: from }, live: true } },
      {
        $group: {
          _id: {
            at: { $dateTrunc: { date: '$submittedAt', unit: 'minute', binSize: 5 } },
            serviceUrl: '$serviceUrl',
            code: '$outcome.code',
            rank: '$rank',
          },
          count: { $sum: 1 },
          first: { $min: '$submittedAt' },
        },
      },
    ],
    { maxTimeMS: COUNT_MS },
  )
  return rows.flatMap(({ _id: { rank, code, ...key }, ...counted }) =>
    code ? [{ ...key, code, ...counted, connected: rank === rankOf('connected') }] : [],
  )
}
