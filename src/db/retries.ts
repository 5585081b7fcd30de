// Failed steps run again: one, or all that fit a filter, which a sweep works off some at a time.
import type { Types } from 'mongoose'
import type { Step } from '../outcomes/evidence.ts'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ChannelStatus } from '../contract.ts'
import type { AuditDoc } from './audit.ts'
import { rankOf } from '../outcomes/ranks.ts'
import { begun, type Channel } from './channels.ts'
import { holding, nextGeneration, unclaimed } from './lease.ts'
import { planned, RANKS, type ConnectionFilter } from './connection-filter.ts'
import type { Db } from './open.ts'
import { COUNT_MS } from './query-limits.ts'
import { canRun, needs, retriable } from './retriable.ts'

export interface Retry {
  serviceUrl: string
  requestId: string
  at: Date
}

export interface RetryFilter extends ConnectionFilter {
  /** whatever began anew since is left alone */
  asOf: Date
  /** outcomes whose next attempt, where one is planned, is not brought forward */
  timed?: OutcomeCode[]
  /** outcomes that are left alone: trying again changes nothing there */
  vain?: OutcomeCode[]
  /** of `retrying` channels only those in `connect`: another Service URL does not change what a verify waits for */
  signInsAlone?: true
  /** only accounts that live at this origin, as far as their outcome tells where they live */
  livesAt?: string
}

const failedRanks = RANKS.filter((rank) => rank <= rankOf('retrying'))
/** The step that runs when a channel that stands at `step` runs again. */
function stepAgain(step: Step): keyof typeof needs | null {
  if (step === 'disconnect') return null
  return step === 'connect' ? 'connect' : 'verify'
}

/**
 * A new generation with the secret that is there: the age of a password goes on counting, and which server refused it is
 * remembered. A session has no such age.
 */
function retrying(step: Step, { serviceUrl, requestId, at }: Retry) {
  const { submittedAt, refusedBy: _, ...fields } = begun(step, at)
  const own = step === 'connect' ? { serviceUrl } : { submittedAt }
  return { $set: { ...fields, ...own, ...unclaimed(at, at), requestId }, $inc: nextGeneration }
}

/** Runs a channel's step again. @returns null when it cannot (its secret is gone) or the channel changed meanwhile */
export async function retryOne(db: Db, channel: Channel, retry: Retry): Promise<Channel | null> {
  const { status } = channel
  const step = stepAgain(channel.step)
  if (!step) return null
  return db.channels
    .findOneAndUpdate({ ...needs[step], ...holding(channel), live: true, status }, retrying(step, retry), {
      returnDocument: 'after',
    })
    .lean<Channel>()
}

/** One or several queries that find what can run again, each something else. */
async function queries(db: Db, filter: RetryFilter) {
  const { from, to, asOf, timed, vain, signInsAlone, livesAt } = filter
  const { few, where } = await planned(db, filter)
  const statuses = retriable.filter((status) => filter.statuses?.includes(status) ?? true)
  const until = to && to < asOf ? to : asOf
  const fitting: object[] = [
    { live: true, rank: { $in: failedRanks }, since: { $gte: from ?? new Date(0), $lte: until } },
    canRun,
    ...(statuses.length < retriable.length ? [{ status: { $in: statuses } }] : []),
    ...(timed
      ? [{ $or: [{ 'outcome.code': { $nin: timed } }, { nextTryAt: null }, { nextTryAt: { $lte: asOf } }] }]
      : []),
    ...(vain ? [{ 'outcome.code': { $nin: vain } }] : []),
    ...(signInsAlone ? [{ $or: [{ status: { $ne: 'retrying' as const } }, { step: 'connect' as const }] }] : []),
    ...(livesAt === undefined
      ? []
      : [{ $or: [{ 'outcome.params.actualServer': { $in: [null, livesAt] } }, { 'outcome.homeUnknown': true }] }]),
  ]
  // In no order: whatever the database takes for the shortest way.
  if (!few) return [{ where: { $and: [...fitting, ...where] }, hint: null }]
  return few
    .filter(({ rank }) => rank === undefined || failedRanks.includes(rank))
    .map(({ match, index }) => ({ where: { $and: [match, ...fitting] }, hint: index }))
}

/** How many channels fit that still can run again. */
export async function countRetriable(db: Db, filter: RetryFilter): Promise<number> {
  let count = 0
  for (const { where, hint } of await queries(db, filter)) {
    const query = db.channels.countDocuments(where).maxTimeMS(COUNT_MS)
    count += await (hint ? query.hint(hint) : query)
  }
  return count
}

/**
 * Notes in the audit list that all that fit are to run again, and leaves it to the sweep: once this is written, nothing
 * of it gets lost.
 * @param filter null when nothing can fit
 * @returns how many
 */
export async function orderRetry(
  db: Db,
  entry: Omit<AuditDoc, '_id' | 'retried' | 'retry'> & { requestId: string; _id?: Types.ObjectId },
  filter: RetryFilter | null,
): Promise<number> {
  const { requestId } = entry
  const retried = filter ? await countRetriable(db, filter) : 0
  await db.audit.create({ ...entry, retried, ...(filter && retried > 0 ? { retry: { filter, requestId } } : {}) })
  return retried
}

/** The oldest order that is not done. */
export const findRetryOrder = (db: Db) =>
  db.audit
    .findOne({ 'retry.requestId': { $type: 'string' } })
    .sort({ at: 1 })
    .lean<Pick<AuditDoc, '_id'> & Required<Pick<AuditDoc, 'retry'>>>()

export const endRetryOrder = (db: Db, { _id }: Pick<AuditDoc, '_id'>) =>
  db.audit.updateOne({ _id }, { $unset: { retry: 1 } })

/** Runs some of those that fit again; the sweep looks at once. @returns how many fitted, `limit` at most */
export async function retrySome(db: Db, filter: RetryFilter, retry: Retry, limit: number): Promise<number> {
  const channels: Pick<Channel, '_id' | 'step'>[] = []
  for (const { where, hint } of await queries(db, filter)) {
    const query = db.channels.find(where, { step: 1 }).limit(limit - channels.length)
    channels.push(...(await (hint ? query.hint(hint) : query).lean<typeof channels>()))
    if (channels.length === limit) break
  }
  for (const step of ['connect', 'verify'] as const) {
    const ids = channels.flatMap((channel) => (stepAgain(channel.step) === step ? [channel._id] : []))
    const still = { ...needs[step], live: true as const, status: { $in: retriable }, since: { $lte: filter.asOf } }
    if (ids.length > 0) await db.channels.updateMany({ _id: { $in: ids }, ...still }, retrying(step, retry))
  }
  return channels.length
}

/** How those that an order began stand now. */
export interface RetryCourse {
  retried: number
  connected: number
  failed: number
  /** not begun yet, under way, or waiting for a next try */
  toGo: number
  /** of those to go: that wait for their next try */
  waiting: number
  /** when the first of these is tried */
  nextTryAt: Date | null
}

export async function followOrder(
  db: Db,
  order: Pick<AuditDoc, 'requestId' | 'retried' | 'retry'>,
): Promise<RetryCourse> {
  const { requestId, retried, retry } = order
  if (!requestId || retried === 0) return { retried, connected: 0, failed: 0, toGo: 0, waiting: 0, nextTryAt: null }
  const rows = await db.channels.aggregate<{ _id: ChannelStatus; count: number; nextTryAt: Date | null }>(
    [
      { $match: { requestId, live: true } },
      { $group: { _id: '$status', count: { $sum: 1 }, nextTryAt: { $min: '$nextTryAt' } } },
    ],
    { maxTimeMS: COUNT_MS, hint: { requestId: 1 } },
  )
  const count = (...statuses: ChannelStatus[]) =>
    rows.filter(({ _id }) => statuses.includes(_id)).reduce((sum, row) => sum + row.count, 0)
  const begun = rows.reduce((sum, row) => sum + row.count, 0)
  return {
    retried,
    connected: count('connected'),
    failed: count('action_required', 'failed'),
    toGo: count('connecting', 'verifying', 'retrying') + (retry ? Math.max(0, retried - begun) : 0),
    waiting: count('retrying'),
    nextTryAt: rows.find(({ _id }) => _id === 'retrying')?.nextTryAt ?? null,
  }
}
