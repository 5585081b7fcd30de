// Removals: what became of the session of a removed channel, until its owner has read it.
import { Schema, type Types } from 'mongoose'
import type { Channel } from './channels.ts'
import type { Db } from './open.ts'

export interface RemovalDoc {
  /** of the channel */
  _id: Types.ObjectId
  userId: string
  /** the account, as its owner knows it */
  name: string
  /** that opened the session */
  server: string
  by: 'owner' | 'admin'
  at: Date
  endedAt: Date
  session: 'ended' | 'refused' | 'unanswered' | 'unreadable'
  /** when a session that was not ended ends by itself; null where that is not known */
  sessionEndsAt: Date | null
  /** the app password that was to be deleted too */
  appPassword: { name: string; deleted: boolean } | null
}

export const removalSchema = new Schema<RemovalDoc>(
  {
    userId: { type: String, required: true },
    name: { type: String, required: true },
    server: { type: String, required: true },
    by: { type: String, required: true },
    at: { type: Date, required: true },
    endedAt: { type: Date, required: true },
    session: { type: String, required: true },
    sessionEndsAt: { type: Date, default: null },
    appPassword: { type: Schema.Types.Mixed, default: null },
  },
  { versionKey: false },
)
removalSchema.index({ userId: 1, _id: -1 })

/** Once: where the worker dies before the channel is forgotten, the second try finds less to end than the first. */
export const tellRemoval = (db: Db, { _id, ...removal }: RemovalDoc) =>
  db.removals.updateOne({ _id }, { $setOnInsert: removal }, { upsert: true })

export const findRemoval = (db: Db, id: string, userId: string) =>
  db.removals.findOne({ _id: id, userId }).lean<RemovalDoc>()

/**
 * Newest channels first.
 * @returns those that have a session, which is being ended (only a sign-in leaves a DID), and those that came to an end
 */
export async function listRemovals(
  db: Db,
  userId: string,
  limit: number,
): Promise<{ underWay: Channel[]; ended: RemovalDoc[] }> {
  const [underWay, ended] = await Promise.all([
    db.channels
      .find({ userId, live: { $exists: false }, removal: { $exists: true }, did: { $type: 'string' } })
      .sort({ _id: -1 })
      .limit(limit)
      .lean<Channel[]>(),
    db.removals.find({ userId }).sort({ _id: -1 }).limit(limit).lean<RemovalDoc[]>(),
  ])
  return { underWay, ended }
}

/** @returns false when there was none */
export async function putRemovalAway(db: Db, id: string, userId: string): Promise<boolean> {
  const { deletedCount } = await db.removals.deleteOne({ _id: id, userId })
  return deletedCount === 1
}

/** All that have come to an end. */
export const putAllAway = (db: Db, userId: string) => db.removals.deleteMany({ userId })

/** Of a user who is gone: nobody is left to be told, now or when one that is under way has ended. */
export async function forgetRemovals(db: Db, userId: string): Promise<void> {
  await db.channels.updateMany(
    { userId, live: { $exists: false }, removal: { $exists: true } },
    { $unset: { removal: 1 } },
  )
  await putAllAway(db, userId)
}
