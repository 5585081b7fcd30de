// Attempts: one try of one step for a channel, with what was seen and how it ended; the newest 50 of a channel are kept.
import { Schema, type Types } from 'mongoose'
import type { SeenStep } from '../outcomes/evidence.ts'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { Db } from './open.ts'
import { COUNT_MS } from './query-limits.ts'

/** How many attempts of a channel are kept. */
export const KEPT = 50

export interface AttemptDoc {
  _id: Types.ObjectId
  channelId: Types.ObjectId
  /** of the channel when the attempt was begun: attempts are in the order of their claims, whatever the clocks say */
  revision: number
  step: SeenStep
  generation: number
  requestId: string
  startedAt: Date
  durationMs: number
  outcome: OutcomeCode
  serviceUrl: string
  answer: {
    call: string
    status: number | null
    error: string | null
    /** a refusal that was wanted */
    wanted?: true
    detail: string | null
    durationMs: number
  } | null
}

export const attemptSchema = new Schema<AttemptDoc>(
  {
    channelId: { type: Schema.Types.ObjectId, required: true },
    revision: { type: Number, required: true },
    step: { type: String, required: true },
    generation: { type: Number, required: true },
    requestId: { type: String, required: true },
    startedAt: { type: Date, required: true },
    durationMs: { type: Number, required: true },
    outcome: { type: String, required: true },
    serviceUrl: { type: String, required: true },
    answer: { type: Schema.Types.Mixed, default: null },
  },
  { versionKey: false },
)
attemptSchema.index({ channelId: 1, revision: -1 })

/** Past mongoose, which takes as long again to make a document of it: there are two in each connect. */
export async function addAttempt(db: Db, attempt: Omit<AttemptDoc, '_id'>): Promise<void> {
  await db.attempts.collection.insertOne({ ...attempt })
}

/** Deletes all but the newest attempts of the channel. */
export async function dropOldAttempts(db: Db, channelId: Types.ObjectId): Promise<void> {
  const oldest = await db.attempts.findOne({ channelId }, { revision: 1 }).sort({ revision: -1 }).skip(KEPT).lean()
  if (oldest) await db.attempts.deleteMany({ channelId, revision: { $lte: oldest.revision } })
}

/** What was answered in the newest attempt of each of these channels that ended so, since then. */
export async function listAnswers(
  db: Db,
  channelIds: Types.ObjectId[],
  { code, since }: { code: OutcomeCode; since: Date },
): Promise<NonNullable<AttemptDoc['answer']>[]> {
  const rows = await db.attempts.aggregate<Pick<AttemptDoc, 'answer'>>(
    [
      { $match: { channelId: { $in: channelIds }, outcome: code, startedAt: { $gte: since } } },
      { $sort: { channelId: 1, revision: -1 } },
      { $group: { _id: '$channelId', answer: { $first: '$answer' } } },
    ],
    { maxTimeMS: COUNT_MS },
  )
  return rows.flatMap(({ answer }) => answer ?? [])
}

/** Newest first. */
export const listAttempts = (db: Db, channelId: Types.ObjectId) =>
  db.attempts.find({ channelId }).sort({ revision: -1 }).limit(KEPT).lean<AttemptDoc[]>()
