// Options: what the admin set, and what the environment says where nobody set anything.
import { Schema } from 'mongoose'
import { withDeadline } from '../deadline.ts'
import type { Db } from './open.ts'

export const optionKeys = ['bluesky_service-url', 'bluesky_integration_status', 'bluesky_other_servers'] as const
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

/** Where stands what the environment of the API said last of an option: tells a start with another value. */
export const environmentKeys = {
  'bluesky_service-url': 'environment_service-url',
  bluesky_other_servers: 'environment_other-servers',
} as const

export type StoredKey = OptionKey | (typeof environmentKeys)[keyof typeof environmentKeys]

type StoredOptions = Partial<Record<StoredKey, string>>

const keys: StoredKey[] = [...optionKeys, ...Object.values(environmentKeys)]

async function readStored(db: Db): Promise<StoredOptions> {
  const docs = await db.options.find({ _id: { $in: keys } }).lean<OptionDoc[]>()
  return Object.fromEntries(docs.map(({ _id, value }) => [_id, value]))
}

/** A query that takes longer holds up no other one. */
const SHARED_MS = 100

const queries = new WeakMap<Db, { running: Promise<unknown>; next: Promise<StoredOptions> | null }>()

/** One query at a time for all that ask meanwhile; it begins when they have asked, so none of them sees what was before. */
export function findOptions(db: Db): Promise<StoredOptions> {
  const query = queries.get(db) ?? { running: Promise.resolve(), next: null }
  queries.set(db, query)
  query.next ??= withDeadline(query.running, SHARED_MS)
    .catch(() => {})
    .then(() => {
      query.next = null
      return (query.running = readStored(db))
    })
  return query.next
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
