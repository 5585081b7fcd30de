// Codes of authenticator apps that were used, so that each opens one session: for as long as one could be valid.
import { Schema } from 'mongoose'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

interface UsedCodeDoc {
  /** keyed hash of user and code */
  _id: string
  usedAt: Date
}

/** A code is valid for 30 seconds, and for one period before and after. */
const KEPT_SECONDS = 120

export const usedCodeSchema = new Schema<UsedCodeDoc>(
  { _id: { type: String, required: true }, usedAt: { type: Date, required: true } },
  { versionKey: false },
)
usedCodeSchema.index({ usedAt: 1 }, { expireAfterSeconds: KEPT_SECONDS })

/** @returns false when it was used before */
export async function keepUsedCode(db: Db, id: string): Promise<boolean> {
  try {
    await db.usedCodes.create({ _id: id, usedAt: new Date() })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}
