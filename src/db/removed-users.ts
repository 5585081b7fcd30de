// Users who are removed: a mark is written before anything of them goes, and stays until nothing of them is left.
import { Schema } from 'mongoose'
import { disconnecting, ownIndex } from './channels.ts'
import { forgetKeys } from './idempotency-keys.ts'
import type { Db } from './open.ts'
import { forgetRemovals } from './removals.ts'
import { forgetChannels } from './steps.ts'
import { forgetSubscription } from './subscriptions.ts'
import { findExisting, forgetUser } from './users.ts'

export interface RemovedUserDoc {
  /** the user's id */
  _id: string
  at: Date
  requestId: string
  /** when the sweep looks at it */
  lookAt: Date
}

export const removedUserSchema = new Schema<RemovedUserDoc>(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    requestId: { type: String, required: true },
    lookAt: { type: Date, required: true },
  },
  { versionKey: false },
)
removedUserSchema.index({ lookAt: 1 })

/** A request that was under way when its user went may still write: it is looked once more, after all of them are over. */
const LAST_LOOK_MS = 10 * 60_000

/** Whatever happens next, the sweep brings the removal to its end. */
export async function markRemoved(db: Db, userIds: string[], requestId: string, at: Date): Promise<void> {
  if (userIds.length === 0) return
  await db.removedUsers.bulkWrite(
    userIds.map((_id) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: { at, requestId, lookAt: at } }, upsert: true },
    })),
  )
}

export const listMarked = (db: Db, at: Date, limit: number) =>
  db.removedUsers
    .find({ lookAt: { $lte: at } })
    .sort({ lookAt: 1 })
    .limit(limit)
    .lean<RemovedUserDoc[]>()

/**
 * Takes away everything that is kept of a user, of channels `limit` at most; their sessions are ended by jobs, which the
 * sweep enqueues.
 * @returns how many channels
 */
export async function removeSome(db: Db, marked: RemovedUserDoc, at: Date, limit: number): Promise<number> {
  const { _id: userId, requestId } = marked
  await forgetUser(db, userId)
  await forgetKeys(db, userId)
  await forgetRemovals(db, userId)
  await forgetSubscription(db, userId)
  const live = await db.channels.find({ userId, live: true }, { _id: 1 }).limit(limit).lean()
  if (live.length > 0) {
    const ids = live.map(({ _id }) => _id)
    await db.channels.updateMany({ _id: { $in: ids }, live: true }, disconnecting(requestId, at, at))
  }
  // They hold no session of their own.
  const merged = await db.channels
    .find({ userId, live: { $exists: false }, mergedInto: { $exists: true } }, { _id: 1 })
    .limit(limit - live.length)
    .lean()
  if (merged.length > 0) await forgetChannels(db, merged)
  const removed = live.length + merged.length
  if (removed < limit) await look(db, marked, at)
  return removed
}

/** Nothing is left for now. */
async function look(db: Db, { _id, at: markedAt }: RemovedUserDoc, at: Date): Promise<void> {
  const lookAt = new Date(markedAt.getTime() + LAST_LOOK_MS)
  if (at < lookAt) await db.removedUsers.updateOne({ _id }, { $set: { lookAt } })
  else await db.removedUsers.deleteOne({ _id })
}

/**
 * Marks owners of channels who are not there and bear no mark, such as those that were removed in the database itself.
 * @param after the owner up to whom the page before went
 * @returns the owner up to whom this one went, or null where it was the last
 */
export async function markGone(db: Db, after: string, at: Date, limit: number): Promise<string | null> {
  const page = await db.channels
    .find({ userId: { $gt: after } }, { userId: 1, _id: 0 })
    .sort({ userId: 1 })
    .hint(ownIndex)
    .limit(limit)
    .lean<{ userId: string }[]>()
  const owners = [...new Set(page.map(({ userId }) => userId))]
  const existing = await findExisting(db, owners)
  const gone = owners.filter((id) => !existing.has(id))
  // Where there is nobody at all, the users are not gone but not there yet: a backup that is being restored.
  if (gone.length < owners.length || (await db.connection.collection('user').findOne({}, { projection: { _id: 1 } })))
    await markRemoved(db, gone, 'sweep', at)
  return page.length < limit ? null : (owners.at(-1) ?? null)
}
