// The audit list: who changed which option, when, from what to what.
import { Schema, Types } from 'mongoose'
import type { Db } from './open.ts'

export interface AuditDoc {
  _id: Types.ObjectId
  at: Date
  actor: string
  option: string
  from: string
  to: string
  /** how many channels ran again because of it */
  restarted: number
}

export const auditSchema = new Schema<AuditDoc>(
  {
    at: { type: Date, required: true },
    actor: { type: String, required: true },
    option: { type: String, required: true },
    from: String,
    to: String,
    restarted: { type: Number, required: true },
  },
  { versionKey: false },
)

export const addAudit = (db: Db, entry: Omit<AuditDoc, '_id'>) => db.audit.create(entry)

/** Newest first. `before` is the id of the last entry of the page before. */
export const listAudit = (db: Db, limit: number, before?: string) =>
  db.audit
    .find(before ? { _id: { $lt: new Types.ObjectId(before) } } : {})
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditDoc[]>()
