// Idempotency keys: which channel a key led to, for 24 hours.
import { Schema } from 'mongoose'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

interface IdempotencyKeyDoc {
  /** user and key */
  _id: string
  /** keyed hash of the body, which holds a password */
  bodyHash: string
  channelId: string
  createdAt: Date
}

export const idempotencyKeySchema = new Schema<IdempotencyKeyDoc>(
  {
    _id: { type: String, required: true },
    bodyHash: { type: String, required: true },
    channelId: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
idempotencyKeySchema.index({ createdAt: 1 }, { expireAfterSeconds: 24 * 3600 })

const id = (userId: string, key: string) => `${userId} ${key}`

/** @param since a key older than this counts as never used, whether or not MongoDB has removed it yet */
export const findKey = (db: Db, userId: string, key: string, since: Date) =>
  db.idempotencyKeys.findOne({ _id: id(userId, key), createdAt: { $gt: since } }).lean<IdempotencyKeyDoc>()

/** Keeps the first use of a key; one that ran out is replaced. */
export async function keepKey(
  db: Db,
  {
    userId,
    key,
    bodyHash,
    channelId,
    at,
    since,
  }: { userId: string; key: string; bodyHash: string; channelId: string; at: Date; since: Date },
): Promise<void> {
  try {
    await db.idempotencyKeys.updateOne(
      { _id: id(userId, key), createdAt: { $lte: since } },
      { $set: { bodyHash, channelId, createdAt: at } },
      { upsert: true },
    )
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

/** The key's user has gone. */
export const forgetKeys = (db: Db, userId: string) =>
  db.idempotencyKeys.deleteMany({ _id: { $gte: id(userId, ''), $lt: `${userId}!` } })
