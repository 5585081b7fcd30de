// The audit list: who changed which option, when, from what to what.
import { Schema, Types } from 'mongoose'
import type { Db } from './open.ts'
import type { RetryFilter } from './retries.ts'

export interface AuditDoc {
  _id: Types.ObjectId
  at: Date
  actor: string
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
    option: { type: String, required: true },
    from: String,
    to: String,
    retried: { type: Number, required: true },
    retry: Schema.Types.Mixed,
  },
  { versionKey: false },
)
auditSchema.index({ at: 1 }, { partialFilterExpression: { 'retry.requestId': { $type: 'string' } } })

/** Newest first. `before` is the id of the last entry of the page before. */
export const listAudit = (db: Db, limit: number, before?: string) =>
  db.audit
    .find(before ? { _id: { $lt: new Types.ObjectId(before) } } : {}, { retry: 0 })
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditDoc[]>()
