// The audit list: what administrators did, who, to whom, when; of options from what to what.
import { Schema, Types } from 'mongoose'
import type { AuditAction } from '../contract.ts'
import type { Db } from './open.ts'
import type { RetryFilter } from './retries.ts'

export interface AuditDoc {
  _id: Types.ObjectId
  at: Date
  actor: string
  /** absent in entries of before there were others than changes of options and retries of many */
  action?: AuditAction
  /** e-mail of the user to whom it was done */
  whom?: string
  /** handle of the connection to which it was done */
  connection?: string
  requestId?: string
  /** empty where it is about no option */
  option: string
  from: string
  to: string
  /** how many channels ran again because of it */
  retried: number
  /** which of them, until the sweep has begun them all */
  retry?: { filter: RetryFilter; requestId: string }
}

export const auditSchema = new Schema<AuditDoc>(
  {
    at: { type: Date, required: true },
    actor: { type: String, required: true },
    action: String,
    whom: String,
    connection: String,
    requestId: String,
    option: { type: String, default: '' },
    from: { type: String, default: '' },
    to: { type: String, default: '' },
    retried: { type: Number, default: 0 },
    retry: Schema.Types.Mixed,
  },
  { versionKey: false },
)
auditSchema.index({ at: 1 }, { partialFilterExpression: { 'retry.requestId': { $type: 'string' } } })

auditSchema.index({ option: 1, _id: -1 })
auditSchema.index({ whom: 1, _id: -1 })

type Act = Required<Pick<AuditDoc, 'at' | 'actor' | 'action' | 'requestId'>> &
  Partial<Pick<AuditDoc, 'whom' | 'connection' | 'from' | 'to'>>

export async function addAudit(db: Db, act: Act): Promise<void> {
  await db.audit.create(act)
}

/** What was done to one person, newest first. */
export const listActs = (db: Db, whom: string, limit: number) =>
  db.audit.find({ whom }, { retry: 0 }).sort({ _id: -1 }).limit(limit).lean<AuditDoc[]>()

/** Newest first. `before` is the id of the last entry of the page before; `options`: changes of those alone. */
export const listAudit = (db: Db, limit: number, before?: string, options?: string[]) =>
  db.audit
    .find(
      {
        ...(options ? { option: { $in: options } } : {}),
        ...(before ? { _id: { $lt: new Types.ObjectId(before) } } : {}),
      },
      { retry: 0 },
    )
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditDoc[]>()

export const findAudit = (db: Db, id: string) => db.audit.findOne({ _id: id }).lean<AuditDoc>()

/** What changed options or began a retry of many within a time, newest first. */
export const listOrders = (db: Db, options: string[], from: Date, to: Date, limit: number) =>
  db.audit
    .find({
      option: { $in: options },
      // The time stands in the id, to the second.
      _id: {
        $gte: Types.ObjectId.createFromTime(Math.floor(from.getTime() / 1000)),
        $lt: Types.ObjectId.createFromTime(Math.floor(to.getTime() / 1000) + 1),
      },
    })
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditDoc[]>()
