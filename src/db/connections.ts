// Channels of all users as the admin sees them: filtered pages in the order of the list, and counts.
import { Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import { channelStatuses, type ChannelStatus } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { didIndex, identifierIndex, ownIndex, type Channel } from './channels.ts'
import type { Db } from './open.ts'
import { COUNT_MS, SEARCH_MS } from './query-limits.ts'
import { findUserIds } from './users.ts'

export interface ConnectionFilter {
  statuses?: ChannelStatus[]
  codes?: OutcomeCode[]
  serviceUrl?: string
  userId?: string
  /** their owners asked for help */
  asked?: true
  /** the beginning of a handle, an identifier, a DID, an e-mail address or a reference; or the id of a channel */
  prefix?: string
  /** of the last change of the status */
  from?: Date
  to?: Date
}

/** Where a page ended: what comes after it in the list, as the list was at `asOf`. */
export interface Position {
  rank: number
  since: Date
  id: string
  asOf: Date
}

export interface Page {
  channels: Channel[]
  next: Position | null
}

const RANKS = [0, 1, 2, 3]
/** Up to this many matches of a user or a text are found by id; where there are more, a page fills soon in the order of the list. */
const FEW = 1_000
/** Users whose e-mail begins with a text. */
const MOST_USERS = 1_000
/** Of those that are counted. */
const MOST_ASKED = 1_000

/**
 * A page of the list: failures first, newest first.
 *
 * Whatever keeps its status while somebody pages through comes exactly once. What changes its status meanwhile comes at
 * most once: it has moved up to the newest of its kind, which later pages leave out and a first page shows.
 */
export async function listConnections(
  db: Db,
  filter: ConnectionFilter,
  { limit, after, at }: { limit: number; after?: Position | undefined; at: Date },
): Promise<Page> {
  const matching = await conditions(db, filter)
  if (!matching) return { channels: [], next: null }
  const { where, hint } = matching
  const asOf = after?.asOf ?? at
  const before = [filter.to, after && asOf].filter((time) => time !== undefined).map((time) => time.getTime())
  const found = new Map<string, Channel>()
  // One rank after the other, each read in the order of an index from where the page before ended.
  for (const rank of RANKS.filter((rank) => rank >= (after?.rank ?? 0))) {
    const all = channelStatuses.filter((status) => rankOf(status) === rank)
    const wanted = all.filter((status) => filter.statuses?.includes(status) ?? true)
    if (wanted.length === 0) continue
    const here = after?.rank === rank ? after : undefined
    const until = Math.min(...before, here?.since.getTime() ?? Infinity)
    const since = { $gte: filter.from ?? new Date(0), ...(until < Infinity ? { $lte: new Date(until) } : {}) }
    const query = db.channels
      .find({
        $and: [
          { rank, since },
          ...(wanted.length < all.length ? [{ status: { $in: wanted } }] : []),
          ...where,
          ...(here ? [beyond(here)] : []),
        ],
      })
      .sort({ since: -1, _id: -1 })
      .limit(limit + 1 - found.size)
      .maxTimeMS(SEARCH_MS)
    for (const channel of await (hint ? query.hint(hint) : query).lean<Channel[]>()) {
      // It may have got from one rank to the next between the two queries.
      if (!found.has(channel._id.toHexString())) found.set(channel._id.toHexString(), channel)
    }
    if (found.size > limit) break
  }
  const channels = [...found.values()].slice(0, limit)
  const last = found.size > limit ? channels.at(-1) : undefined
  return { channels, next: last ? { rank: last.rank, since: last.since, id: last._id.toHexString(), asOf } : null }
}

const beyond = ({ since, id }: Position) => ({
  $or: [{ since: { $lt: since } }, { _id: { $lt: new Types.ObjectId(id) } }],
})

/**
 * @returns what a channel has to fit, and the index to use where the order of the list is the wrong way to few matches;
 * null when none fits
 */
export async function conditions(db: Db, { codes, serviceUrl, userId, asked, prefix }: ConnectionFilter) {
  const where: object[] = [
    ...(codes ? [{ 'outcome.code': codes.length === 1 ? codes[0] : { $in: codes } }] : []),
    ...(serviceUrl === undefined ? [] : [{ serviceUrl }]),
    ...(userId === undefined ? [] : [{ userId }]),
    ...(asked ? [isAsked] : []),
  ]
  const lookups: Lookup[] = userId === undefined ? [] : [ofUsers([userId])]
  if (asked && lookups.length === 0) lookups.push({ match: isAsked, index: { askedAt: 1 } })
  if (prefix !== undefined) {
    // A range and not a pattern: nothing in the text means anything but itself.
    const range = { $gte: prefix, $lt: `${prefix}\uffff` }
    const users = await findUserIds(db, range, MOST_USERS)
    const branches: Lookup[] = [
      { match: { handle: range }, index: { handle: 1 } },
      { match: { identifier: range, live: true }, index: identifierIndex },
      // An index that holds some is used where the query says that it asks for no others.
      { match: { did: { ...range, $type: 'string' }, live: true }, index: didIndex },
      { match: { requestId: range }, index: { requestId: 1 } },
      ...(/^[0-9a-f]{24}$/.test(prefix)
        ? [{ match: { _id: new Types.ObjectId(prefix) }, index: { _id: 1 as const } }]
        : []),
      ...(users.length > 0 ? [ofUsers(users)] : []),
    ]
    where.push({ $or: branches.map(({ match }) => match) })
    if (lookups.length === 0) lookups.push(...branches)
  }
  if (lookups.length === 0) return { where }
  const found = await Promise.all(
    lookups.map(({ match, index }) =>
      db.channels
        .find(match, { _id: 1 })
        .hint(index)
        .limit(FEW + 1)
        .maxTimeMS(SEARCH_MS)
        .lean(),
    ),
  )
  const ids = [...new Map(found.flat().map(({ _id }) => [_id.toHexString(), _id])).values()]
  if (ids.length === 0) return null
  if (ids.length > FEW) return { where }
  return { where: [{ _id: { $in: ids } }, ...where], hint: { _id: 1 as const } }
}

interface Lookup {
  match: object
  index: Record<string, 1 | -1>
}

const ofUsers = (ids: string[]): Lookup => ({
  match: { userId: ids.length === 1 ? ids[0] : { $in: ids }, live: true },
  index: ownIndex,
})

const isAsked = { askedAt: { $type: 'date' as const } }

export const countAsked = (db: Db): Promise<number> =>
  db.channels.countDocuments(isAsked, { limit: MOST_ASKED, hint: { askedAt: 1 } }).maxTimeMS(COUNT_MS)

export const findConnection = (db: Db, id: string) => db.channels.findOne({ _id: id, live: true }).lean<Channel>()

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

/** How many channels are in which status, those that are not connected by their outcome. */
export async function countConnections(
  db: Db,
): Promise<{ status: ChannelStatus; code: OutcomeCode | null; count: number }[]> {
  const [others, connected] = await Promise.all([
    db.channels.aggregate<{ _id: { status: ChannelStatus; code?: OutcomeCode | null }; count: number }>(
      [
        { $match: { rank: { $lt: rankOf('connected') } } },
        { $group: { _id: { status: '$status', code: '$outcome.code' }, count: { $sum: 1 } } },
      ],
      { maxTimeMS: COUNT_MS },
    ),
    db.channels.countDocuments({ rank: rankOf('connected') }).maxTimeMS(COUNT_MS),
  ])
  return [
    ...others.map(({ _id, count }) => ({ status: _id.status, code: _id.code ?? null, count })),
    { status: 'connected', code: null, count: connected },
  ]
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
