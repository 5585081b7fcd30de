// Channels as their owner reads them: one, a page of them, and how they stand together.
import { Types } from 'mongoose'
import type { ChannelStatus } from '../contract.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { MOST_GROUPS, withGroups } from '../input/groups.ts'
import { groupIndex, ownIndex, type Channel } from './channels.ts'
import type { Db } from './open.ts'

export const findOwnChannel = (db: Db, id: string, userId: string) =>
  db.channels.findOne({ _id: id, userId, $or: [{ live: true }, { mergedInto: { $exists: true } }] }).lean<Channel>()

/** How many channels of a user are in a step, counted up to `most`. */
export const countInStep = (db: Db, userId: string, most: number): Promise<number> =>
  db.channels.countDocuments({ userId, live: true, rank: rankOf('connecting') }, { limit: most, hint: ownIndex })

/** Where a page of one's own channels ended. */
export interface OwnPosition {
  rank: number
  id: string
}

interface Which {
  /** where the page before ended */
  after?: OwnPosition | undefined
  /** those alone that carry this label */
  group?: string | undefined
}

/** What needs somebody first, then newest first. */
export async function listOwnChannels(
  db: Db,
  userId: string,
  limit: number,
  { after, group }: Which = {},
): Promise<Channel[]> {
  const labelled = group === undefined ? {} : { groups: { $eq: group, $exists: true } }
  const page = (where: object, most: number) =>
    db.channels
      .find({ userId, live: true, ...labelled, ...where })
      .sort({ rank: 1, _id: -1 })
      .hint(group === undefined ? ownIndex : groupIndex)
      .limit(most)
      .lean<Channel[]>()
  if (!after) return page({}, limit)
  const { rank, id } = after
  const same = await page({ rank, _id: { $lt: new Types.ObjectId(id) } }, limit)
  if (same.length === limit) return same
  const others = await page({ rank: { $gt: rank } }, limit - same.length)
  // One may have got from one rank to another between the two queries.
  return [...same, ...others.filter(({ _id }) => !same.some((each) => each._id.equals(_id)))]
}

const ROUNDS = 5

/**
 * Adds labels to a channel and takes others away; what it carries already stays as it is written.
 * @returns null where there is no such channel, `full` where it would carry too many
 */
export async function changeGroups(
  db: Db,
  { id, userId }: { id: string; userId: string },
  change: { add: string[]; remove: string[] },
): Promise<Channel | 'full' | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const channel = await db.channels.findOne({ _id: id, userId, live: true }).lean<Channel>()
    if (!channel) return null
    const before = channel.groups ?? []
    const groups = withGroups(before, change)
    if (groups.join('\n') === before.join('\n')) return channel
    if (groups.length > MOST_GROUPS) return 'full'
    const changed = await db.channels
      .findOneAndUpdate(
        { _id: id, userId, live: true, groups: channel.groups ?? { $exists: false } },
        groups.length > 0 ? { $set: { groups } } : { $unset: { groups: 1 } },
        { returnDocument: 'after' },
      )
      .lean<Channel>()
    if (changed) return changed
  }
  throw new Error(`the groups of a channel changed under ${ROUNDS} attempts to change them`)
}

/** The labels of a channel are put on another one of the same person, as many as it takes. */
export async function joinGroups(db: Db, from: Types.ObjectId, into: { id: string; userId: string }): Promise<void> {
  const channel = await db.channels.findById(from, { groups: 1 }).lean<Pick<Channel, 'groups'>>()
  for (const group of channel?.groups ?? []) await changeGroups(db, into, { add: [group], remove: [] })
}

/** Of one's own channels that are counted. */
const MOST_COUNTED = 1_000

export type OwnSummary = Awaited<ReturnType<typeof summarizeOwnChannels>>

/** How many of a user's channels need somebody, how many are connected, and which check of these is the longest ago. */
export async function summarizeOwnChannels(db: Db, userId: string) {
  const of = (status: ChannelStatus) => ({ userId, live: true as const, rank: rankOf(status) })
  const [needsAction, [connected]] = await Promise.all([
    db.channels.countDocuments(of('action_required'), { limit: MOST_COUNTED, hint: ownIndex }),
    db.channels.aggregate<{ count: number; oldestCheckAt: Date | null }>(
      [
        { $match: of('connected') },
        { $limit: MOST_COUNTED + 1 },
        {
          $group: {
            _id: null,
            count: { $sum: 1 },
            oldestCheckAt: { $min: { $max: ['$lastVerifiedAt', '$fault.at'] } },
          },
        },
      ],
      { hint: ownIndex },
    ),
  ])
  const { count = 0, oldestCheckAt = null } = connected ?? {}
  // Where they were not all looked at, an older one may be among the rest.
  const all = count <= MOST_COUNTED
  return { needsAction, connected: Math.min(count, MOST_COUNTED), oldestCheckAt: all ? oldestCheckAt : null }
}
