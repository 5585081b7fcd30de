// Channels of all users as the admin sees them: filtered pages in one of the orders of the list.
import { Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ConnectionSort } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import type { Channel } from './channels.ts'
import {
  inRank,
  orderWithin,
  planned,
  RANKS,
  type ConnectionFilter,
  type Lookup,
  type Order,
} from './connection-filter.ts'
import type { Db } from './open.ts'
import { COUNT_MS, SEARCH_MS } from './query-limits.ts'

/** Where a channel stands in the list. */
interface Place {
  rank: number
  since: Date
  id: string
  /** of a list that goes by server or outcome: its server, its outcome; empty where it has none */
  key?: string
}

/** Where a page ended: what comes after it in the list, as the list was at `asOf`. */
export interface Position extends Place {
  asOf: Date
}

export interface Page {
  channels: Channel[]
  next: Position | null
}

/** How the list can be ordered: by a key, by rank, by time, by id. */
interface Ordered {
  /** of the time, and of the id where that is the same */
  direction: 1 | -1
  key?: { field: string; of: (channel: Channel) => string }
  /** what failed is not before what did not */
  isMixed?: true
}

const orders: Record<ConnectionSort | 'default', Ordered> = {
  default: { direction: -1 },
  since: { direction: 1, isMixed: true },
  '-since': { direction: -1, isMixed: true },
  server: { direction: -1, key: { field: 'serviceUrl', of: ({ serviceUrl }) => serviceUrl } },
  outcome: { direction: -1, key: { field: 'outcome.code', of: ({ outcome }) => outcome?.code ?? '' } },
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
  const { limit, after, sort, at } = asked
  const asOf = after?.asOf ?? at
  const { few, where, hint } = await planned(db, filter, sort)
  const sources = few ?? [{ match: where.length > 0 ? { $and: where } : {}, index: hint }]
  const order = orders[sort ?? 'default']
  const channels = await read(db, filter, sources, { ...asked, sort: orderWithin(filter, sort) })
  const last = channels.length > limit ? channels[limit - 1] : undefined
  return { channels: channels.slice(0, limit), next: last ? { ...placeIn(order, last), asOf } : null }
}

/** One more than the page has, where there are more. */
async function read(
  db: Db,
  filter: ConnectionFilter,
  sources: Lookup[],
  { limit, after, sort }: Omit<Asked, 'sort'> & { sort: Order },
): Promise<Channel[]> {
  const until = [filter.to, after?.asOf].filter((time) => time !== undefined)
  const within = { ...filter, ...(until.length > 0 ? { to: new Date(Math.min(...until.map(Number))) } : {}) }
  const order = orders[sort === undefined || sort === 'none' ? 'default' : sort]
  const found = new Map<string, Channel>()
  for (const ranges of order === orders.default ? rangesByRank(after) : [rangesIn(order, after)]) {
    const reads = ranges.flatMap(({ rank, where: range, order: sorted }) => {
      const ofRank = inRank(within, rank)
      const those = sources.filter((source) => source.rank === undefined || source.rank === rank)
      return those.map(async ({ match, index }): Promise<Channel[]> => {
        if (!ofRank) return []
        return db.channels
          .find({ $and: [...ofRank, ...range, match] })
          .sort(sorted)
          .hint(index)
          .limit(limit + 1 - found.size)
          .maxTimeMS(SEARCH_MS)
          .lean<Channel[]>()
      })
    })
    const some = (await Promise.all(reads)).flat()
    // It may have got from one rank to the next between the two queries.
    for (const channel of some.toSorted((a, b) => compareIn(order)(placeIn(order, a), placeIn(order, b)))) {
      if (!found.has(channel._id.toHexString())) found.set(channel._id.toHexString(), channel)
    }
    if (found.size > limit) break
  }
  return [...found.values()].slice(0, limit + 1)
}

/** A part of the list that an index gives in its order. */
interface Range {
  rank: number
  where: object[]
  order: Record<string, 1 | -1>
}

/** From where the page before ended: a page mostly comes from one rank, and where it does not, the others are read at once. */
function rangesByRank(after: Position | undefined): Range[][] {
  const [first, ...others] = RANKS.filter((rank) => rank >= (after?.rank ?? 0)).map((rank) => ({
    rank,
    where: after?.rank === rank ? [beyond(after, -1)] : [],
    order: { since: -1, _id: -1 } as const,
  }))
  return first ? [[first], others] : []
}

/** Of each rank what comes after the page before; together they hold the next page. */
function rangesIn({ direction, key }: Ordered, after: Position | undefined): Range[] {
  const order = { since: direction, _id: direction }
  if (!key) return RANKS.map((rank) => ({ rank, where: after ? [beyond(after, direction)] : [], order }))
  const { field } = key
  const later = (last: string | undefined): object => (last === undefined ? {} : { [field]: { $gt: last } })
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

function beyond({ since, id }: Place, direction: 1 | -1) {
  const [passes, reaches] = direction === 1 ? (['$gt', '$gte'] as const) : (['$lt', '$lte'] as const)
  return {
    $and: [
      { since: { [reaches]: since } },
      { $or: [{ since: { [passes]: since } }, { _id: { [passes]: new Types.ObjectId(id) } }] },
    ],
  }
}

const placeIn = ({ key }: Ordered, channel: Channel): Place => ({
  rank: channel.rank,
  since: channel.since,
  id: channel._id.toHexString(),
  ...(key ? { key: key.of(channel) } : {}),
})

const compareIn =
  ({ direction, isMixed }: Ordered) =>
  (a: Place, b: Place): number =>
    compare(a.key ?? '', b.key ?? '') ||
    (isMixed ? 0 : a.rank - b.rank) ||
    direction * (a.since.getTime() - b.since.getTime() || compare(a.id, b.id))

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
