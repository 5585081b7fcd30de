// What metrics ask of MongoDB: each answer comes from one end of an index, or from a count with a bound.
import type { StepName } from '../jobs.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { sweepIndex } from './lease.ts'
import type { Db } from './open.ts'

const COUNT_MS = 2_000
const MOST_COUNTED = 100_000
const STEPS: StepName[] = ['connect', 'verify', 'check', 'disconnect']

export type SweepLags = Record<StepName | 'mail', number>

/** @returns since when the channel is connecting or verifying that has been for longest; null where none is */
export async function oldestInStep(db: Db): Promise<Date | null> {
  const [oldest] = await db.channels
    .find(
      { rank: rankOf('connecting') },
      { since: 1 },
      { sort: { since: 1, _id: 1 }, limit: 1, hint: { rank: 1, since: -1, _id: -1, status: 1 } },
    )
    .maxTimeMS(COUNT_MS)
    .lean<{ since: Date }[]>()
  return oldest?.since ?? null
}

/** @returns how long ago the sweep should have looked, in milliseconds; 0 where nothing is overdue */
export async function sweepLags(db: Db, at: Date): Promise<SweepLags> {
  const lagOf = async (step: StepName | 'mail'): Promise<number> => {
    const [most] = await db[step === 'mail' ? 'mails' : 'channels'].collection
      .find({ step, 'lease.sweepAt': { $lte: at } }, { projection: { 'lease.sweepAt': 1 }, maxTimeMS: COUNT_MS })
      .sort({ 'lease.sweepAt': 1 })
      .hint(sweepIndex)
      .limit(1)
      .toArray()
    const { lease } = (most ?? {}) as { lease?: { sweepAt: Date } }
    return lease ? at.getTime() - lease.sweepAt.getTime() : 0
  }
  const lags = await Promise.all([...STEPS, 'mail' as const].map(async (step) => [step, await lagOf(step)]))
  return Object.fromEntries(lags) as SweepLags
}

/** App passwords that are kept, up to a bound: past it nobody needs to know how many more. */
export const countPasswords = (db: Db): Promise<number> =>
  db.channels.collection.countDocuments(
    { submittedAt: { $gte: new Date(0) }, 'secrets.password': { $type: 'string' } },
    { hint: { submittedAt: 1 }, limit: MOST_COUNTED, maxTimeMS: COUNT_MS },
  )
