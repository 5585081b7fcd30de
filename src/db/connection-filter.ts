// What the admin's filters ask of a channel, and how what fits is found: by what few have, else in the order of the list.
import { Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import { channelStatuses, type ChannelStatus, type ConnectionSort } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import {
  askedIndex,
  didIndex,
  handleIndex,
  identifierIndex,
  outcomeIndex,
  ownIndex,
  partsIndex,
  rankIndex,
  serverIndex,
  serverOutcomeIndex,
} from './channels.ts'
import { countOf, fits, keptCounts } from './kept-counts.ts'
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
/**
 * Up to this many are looked at, each of them: 12 µs to put one in order. Where more fit, an index in the order of the list
 * meets the 25 of a page among some thousands, even of a million.
 */
const FEW = 4_000
/** Where they are only counted, some may be: counting them to know whether they are few is half of the work. */
const FEW_COUNTED = 2_000
/** Users whose e-mail begins with a text: each is a look of its own. */
const MOST_USERS = 50
/** Of those that are counted. */
const MOST_ASKED = 1_000

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

/** The ranks, statuses and times of a filter. */
export const anyRank = ({ statuses, from, to }: ConnectionFilter) => ({
  rank: { $in: RANKS },
  ...(statuses ? { status: { $in: statuses } } : {}),
  ...((from ?? to) === undefined ? {} : { since: within({ from, to }) }),
})

/** A query that an index answers. */
export interface Lookup {
  match: object
  index: Record<string, 1 | -1>
  /** the only one of which it finds any */
  rank?: number
}

type Sized = Lookup & { size: number }

/** One thing of a filter by which few may be found; none of its look-ups finds what another does. */
interface Part {
  lookups: Lookup[]
  /** how many they find, or more than a few; as of a while ago where a worker counted them */
  size: number
  /** what they have to fit beside it */
  rest: object[]
}

export interface Plan {
  /** find all that fit, each something else; null where that may be more than a few */
  few: Lookup[] | null
  /** what a channel has to fit, beside its rank, its status and its time */
  where: object[]
  /** gives what fits in its order */
  hint: Lookup['index']
  /** where there are no few: they find many, each something else; some of those fit */
  many: Lookup[]
}

/** In which order they are read; `none` where they are counted. */
export type Order = ConnectionSort | 'none' | undefined

/** Of one server, or of one outcome, all are alike in it. */
export function orderWithin({ codes, serviceUrl }: ConnectionFilter, order: Order): Order {
  const isSame = (order === 'server' && serviceUrl !== undefined) || (order === 'outcome' && codes?.length === 1)
  return isSame ? undefined : order
}

/** How what fits is to be read in that order. */
export async function planned(db: Db, filter: ConnectionFilter, asked?: Order): Promise<Plan> {
  const order = orderWithin(filter, asked)
  const most = order === 'none' ? FEW_COUNTED : FEW
  const branches = filter.text === undefined ? [] : await sized(db, await searches(db, filter.text), most)
  const text = branches.length > 0 ? [{ $or: branches.map(({ match }) => match) }] : []
  const plan = { where: [...conditions(filter), ...text], hint: indexFor(filter, order) }
  let many: Lookup[] = []
  for await (const { lookups, size, rest } of parts(db, filter, { branches, order, most, where: plan.where })) {
    if (size <= most) {
      const few = lookups.map(({ match, ...lookup }) => ({ match: { $and: [match, ...rest] }, ...lookup }))
      return { ...plan, few, many: [] }
    }
    if (many.length === 0) many = lookups
  }
  return { ...plan, few: null, many }
}

const conditions = ({ codes, serviceUrl, userId, asked, unseen }: ConnectionFilter): object[] => [
  ...(codes ? [{ 'outcome.code': codes.length === 1 ? codes[0] : { $in: codes } }] : []),
  ...(serviceUrl === undefined ? [] : [{ serviceUrl }]),
  ...(userId === undefined ? [] : [{ userId }]),
  ...(asked ? [isAsked] : []),
  ...(unseen ? [isUnseen] : []),
]

/** The index that gives the list in its order, by what of the filter it begins with. */
function indexFor({ codes, serviceUrl }: ConnectionFilter, order: Order): Lookup['index'] {
  const byOutcome = codes?.length === 1 || order === 'outcome'
  if (serviceUrl !== undefined) return byOutcome ? serverOutcomeIndex : serverIndex
  if (order === 'server') return serverIndex
  return byOutcome ? outcomeIndex : rankIndex
}

/** What of the filter may fit few; without what the index of the order begins with. */
async function* parts(
  db: Db,
  filter: ConnectionFilter,
  { branches, order, most, where }: { branches: Sized[]; order: Order; most: number; where: object[] },
): AsyncGenerator<Part> {
  const { userId, asked, text, from, to } = filter
  const part = (lookups: Sized[], rest: object[]) => ({
    lookups,
    size: lookups.reduce((sum, { size }) => sum + size, 0),
    rest,
  })
  const whole = [anyRank(filter), ...where]
  if (userId !== undefined) yield part(await sized(db, [ofUsers([userId])], most), whole)
  if (asked) yield part(await sized(db, [{ match: isAsked, index: askedIndex }], most), whole)
  if (text !== undefined) yield part(apart(branches), [anyRank(filter), ...conditions(filter)])
  const told = toldApart(filter, order)
  const kept = told && (await keptCounts(db))
  if (told && kept) {
    const { index, ...those } = told
    yield {
      lookups: byRank(filter, index, conditions(those)),
      size: countOf(kept.rows.filter(fits(those))),
      rest: where,
    }
  }
  if ((from ?? to) !== undefined && isByKey(order))
    yield part(await sized(db, byRank(filter, rankIndex, []), most), where)
}

/** What several ways find, each by the first of them. */
const apart = (lookups: Sized[]): Sized[] =>
  lookups.map((lookup, place) => {
    const before = lookups.slice(0, place).map(({ match }) => match)
    return before.length === 0 ? lookup : { ...lookup, match: { $and: [lookup.match, { $nor: before }] } }
  })

/** Orders whose index does not go by time within what the filter asks for. */
const isByKey = (order: Order) => order === 'server' || order === 'outcome' || order === 'none'

/** Server and outcomes, of which it is known how many have them: null where the index of the order begins with them. */
function toldApart({ codes, serviceUrl }: ConnectionFilter, order: Order) {
  if (order !== 'none') {
    if (!codes) return null
    if (codes.length === 1 && (serviceUrl !== undefined || order !== 'server')) return null
  }
  if (serviceUrl === undefined) return codes ? { codes, index: outcomeIndex } : null
  return codes ? { codes, serviceUrl, index: serverOutcomeIndex } : { serviceUrl, index: serverIndex }
}

const byRank = (filter: ConnectionFilter, index: Lookup['index'], where: object[]): Lookup[] =>
  RANKS.flatMap((rank) => {
    const ofRank = inRank(filter, rank)
    return ofRank ? [{ match: { $and: [...ofRank, ...where] }, index, rank }] : []
  })

/** A range and not a pattern: nothing in the text means anything but itself. */
const beginningWith = (text: string) => ({ $gte: text, $lt: `${text}\uffff` })

async function searches(db: Db, text: string): Promise<Lookup[]> {
  const range = beginningWith(text)
  const part = partSearched(text)
  const users = await findUserIds(db, range, MOST_USERS)
  return [
    // The first part of a name is all of it.
    ...(part === text
      ? []
      : [
          { match: { handle: range }, index: handleIndex },
          { match: { identifier: range, live: true }, index: identifierIndex },
        ]),
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

/** Those that find anything, what finds most first. Counting costs a third of putting in order. */
async function sized(db: Db, lookups: Lookup[], most: number): Promise<Sized[]> {
  const count = ({ match, index }: Lookup) =>
    db.channels.countDocuments(match, { limit: most + 1, hint: index }).maxTimeMS(SEARCH_MS)
  const each = await Promise.all(lookups.map(async (lookup) => ({ ...lookup, size: await count(lookup) })))
  return each.filter(({ size }) => size > 0).toSorted((a, b) => b.size - a.size)
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
export async function isServer(db: Db, serviceUrl: string): Promise<boolean> {
  // Rank by rank: asked for all of them, a database may read everything that is there.
  const found = RANKS.map((rank) =>
    db.channels.findOne({ rank, serviceUrl }, { _id: 1 }).hint(serverIndex).maxTimeMS(SEARCH_MS).lean(),
  )
  return (await Promise.all(found)).some((one) => one !== null)
}
