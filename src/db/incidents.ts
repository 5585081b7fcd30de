// Incidents: which are going on, one a server at most, and those that are over; and the look for them, which one worker holds at a time.
import { Schema, Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { listAnswers } from './attempts.ts'
import { serverIndex, serverOutcomeIndex, type Channel } from './channels.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { canRun } from './retriable.ts'
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
  /** what the server answered most of the newest; absent: of a version that did not look at it */
  answer?: { status: number | null; error: string | null; count: number; sampled: number } | null
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
  /** the rule found it still, but nothing of it could run any more */
  spent?: true
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
    spent: Boolean,
    course: { type: Schema.Types.Mixed, default: null },
    tell: Schema.Types.Mixed,
  },
  { versionKey: false },
)
incidentSchema.index({ server: 1 }, { unique: true, partialFilterExpression: { open: true } })
incidentSchema.index({ closedAt: 1 }, { partialFilterExpression: { spent: true } })
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
  closed: Pick<IncidentDoc, 'course' | 'spent'> & { closedAt: Date },
  tell: IncidentDoc['tell'] | null,
) =>
  db.incidents.updateOne({ _id, open: true }, { $set: { ...closed, ...(tell ? { tell } : {}) }, $unset: { open: 1 } })

/** When the last incident of a server ended because nothing of it could run any more. */
export async function listSpent(db: Db, from: Date): Promise<Map<string, Date>> {
  const spent = await db.incidents
    .find({ spent: true, closedAt: { $gte: from } }, { server: 1, closedAt: 1 })
    .sort({ closedAt: 1 })
    .lean<{ server: string; closedAt: Date }[]>()
  return new Map(spent.map(({ server, closedAt }) => [server, closedAt]))
}

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

/** Of those whose answers are looked at too. */
const ANSWERS = 50

type Failing = Pick<IncidentDoc, 'server' | 'code' | 'since'>

/** What most of those that failed this way since then have in common. */
export async function findCommon(db: Db, { server, code, since }: Failing): Promise<Common> {
  const found = await db.channels
    .find(
      { submittedAt: { $gte: since }, live: true, serviceUrl: server, 'outcome.code': code },
      { userId: 1, step: 1, 'outcome.params.actualServer': 1 },
    )
    .sort({ submittedAt: -1 })
    .limit(SAMPLED)
    .maxTimeMS(COUNT_MS)
    .lean<Pick<Channel, '_id' | 'userId' | 'step' | 'outcome'>[]>()
  const newest = found.slice(0, ANSWERS).map(({ _id }) => _id)
  const answers = await listAnswers(db, newest, { code, since })
  const home = mostOf(found, ({ outcome }) => outcome?.params.actualServer)
  const step = mostOf(found, (channel) => channel.step)
  const answer = mostOf(answers, ({ status, error }) => JSON.stringify({ status, error }))
  return {
    sampled: found.length,
    people: peopleOf(found),
    actualServer: home && { value: home.value, count: home.those.length, people: peopleOf(home.those) },
    step: step && { value: step.value, count: step.those.length },
    answer: answer?.those[0]
      ? {
          status: answer.those[0].status,
          error: answer.those[0].error,
          count: answer.those.length,
          sampled: answers.length,
        }
      : null,
  }
}

const peopleOf = (channels: Pick<Channel, 'userId'>[]) => new Set(channels.map(({ userId }) => userId)).size

/** @returns those of the largest group, where it is more than half of all */
function mostOf<T>(all: T[], by: (one: T) => string | undefined): { value: string; those: T[] } | null {
  const groups = [...Map.groupBy(all, by)].toSorted((one, other) => other[1].length - one[1].length)
  const [value, those] = groups.find(([named]) => named) ?? []
  return value && those && those.length * 2 > all.length ? { value, those } : null
}

/** @returns whether any of them can still run, or has failed since `newsFrom` */
export const canStillRun = async (
  db: Db,
  { server, since }: Pick<Failing, 'server' | 'since'>,
  codes: OutcomeCode[],
  newsFrom: Date,
): Promise<boolean> =>
  (await db.channels
    .findOne(
      {
        $and: [
          { submittedAt: { $gte: since }, live: true, serviceUrl: server, 'outcome.code': { $in: codes } },
          { $or: [{ 'outcome.at': { $gte: newsFrom } }, canRun] },
        ],
      },
      { _id: 1 },
    )
    .maxTimeMS(COUNT_MS)
    .lean()) !== null

/** Of those that are counted: a server that is away may keep very many waiting. */
const MOST_WAITING = 10_000

/** Of those that failed this way at the server: how many wait for their next try, when the first has it, and the last failed. */
export async function countWaiting(db: Db, { server, code }: Omit<Failing, 'since'>) {
  const [waiting] = await db.channels.aggregate<{ count: number; nextTryAt: Date | null; failedAt: Date | null }>(
    [
      { $match: { rank: rankOf('retrying'), serviceUrl: server, 'outcome.code': code } },
      { $limit: MOST_WAITING },
      {
        $group: {
          _id: null,
          count: { $sum: 1 },
          nextTryAt: { $min: '$nextTryAt' },
          failedAt: { $max: '$outcome.at' },
        },
      },
    ],
    { maxTimeMS: COUNT_MS, hint: serverOutcomeIndex },
  )
  const { count = 0, nextTryAt = null, failedAt = null } = waiting ?? {}
  return { count, nextTryAt, failedAt }
}

/** When the last channel got connected there. */
export async function findLastConnected(db: Db, server: string): Promise<Date | null> {
  const channel = await db.channels
    .findOne({ rank: rankOf('connected'), serviceUrl: server }, { since: 1 })
    .sort({ since: -1 })
    .hint(serverIndex)
    .lean<Pick<Channel, 'since'>>()
  return channel?.since ?? null
}
