// Sessions as the accounts library keeps them, as far as people look at their own and end them.
import { Schema, Types } from 'mongoose'
import type { Db } from './open.ts'

export interface SessionDoc {
  _id: Types.ObjectId
  userId: Types.ObjectId
  userAgent: string | null
  createdAt: Date
  updatedAt: Date
  expiresAt: Date
}

export const sessionSchema = new Schema<SessionDoc>({
  userId: { type: Schema.Types.ObjectId, required: true },
  userAgent: { type: String, default: null },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
})

/** Newest first; the token stays where it is. */
export const listSessions = (db: Db, userId: string, limit: number) =>
  db.sessions
    .find({ userId: new Types.ObjectId(userId), expiresAt: { $gt: new Date() } })
    .select('userAgent createdAt updatedAt')
    .sort({ _id: -1 })
    .limit(limit)
    .lean<SessionDoc[]>()

/** @returns how many ended */
export async function endSessions(
  db: Db,
  userId: string,
  which: { only: string } | { except: string },
): Promise<number> {
  const _id = 'only' in which ? new Types.ObjectId(which.only) : { $ne: new Types.ObjectId(which.except) }
  const { deletedCount } = await db.sessions.deleteMany({ userId: new Types.ObjectId(userId), _id })
  return deletedCount
}
