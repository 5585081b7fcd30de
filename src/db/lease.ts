// The lease: the part of a document by which a worker holds its step, and by which the sweep notices that nobody does.
import { Schema, type Types } from 'mongoose'
import type { JobName } from '../jobs.ts'

export interface Lease {
  /** goes up whenever somebody starts the document anew; a job of an older generation changes nothing */
  generation: number
  /** how often the step was claimed since its last outcome: more than a few mean that it brings its worker down */
  claims: number
  /** attempts of this step that ended in a passing fault */
  failures: number
  /** when the sweep looks at it, unless something happens before; absent while nothing is to be done */
  sweepAt?: Date
}

export const leaseSchema = new Schema<Lease>(
  {
    generation: { type: Number, required: true },
    claims: { type: Number, required: true },
    failures: { type: Number, required: true },
    sweepAt: Date,
  },
  { _id: false },
)

/** For the schema of a collection that carries a lease: what the sweep asks for, one step at a time. */
export const sweepIndex = { step: 1, 'lease.sweepAt': 1 } as const

interface Leased {
  _id: Types.ObjectId | string
  lease: Pick<Lease, 'generation'>
}

/** As much of a model as the lease needs, whatever else its documents hold. */
interface LeasedCollection {
  updateOne(filter: object, update: object): PromiseLike<{ matchedCount: number }>
  updateMany(filter: object, update: object): PromiseLike<{ modifiedCount: number }>
  find(filter: object, fields: null, options: object): PromiseLike<unknown[]>
}

/** How long the sweep leaves a job alone that was just put into its queue. */
const ENQUEUE_GRACE_MS = 5_000
/** How long the sweep leaves a document alone that it has looked at: most likely its queue is long. */
const SWEEP_GRACE_MS = 15_000

const afterEnqueue = (at: Date) => new Date(at.getTime() + ENQUEUE_GRACE_MS)

/** Of a new document, whose job is enqueued at once. */
export const newLease = (at: Date): Lease => ({ generation: 1, claims: 0, failures: 0, sweepAt: afterEnqueue(at) })

/** Fields for `$set`: a step that nobody has claimed yet begins. @param sweepAt now, where nobody enqueues its job */
export const unclaimed = (at: Date, sweepAt = afterEnqueue(at)) => ({
  'lease.claims': 0,
  'lease.failures': 0,
  'lease.sweepAt': sweepAt,
})

/** For `$inc`, beside `unclaimed`: jobs of before change nothing any more. */
export const nextGeneration = { 'lease.generation': 1 }

/** Filter: nobody has started the document anew. */
export const holding = ({ _id, lease }: Leased) => ({ _id, 'lease.generation': lease.generation })

/** A worker takes the step; until `until` the sweep believes that it is at work. */
export const claiming = (until: Date) => ({ $set: { 'lease.sweepAt': until }, $inc: { 'lease.claims': 1 } })

/** Fields of an end: when the sweep begins again, or never. @param failed it was tried and counts as a failure */
export const ending = (nextAt: Date | null, failed: boolean) => ({
  $set: { 'lease.claims': 0, ...(nextAt ? { 'lease.sweepAt': nextAt } : {}) },
  $unset: nextAt ? {} : { 'lease.sweepAt': 1 },
  $inc: failed ? { 'lease.failures': 1 } : {},
})

/** Takes a claim back: the step was not begun after all. The sweep looks at `at`. @returns false when it changed */
export async function release(collection: LeasedCollection, held: object, at: Date): Promise<boolean> {
  const update = { $set: { 'lease.sweepAt': at }, $inc: { 'lease.claims': -1 } }
  const { matchedCount } = await collection.updateOne(held, update)
  return matchedCount === 1
}

/** Lets the sweep look at `at`: for an attempt that broke off. The claim goes on counting. */
export async function postpone(collection: LeasedCollection, held: object, at: Date): Promise<void> {
  await collection.updateOne(held, { $set: { 'lease.sweepAt': at } })
}

/** What the sweep reads of a document: what its job needs. */
export interface Lapsed extends Leased {
  _id: Types.ObjectId
  step: JobName
  userId: string
  requestId: string
}

/**
 * Documents whose step has had no sign of life for too long, or whose time has come. Most urgent first; one step at a
 * time, so that none is hidden behind many of another.
 */
export const listLapsed = <T extends Leased = Lapsed>(
  collection: LeasedCollection,
  step: JobName | 'mail',
  at: Date,
  limit: number,
  projection: object = { step: 1, userId: 1, requestId: 1, 'lease.generation': 1 },
) =>
  collection.find({ step, 'lease.sweepAt': { $lte: at } }, null, {
    projection,
    sort: { 'lease.sweepAt': 1 },
    // The planner may misjudge how few there are and read the whole collection.
    hint: sweepIndex,
    limit,
    lean: true,
  }) as PromiseLike<T[]>

/** Takes documents out of the sweep's list in one write. @returns how many no other process had taken before */
export async function takeLapsed(collection: LeasedCollection, lapsed: Leased[], at: Date): Promise<number> {
  const { modifiedCount } = await collection.updateMany(
    { _id: { $in: lapsed.map(({ _id }) => _id) }, 'lease.sweepAt': { $lte: at } },
    { $set: { 'lease.sweepAt': new Date(at.getTime() + SWEEP_GRACE_MS) } },
  )
  return modifiedCount
}
