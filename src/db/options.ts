// Options: what the admin set. Keys are exactly `bluesky_service-url` and `bluesky_integration_status`.
import { Schema } from 'mongoose'
import type { Db } from './open.ts'

export const optionKeys = ['bluesky_service-url', 'bluesky_integration_status'] as const
export type OptionKey = (typeof optionKeys)[number]

interface OptionDoc {
  _id: string
  value: string
}

export const optionSchema = new Schema<OptionDoc>(
  { _id: { type: String, required: true }, value: { type: String, required: false, default: '' } },
  { timestamps: true, versionKey: false },
)

/** What the environment of the API said last about the Service URL: tells a start with another value. */
export const ENVIRONMENT_KEY = 'environment_service-url'

type StoredKey = OptionKey | typeof ENVIRONMENT_KEY

export async function findOptions(db: Db): Promise<Partial<Record<StoredKey, string>>> {
  const docs = await db.options.find({ _id: { $in: [...optionKeys, ENVIRONMENT_KEY] } }).lean<OptionDoc[]>()
  return Object.fromEntries(docs.map(({ _id, value }) => [_id, value]))
}

/** @returns the value before, empty when there was none; two admins who save at once each see what they replaced */
export async function saveOption(db: Db, key: StoredKey, value: string): Promise<string> {
  const before = await db.options
    .findOneAndUpdate({ _id: key }, { $set: { value } }, { upsert: true, returnDocument: 'before' })
    .lean<OptionDoc>()
  return before?.value ?? ''
}
