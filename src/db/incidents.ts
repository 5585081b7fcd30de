// Incidents: which are going on, one a server at most, and those that are over; and the look for them, which one worker holds at a time.
import { Schema, Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { Channel } from './channels.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { RetryCourse } from './retries.ts'
import type { Db } from './open.ts'
import { COUNT_MS } from './query-limits.ts'

/** What came just before an incident: a change of an option, or the start of a process. */
export interface Before {
  at: Date
  /** e-mail of who did it, or "environment"; empty: a process was started */
  actor: string
  /** empty: a process was started */
  option: string
  from: string
  to: string
}

/** What the failed connects have in common. */
export interface Common {
  /** how many were looked at */
  sampled: number
  /** how many people they belong to */
  people: number
  /** where their accounts live, if most live at the same place */
  actualServer: { value: string; count: number; people: number } | null
  step: { value: string; count: number } | null
}

export interface IncidentDoc {
  _id: Types.ObjectId
  /** while it goes on */
  open?: true
  server: string
  code: OutcomeCode
  since: Date
  foundAt: Date
  seenAt: Date
  connects: number
  failed: number
  /** share that failed this way before */
  before: number
  common: Common
  change: Before | null
  closedAt: Date | null
  /** how those went that ran again because of a mend */
  course: (RetryCourse & { actor: string; at: Date }) | null
  /** administrators are to be told of its beginning, or its end; gone when every mail is ordered */
  tell?: { at: Date; what: 'opened' | 'closed' }
}

export const incidentSchema = new Schema<IncidentDoc>(
  {
    open: Boolean,
    server: { type: String, required: true },
    code: { type: String, required: true },
    since: { type: Date, required: true },
    foundAt: { type: Date, required: true },
    seenAt: { type: Date, required: true },
    connects: { type: Number, required: true },
    failed: { type: Number, required: true },
    before: { type: Number, required: true },
    common: Schema.Types.Mixed,
    change: Schema.Types.Mixed,
    closedAt: { type: Date, default: null },
    course: { type: Schema.Types.Mixed, default: null },
    tell: Schema.Types.Mixed,
  },
  { versionKey: false },
)
incidentSchema.index({ server: 1 }, { unique: true, partialFilterExpression: { open: true } })
incidentSchema.index({ 'tell.at': 1 }, { partialFilterExpression: { 'tell.at': { $type: 'date' } } })

export interface IncidentWatchDoc {
  _id: string
  /** when the next look is due: while one is under way, when its worker counts as killed */
  lookAt: Date
  /** what the version before reads there */
  open?: unknown[]
}

export const incidentWatchSchema = new Schema<IncidentWatchDoc>(
  { _id: { type: String, required: true }, lookAt: { type: Date, required: true }, open: Schema.Types.Mixed },
  { versionKey: false },
)

const ID = 'connects'
/** Where so many servers fail, it is not the servers. */
export const MOST_OPEN = 20

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
 * @returns false where none is due, or somebody else has it
 */
export async function takeWatch(db: Db, at: Date, until: Date): Promise<boolean> {
  const watch = await db.incidentWatch.findOne({ _id: ID }).lean<IncidentWatchDoc>()
  if (watch && watch.lookAt > at) return false
  if (!watch) await addWatch(db)
  const taken = await db.incidentWatch.updateOne({ _id: ID, lookAt: { $lte: at } }, { $set: { lookAt: until } })
  return taken.modifiedCount === 1
}

export const endWatch = (db: Db, until: Date, lookAt: Date) =>
  db.incidentWatch.updateOne({ _id: ID, lookAt: until }, { $set: { lookAt } })

export const listOpenIncidents = (db: Db): Promise<IncidentDoc[]> =>
  db.incidents
    .find({ open: true, server: { $type: 'string' } })
    .hint({ server: 1 })
    .limit(MOST_OPEN)
    .lean<IncidentDoc[]>()

/** @returns false where another process was faster */
export async function openIncident(db: Db, incident: Omit<IncidentDoc, '_id' | 'open' | 'closedAt' | 'course'>) {
  try {
    await db.incidents.create({ ...incident, open: true })
    return true
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    return false
  }
}

export const noteIncident = (db: Db, { _id }: Pick<IncidentDoc, '_id'>, seen: Partial<IncidentDoc>) =>
  db.incidents.updateOne({ _id, open: true }, { $set: seen })

/** @param tell null: nobody is told */
export const closeIncident = (
  db: Db,
  { _id }: Pick<IncidentDoc, '_id'>,
  closed: Pick<IncidentDoc, 'course'> & { closedAt: Date },
  tell: IncidentDoc['tell'] | null,
) =>
  db.incidents.updateOne({ _id, open: true }, { $set: { ...closed, ...(tell ? { tell } : {}) }, $unset: { open: 1 } })

/** Those that administrators are still to be told of. */
export const listUntold = (db: Db): Promise<IncidentDoc[]> =>
  db.incidents
    .find({ 'tell.at': { $type: 'date' } })
    .hint({ 'tell.at': 1 })
    .sort({ 'tell.at': 1 })
    .limit(2 * MOST_OPEN)
    .lean<IncidentDoc[]>()

export const endTelling = (db: Db, told: IncidentDoc[]) =>
  db.incidents.updateMany({ _id: { $in: told.map(({ _id }) => _id) } }, { $unset: { tell: 1 } })

/** Those that are over, newest first. @param before id of the last of the page before */
export const listPastIncidents = (db: Db, limit: number, before?: string): Promise<IncidentDoc[]> =>
  db.incidents
    .find({ closedAt: { $type: 'date' }, ...(before ? { _id: { $lt: new Types.ObjectId(before) } } : {}) })
    .sort({ _id: -1 })
    .limit(limit)
    .lean<IncidentDoc[]>()

/** Failed connects that are looked at for what they have in common. */
const SAMPLED = 500

/** What most of those that failed this way since then have in common. */
export async function findCommon(
  db: Db,
  { server, code, since }: { server: string; code: OutcomeCode; since: Date },
): Promise<Common> {
  const found = await db.channels
    .find(
      { submittedAt: { $gte: since }, live: true, serviceUrl: server, 'outcome.code': code },
      { _id: 0, userId: 1, step: 1, 'outcome.params.actualServer': 1 },
    )
    .sort({ submittedAt: -1 })
    .limit(SAMPLED)
    .maxTimeMS(COUNT_MS)
    .lean<Pick<Channel, 'userId' | 'step' | 'outcome'>[]>()
  const people = (some: typeof found) => new Set(some.map(({ userId }) => userId)).size
  const most = (of: (channel: (typeof found)[number]) => string | undefined) => {
    const groups = [...Map.groupBy(found, of)].toSorted((one, other) => other[1].length - one[1].length)
    const [value, all] = groups.find(([named]) => named) ?? []
    return value && all && all.length * 2 > found.length ? { value, count: all.length, people: people(all) } : null
  }
  const step = most((channel) => channel.step)
  return {
    sampled: found.length,
    people: people(found),
    actualServer: most(({ outcome }) => outcome?.params.actualServer),
    step: step && { value: step.value, count: step.count },
  }
}
