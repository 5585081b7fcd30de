// Servers: what the last look at an AT Protocol server told, by its origin.
import { Schema } from 'mongoose'
import type { Db } from './open.ts'

export interface ServerDoc {
  /** origin */
  _id: string
  /** what it calls itself in `describeServer`; null where it did not say */
  did: string | null
  /** the ends of the handles that it gives out, each with its dot in front, its first choice first */
  domains: string[]
  /** `answers`, or what is in the way of it */
  finding: string
  /** when it was looked at last; null: not yet */
  lookedAt: Date | null
}

export const serverSchema = new Schema<ServerDoc>(
  {
    _id: { type: String, required: true },
    did: { type: String, default: null },
    domains: { type: [String], default: [] },
    finding: { type: String, required: true },
    lookedAt: { type: Date, default: null },
  },
  { versionKey: false },
)

/** @returns null where nobody has looked at it yet */
export const findServer = (db: Db, origin: string): Promise<ServerDoc | null> =>
  db.servers.findOne({ _id: origin }).lean<ServerDoc>()
