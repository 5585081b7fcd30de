// What the admin's filters ask of a channel, and the index that finds what fits.
import { Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import { channelStatuses, type ChannelStatus, type ConnectionSort } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import {
  askedIndex,
  didIndex,
  identifierIndex,
  outcomeIndex,
  ownIndex,
  partsIndex,
  rankIndex,
  serverIndex,
  type Channel,
} from './channels.ts'
import { partSearched } from './name-parts.ts'
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
  /** no administrator has marked it since it is as it is */
  unseen?: true
  /** a part of a handle or an identifier; the beginning of a DID, an e-mail address or a reference; the id of a channel */
  text?: string
  /** of the last change of the status */
  from?: Date
  to?: Date
}

export const RANKS = [0, 1, 2, 3]
/** Up to this many matches are found by id; where there are more, a page fills soon in the order of the list. */
const FEW = 1_000
/** Users whose e-mail begins with a text: each is a look of its own. */
const MOST_USERS = 50
/** Of those that are counted. */
const MOST_ASKED = 1_000

/** For a filter: these alone. */
export const among = (some: Known[]) => ({ _id: { $in: some.map(({ _id }) => _id) } })

/** What a channel of this rank has to fit. @returns null when none of the statuses has the rank */
export function inRank({ statuses, from, to }: ConnectionFilter, rank: number): object[] | null {
  const all = channelStatuses.filter((status) => rankOf(status) === rank)
  const wanted = all.filter((status) => statuses?.includes(status) ?? true)
  if (wanted.length === 0) return null
  return [{ rank, since: within({ from, to }) }, ...(wanted.length < all.length ? [{ status: { $in: wanted } }] : [])]
}

const within = ({ from, to }: { from?: Date | undefined; to?: Date | undefined }) => ({
  $gte: from ?? new Date(0),
  ...(to ? { $lte: to } : {}),
})

/** Found by a part of the filter. */
type Known = Pick<Channel, '_id' | 'rank'>

export interface Conditions {
  /** what a channel has to fit, beside its rank, its status and its time */
  where: object[]
  hint: Record<string, 1 | -1>
  /** those that a part of the filter fits: all of them, or some where it fits more than a few */
  known: { some: Known[]; all: boolean } | null
}

/**
 * @param sort the order in which they are read; `none` where they are counted
 * @returns null when nothing fits
 */
export async function conditions(
  db: Db,
  filter: ConnectionFilter,
  sort?: ConnectionSort | 'none',
): Promise<Conditions | null> {
  const { codes, serviceUrl, userId, asked, unseen, text } = filter
  const branches = text === undefined ? [] : await searches(db, text)
  const where: object[] = [
    ...(codes ? [{ 'outcome.code': codes.length === 1 ? codes[0] : { $in: codes } }] : []),
    ...(serviceUrl === undefined ? [] : [{ serviceUrl }]),
    ...(userId === undefined ? [] : [{ userId }]),
    ...(asked ? [isAsked] : []),
    ...(unseen ? [isUnseen] : []),
    ...(text === undefined ? [] : [{ $or: branches.map(({ match }) => match) }]),
  ]
  const order = indexFor(filter, sort)
  let known: Conditions['known'] = null
  for (const lookups of lookupsOf(filter, sort === 'none' ? null : order, branches)) {
    const some = await lookUp(db, lookups)
    if (some.length === 0) return null
    if (some.length <= FEW) return { where, hint: { _id: 1 }, known: { some, all: true } }
    known ??= { some: some.slice(0, FEW), all: false }
  }
  return { where, hint: order, known }
}

/** The index that gives the list in its order, by what of the filter it begins with. */
function indexFor({ codes, serviceUrl }: ConnectionFilter, sort?: ConnectionSort | 'none'): Lookup['index'] {
  if (sort === 'server') return serverIndex
  if (sort === 'outcome') return outcomeIndex
  if (codes?.length === 1) return outcomeIndex
  return serviceUrl === undefined ? rankIndex : serverIndex
}

interface Lookup {
  match: object
  index: Record<string, 1 | -1>
}

/** What of the filter may fit so few that they are found by id, whatever the order; each in one or several ways. */
function lookupsOf(filter: ConnectionFilter, order: Lookup['index'] | null, branches: Lookup[]): Lookup[][] {
  const { codes, serviceUrl, userId, asked, text, from, to } = filter
  const rank = { $in: RANKS }
  const byServer = { match: { rank, serviceUrl }, index: serverIndex }
  const byOutcome = { match: { rank, 'outcome.code': { $in: codes ?? [] } }, index: outcomeIndex }
  const byTime = { match: { rank, since: within(filter) }, index: rankIndex }
  return [
    ...(userId === undefined ? [] : [[ofUsers([userId])]]),
    ...(asked ? [[{ match: isAsked, index: askedIndex }]] : []),
    ...(text === undefined ? [] : [branches]),
    ...(serviceUrl === undefined || order === serverIndex ? [] : [[byServer]]),
    ...(!codes || (codes.length === 1 && order === outcomeIndex) ? [] : [[byOutcome]]),
    ...((from ?? to) === undefined || order === rankIndex ? [] : [[byTime]]),
  ]
}

/** A range and not a pattern: nothing in the text means anything but itself. */
const beginningWith = (text: string) => ({ $gte: text, $lt: `${text}\uffff` })

async function searches(db: Db, text: string): Promise<Lookup[]> {
  const range = beginningWith(text)
  const part = partSearched(text)
  const users = await findUserIds(db, range, MOST_USERS)
  return [
    { match: { handle: range }, index: { handle: 1 } },
    { match: { identifier: range, live: true }, index: identifierIndex },
    // An index that holds some is used where the query says that it asks for no others.
    { match: { did: { ...range, $type: 'string' }, live: true }, index: didIndex },
    { match: { requestId: range }, index: { requestId: 1 } },
    // Of one entry, or the whole list would be read from the one bound to the other.
    ...(part === null
      ? []
      : [{ match: { parts: { $elemMatch: beginningWith(part) }, live: true }, index: partsIndex }]),
    ...(/^[0-9a-f]{24}$/.test(text) ? [{ match: { _id: new Types.ObjectId(text) }, index: { _id: 1 as const } }] : []),
    ...(users.length > 0 ? [ofUsers(users)] : []),
  ]
}

/** @returns some more than a few where more than a few fit */
async function lookUp(db: Db, lookups: Lookup[]): Promise<Known[]> {
  const found = await Promise.all(
    lookups.map(({ match, index }) =>
      db.channels
        .find(match, { rank: 1 })
        .hint(index)
        .limit(FEW + 1)
        .maxTimeMS(SEARCH_MS)
        .lean<Known[]>(),
    ),
  )
  return [...new Map(found.flat().map((one) => [one._id.toHexString(), one])).values()]
}

const ofUsers = (ids: string[]): Lookup => ({
  match: { userId: ids.length === 1 ? ids[0] : { $in: ids }, live: true },
  index: ownIndex,
})

const isAsked = { askedAt: { $type: 'date' as const } }
const isUnseen = { $or: [{ 'seen.at': null }, { $expr: { $lt: ['$seen.at', '$since'] } }] }

export const countAsked = (db: Db): Promise<number> =>
  db.channels.countDocuments(isAsked, { limit: MOST_ASKED, hint: askedIndex }).maxTimeMS(COUNT_MS)

/** Whether sign-ins of any channel go there. */
export const isServer = async (db: Db, serviceUrl: string): Promise<boolean> =>
  (await db.channels
    .findOne({ rank: { $in: RANKS }, serviceUrl }, { _id: 1 })
    .hint(serverIndex)
    .lean()) !== null
