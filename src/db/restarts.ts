// Failed steps run again: one, or all that fit a filter, which a sweep works off some at a time.
import type { Step } from '../outcomes/evidence.ts'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ChannelStatus } from '../contract.ts'
import type { AuditDoc } from './audit.ts'
import { newRun, rankOf, type Channel } from './channels.ts'
import { conditions, type ConnectionFilter } from './connections.ts'
import type { Db } from './open.ts'

export interface Restart {
  serviceUrl: string
  requestId: string
  at: Date
}

export interface RestartFilter extends ConnectionFilter {
  /** whatever began anew since is left alone */
  asOf: Date
  /** outcomes whose next try, where one is planned, is not brought forward */
  timed?: OutcomeCode[]
  /** of those with a next try sign-ins alone: what they wait for is over when they go to another server */
  signInsAlone?: true
}

const restartable: ChannelStatus[] = ['action_required', 'failed', 'retrying']

/** What a step needs to run again. */
const needs = {
  connect: { step: 'connect' as const, 'secrets.password': { $type: 'string' as const } },
  verify: { step: 'verify' as const, 'secrets.session': { $type: 'string' as const } },
}

/**
 * A run that its owner did not submit: the age of a password goes on counting and who refused it is remembered; a
 * session has no such limit.
 */
function rerun(step: Step, { serviceUrl, requestId, at }: Restart) {
  const { submittedAt, refusedBy: _, ...fields } = newRun(step, at)
  const own = step === 'connect' ? { serviceUrl } : { submittedAt }
  return { $set: { ...fields, ...own, dueAt: at, requestId }, $inc: { run: 1 } }
}

/** Runs a channel's step again. @returns null when it cannot (its secret is gone) or the channel changed meanwhile */
export async function restartOne(
  db: Db,
  { _id, run, status, step }: Channel,
  restart: Restart,
): Promise<Channel | null> {
  if (step === 'disconnect') return null
  return db.channels
    .findOneAndUpdate({ ...needs[step], live: true, _id, run, status }, rerun(step, restart), {
      returnDocument: 'after',
    })
    .lean<Channel>()
}

/** @returns null when nothing can fit */
async function matching(db: Db, filter: RestartFilter) {
  const { from, to, asOf, timed, signInsAlone } = filter
  const found = await conditions(db, filter)
  if (!found) return null
  const statuses = restartable.filter((status) => filter.statuses?.includes(status) ?? true)
  const until = to && to < asOf ? to : asOf
  const where = {
    $and: [
      { live: true as const, rank: { $lte: rankOf('retrying') }, since: { $gte: from ?? new Date(0), $lte: until } },
      { $or: Object.values(needs) },
      ...(statuses.length < restartable.length ? [{ status: { $in: statuses } }] : []),
      ...(timed
        ? [{ $or: [{ 'outcome.code': { $nin: timed } }, { nextTryAt: null }, { nextTryAt: { $lte: asOf } }] }]
        : []),
      ...(signInsAlone ? [{ $or: [{ status: { $ne: 'retrying' as const } }, { step: 'connect' as const }] }] : []),
      ...found.where,
    ],
  }
  return { where, hint: found.hint }
}

/** How many channels fit that still can run again. */
export async function countRestartable(db: Db, filter: RestartFilter): Promise<number> {
  const fitting = await matching(db, filter)
  return fitting ? db.channels.countDocuments(fitting.where, fitting.hint ? { hint: fitting.hint } : {}) : 0
}

/**
 * Notes in the audit list that all that fit are to run again, and leaves it to the sweep: once this is written, nothing
 * of it gets lost.
 * @param filter null when nothing can fit
 * @returns how many
 */
export async function orderRestart(
  db: Db,
  entry: Omit<AuditDoc, '_id' | 'restarted' | 'restart'>,
  filter: RestartFilter | null,
  requestId: string,
): Promise<number> {
  const restarted = filter ? await countRestartable(db, filter) : 0
  await db.audit.create({ ...entry, restarted, ...(filter && restarted > 0 ? { restart: { filter, requestId } } : {}) })
  return restarted
}

/** The oldest order that is not done. */
export const findRestart = (db: Db) =>
  db.audit
    .findOne({ 'restart.requestId': { $type: 'string' } })
    .sort({ at: 1 })
    .lean<Pick<AuditDoc, '_id'> & Required<Pick<AuditDoc, 'restart'>>>()

export const endRestart = (db: Db, { _id }: Pick<AuditDoc, '_id'>) =>
  db.audit.updateOne({ _id }, { $unset: { restart: 1 } })

/** Runs some of those that fit again; due at once. @returns how many fitted, `limit` at most */
export async function restartSome(db: Db, filter: RestartFilter, restart: Restart, limit: number): Promise<number> {
  const fitting = await matching(db, filter)
  if (!fitting) return 0
  const query = db.channels.find(fitting.where, { step: 1 }).limit(limit)
  const channels = await (fitting.hint ? query.hint(fitting.hint) : query).lean<Pick<Channel, '_id' | 'step'>[]>()
  for (const step of ['connect', 'verify'] as const) {
    const ids = channels.flatMap((channel) => (channel.step === step ? [channel._id] : []))
    const still = { ...needs[step], live: true as const, status: { $in: restartable }, since: { $lte: filter.asOf } }
    if (ids.length > 0) await db.channels.updateMany({ _id: { $in: ids }, ...still }, rerun(step, restart))
  }
  return channels.length
}
