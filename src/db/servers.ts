// Servers: what the last look at an AT Protocol server told, by its origin.
import { Schema } from 'mongoose'
import type { Finding, Found } from '../outcomes/findings.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

export interface ServerDoc extends Omit<Found, 'finding'> {
  /** origin */
  _id: string
  /** null: not looked at yet */
  finding: Finding | null
  lookedAt: Date | null
  /** when the next look is due: while one is under way, when its worker counts as killed */
  lookAt: Date
  /** somebody waits for the next one */
  wanted?: boolean
}

const text = { type: String, default: null }

export const serverSchema = new Schema<ServerDoc>(
  {
    _id: { type: String, required: true },
    finding: text,
    did: text,
    domains: { type: [String], default: [] },
    target: text,
    suggestion: text,
    detail: { type: String, default: '' },
    lookedAt: { type: Date, default: null },
    lookAt: { type: Date, default: new Date(0) },
    wanted: Boolean,
  },
  { versionKey: false },
)

/** Due by any clock: the one who waits and the one who looks need not have the same. */
const AT_ONCE = new Date(0)

/** @returns null where nobody has looked at it yet */
export const findServer = (db: Db, origin: string): Promise<ServerDoc | null> =>
  db.servers.findOne({ _id: origin }).lean<ServerDoc>()

/** Has a server looked at at once. One look is enough for all who wait for it. */
export async function wantLook(db: Db, origin: string): Promise<void> {
  await addServer(db, origin)
  await db.servers.updateOne({ _id: origin, wanted: { $ne: true } }, { $set: { wanted: true, lookAt: AT_ONCE } })
}

/** Has a server looked at that is known and not about to be: it is to be looked at so often for a while. */
export const lookSooner = (db: Db, origin: string, at: Date, everyMs: number) =>
  db.servers.updateOne(
    {
      _id: origin,
      lookedAt: { $lt: new Date(at.getTime() - everyMs) },
      lookAt: { $gt: new Date(at.getTime() + everyMs) },
    },
    { $set: { lookAt: at } },
  )

async function addServer(db: Db, origin: string): Promise<void> {
  try {
    await db.servers.updateOne({ _id: origin }, { $setOnInsert: { lookAt: AT_ONCE } }, { upsert: true })
  } catch (error) {
    // Somebody else did in the same moment.
    if (!isDuplicateKey(error)) throw error
  }
}

/**
 * Takes the look at a server that is due, or was never made.
 * @param until when another may take it: who took it did not live to keep what it told
 * @returns false where none is due, or somebody else has it
 */
export async function takeLook(db: Db, origin: string, at: Date, until: Date): Promise<boolean> {
  const server = await findServer(db, origin)
  if (server && server.lookAt > at) return false
  if (!server) await addServer(db, origin)
  const taken = await db.servers.updateOne({ _id: origin, lookAt: { $lte: at } }, { $set: { lookAt: until } })
  return taken.modifiedCount === 1
}

/**
 * Keeps what a look told that was taken `until` then, unless somebody wanted a new one meanwhile. What the server said of
 * itself stays while it says nothing.
 */
export async function keepLook(
  db: Db,
  origin: string,
  until: Date,
  { did, domains, ...found }: Found & { lookedAt: Date; lookAt: Date },
): Promise<void> {
  const said = did !== null || domains.length > 0 ? { did, domains } : {}
  await db.servers.updateOne({ _id: origin, lookAt: until }, { $set: { ...found, ...said }, $unset: { wanted: 1 } })
}
