// What administrators know of incidents: which are going on, and what a mail is to tell them. One document, which one worker holds at a time.
import { Schema } from 'mongoose'
import type { ToldIncident } from '../mail/notices.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

/** An incident that was told and is not over. */
export interface OpenIncident extends ToldIncident {
  seenAt: Date
}

export interface IncidentChange {
  at: Date
  opened: ToldIncident[]
  closed: ToldIncident[]
}

export interface IncidentWatchDoc {
  _id: string
  /** when the next look is due: while one is under way, when its worker counts as killed */
  lookAt: Date
  /** one a server at most */
  open: OpenIncident[]
  /** written with the change that it tells of, and gone when every mail is ordered */
  telling?: IncidentChange
}

export const incidentWatchSchema = new Schema<IncidentWatchDoc>(
  {
    _id: { type: String, required: true },
    lookAt: { type: Date, required: true },
    open: Schema.Types.Mixed,
    telling: Schema.Types.Mixed,
  },
  { versionKey: false },
)

const ID = 'connects'

async function addWatch(db: Db): Promise<void> {
  try {
    await db.incidentWatch.updateOne({ _id: ID }, { $setOnInsert: { lookAt: new Date(0), open: [] } }, { upsert: true })
  } catch (error) {
    // Somebody else did in the same moment.
    if (!isDuplicateKey(error)) throw error
  }
}

/**
 * Takes the look that is due.
 * @param until when another may take it: who took it did not live to end it
 * @returns null where none is due, or somebody else has it
 */
export async function takeWatch(db: Db, at: Date, until: Date): Promise<IncidentWatchDoc | null> {
  const watch = await db.incidentWatch.findOne({ _id: ID }).lean<IncidentWatchDoc>()
  if (watch && watch.lookAt > at) return null
  if (!watch) await addWatch(db)
  return db.incidentWatch
    .findOneAndUpdate({ _id: ID, lookAt: { $lte: at } }, { $set: { lookAt: until } }, { returnDocument: 'after' })
    .lean<IncidentWatchDoc>()
}

/** @param telling null: nothing changed. @returns false when another process took the look meanwhile */
export async function keepWatch(
  db: Db,
  until: Date,
  { open, telling, lookAt }: { open: OpenIncident[]; telling: IncidentChange | null; lookAt: Date },
): Promise<boolean> {
  const { matchedCount } = await db.incidentWatch.updateOne(
    { _id: ID, lookAt: until },
    { $set: { open, lookAt, ...(telling ? { telling } : {}) } },
  )
  return matchedCount === 1
}

export const endIncidentTelling = (db: Db, { at }: IncidentChange) =>
  db.incidentWatch.updateOne({ _id: ID, 'telling.at': at }, { $unset: { telling: 1 } })
