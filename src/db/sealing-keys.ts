// Sealing keys on record: which key each id means, a sealed sample of it, and whether anything needs it still.
import { Schema } from 'mongoose'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

export interface SealingKeyDoc {
  /** the key's id, as in SEALING_KEY */
  _id: string
  /** of the public half */
  fingerprint: string
  /** sealed with it (purpose `sample`): whose key opens this opens what else it sealed */
  sample: string
  recordedAt: Date
  /** since when workers are known that open it; until then it is no more than what an API process says */
  openedAt: Date | null
  /** since when nothing that is stored needs it */
  retiredAt: Date | null
}

const nullableDate = { type: Date, default: null }

export const sealingKeySchema = new Schema<SealingKeyDoc>(
  {
    _id: { type: String, required: true },
    fingerprint: { type: String, required: true },
    sample: { type: String, required: true },
    recordedAt: { type: Date, required: true },
    openedAt: nullableDate,
    retiredAt: nullableDate,
  },
  { versionKey: false },
)

export const listSealingKeys = (db: Db) => db.sealingKeys.find().sort({ recordedAt: 1 }).lean<SealingKeyDoc[]>()

/** @returns false when there is a key of that id already */
export async function recordSealingKey(db: Db, key: Omit<SealingKeyDoc, 'retiredAt'>): Promise<boolean> {
  try {
    await db.sealingKeys.create(key)
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

/** @returns false when a worker has opened the one that is there */
export async function replaceUnopened(
  db: Db,
  { _id, fingerprint, sample, recordedAt }: Pick<SealingKeyDoc, '_id' | 'fingerprint' | 'sample' | 'recordedAt'>,
): Promise<boolean> {
  const { matchedCount } = await db.sealingKeys.updateOne(
    { _id, openedAt: null },
    { $set: { fingerprint, sample, recordedAt } },
  )
  return matchedCount === 1
}

export const noteOpened = (db: Db, { _id, fingerprint }: Pick<SealingKeyDoc, '_id' | 'fingerprint'>, at: Date) =>
  db.sealingKeys.updateOne({ _id, fingerprint, openedAt: null }, { $set: { openedAt: at } })

export const retireSealingKeys = (db: Db, ids: string[], at: Date) =>
  db.sealingKeys.updateMany({ _id: { $in: ids }, retiredAt: null }, { $set: { retiredAt: at } })
