// Options: what the admin set. Keys are exactly `bluesky_service-url` and `bluesky_integration_status`.
import { Schema } from 'mongoose'
import type { Db } from './open.ts'

export const optionKeys = ['bluesky_service-url', 'bluesky_integration_status'] as const
export type OptionKey = (typeof optionKeys)[number]

interface OptionDoc {
  _id: string
  value: string
  /** the audit entry of the change to this value, with what it sets going, is not written yet */
  unnoted?: boolean
}

export const optionSchema = new Schema<OptionDoc>(
  {
    _id: { type: String, required: true },
    value: { type: String, required: false, default: '' },
    unnoted: Boolean,
  },
  { timestamps: true, versionKey: false },
)

/** What the environment of the API said last about the Service URL: tells a start with another value. */
export const ENVIRONMENT_KEY = 'environment_service-url'

type StoredKey = OptionKey | typeof ENVIRONMENT_KEY

export async function findOptions(db: Db): Promise<Partial<Record<StoredKey, string>>> {
  const docs = await db.options.find({ _id: { $in: [...optionKeys, ENVIRONMENT_KEY] } }).lean<OptionDoc[]>()
  return Object.fromEntries(docs.map(({ _id, value }) => [_id, value]))
}

/**
 * Saves a value; one that is another than before is not noted until `noteOption` says so.
 * @returns what was there before, an empty value when there was nothing; two admins who save at once each see what they replaced
 */
export async function saveOption(db: Db, key: StoredKey, value: string): Promise<Pick<OptionDoc, 'value' | 'unnoted'>> {
  const unnoted = { $cond: [{ $eq: ['$value', { $literal: value }] }, { $ifNull: ['$unnoted', false] }, true] }
  const before = await db.options
    .findOneAndUpdate({ _id: key }, [{ $set: { value: { $literal: value }, unnoted } }], {
      upsert: true,
      returnDocument: 'before',
      updatePipeline: true,
    })
    .lean<OptionDoc>()
  return before ?? { value: '' }
}

/** The audit entry of the change is written. */
export const noteOption = (db: Db, key: StoredKey) => db.options.updateOne({ _id: key }, { $unset: { unnoted: 1 } })
