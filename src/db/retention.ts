// Retention: what is of no use to the program any more goes when it has its age, some at a time.
import { Types } from 'mongoose'
import type { KeepDays } from '../config.ts'
import { rankOf } from '../outcomes/ranks.ts'
import type { Db } from './open.ts'
import { forgetChannels } from './steps.ts'

const DAY_MS = 24 * 3600_000

/** The time stands in the id, so it needs no index of its own. */
const olderThan = (time: Date) => ({ $lt: Types.ObjectId.createFromTime(Math.floor(time.getTime() / 1000)) })

/** Mails and removals go by indexes of their age. @returns how many went, `limit` of each at most */
export async function forgetOld(
  db: Db,
  keepDays: Pick<KeepDays, 'attempts' | 'audit' | 'merged'>,
  at: Date,
  limit: number,
) {
  const before = (days: number) => new Date(at.getTime() - days * DAY_MS)
  const _id = olderThan(before(keepDays.attempts))
  const attempts = await db.attempts.find({ _id }, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean()
  if (attempts.length > 0) await db.attempts.deleteMany({ _id: { $in: attempts.map(({ _id }) => _id) } })

  // What an admin ordered and is not done yet is still needed.
  const old = { _id: olderThan(before(keepDays.audit)), retry: { $exists: false } }
  const audit = await db.audit.find(old, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean()
  if (audit.length > 0) await db.audit.deleteMany({ _id: { $in: audit.map(({ _id }) => _id) } })

  // They belong to what is told of changes, and are few.
  const past = { _id: olderThan(before(keepDays.audit)), closedAt: { $type: 'date' as const } }
  const incidents = await db.incidents.find(past, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean()
  if (incidents.length > 0) await db.incidents.deleteMany({ _id: { $in: incidents.map(({ _id }) => _id) } })

  const merged = await db.channels
    .find(
      { rank: rankOf('disconnected'), since: { $lt: before(keepDays.merged) }, mergedInto: { $exists: true } },
      { _id: 1 },
    )
    .limit(limit)
    .lean()
  if (merged.length > 0) await forgetChannels(db, merged)
  return { attempts: attempts.length, audit: audit.length, incidents: incidents.length, merged: merged.length }
}
