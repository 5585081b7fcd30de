// The processes that are alive, as far as each tells; and the small write by which MongoDB is asked whether it takes any.
import { Schema } from 'mongoose'
import type { Db } from './open.ts'

export interface ProcessDoc {
  _id: string
  /** when it last wrote */
  at: Date
  /** absent: of a version that did not say so */
  startedAt?: Date
  /** how often it told that both stores are well */
  beats: number
  /** of a worker: the servers that it has put aside */
  breakers?: OpenBreaker[]
}

export interface OpenBreaker {
  /** origin */
  server: string
  /** when the server is tried again; in the past: by whoever comes next */
  openUntil: Date
}

/** By then it is gone, or has told nothing for so long that it does not count. */
const GONE_AFTER_SECONDS = 300
/** What it knew of servers is no news any more where it has told nothing for so long. */
const ALIVE_MS = 60_000

export const processSchema = new Schema<ProcessDoc>({
  _id: { type: String, required: true },
  at: { type: Date, required: true, expires: GONE_AFTER_SECONDS },
  startedAt: Date,
  beats: { type: Number, required: true, default: 0 },
  breakers: { type: Schema.Types.Mixed, default: undefined },
})

/** @param beat it is alive and well */
export const writeProcess = (db: Db, id: string, beat: boolean) =>
  db.processes.updateOne(
    { _id: id },
    { $set: { at: new Date() }, $setOnInsert: { startedAt: new Date() }, $inc: { beats: beat ? 1 : 0 } },
    { upsert: true },
  )

/** Of a process that has told of itself. */
export const writeBreakers = (db: Db, id: string, breakers: OpenBreaker[]) =>
  db.processes.updateOne({ _id: id }, breakers.length > 0 ? { $set: { breakers } } : { $unset: { breakers: 1 } })

/** Until when the processes that are alive have put this server aside. */
export async function listBreakers(db: Db, server: string, at: Date): Promise<Date[]> {
  const alive = { at: { $gte: new Date(at.getTime() - ALIVE_MS) } }
  const found = await db.processes.find({ ...alive, 'breakers.server': server }).lean<ProcessDoc[]>()
  return found.flatMap(({ breakers = [] }) =>
    breakers.filter((each) => each.server === server).map(({ openUntil }) => openUntil),
  )
}

/** @returns how often each of them told that it is well */
export async function listBeats(db: Db): Promise<Map<string, number>> {
  const found = await db.processes.find({ beats: { $gt: 0 } }).lean<ProcessDoc[]>()
  return new Map(found.map(({ _id, beats }) => [_id, beats]))
}

/** When the last of those that are alive was started, of those before a time. */
export async function findLastStart(db: Db, from: Date, to: Date): Promise<Date | null> {
  const found = await db.processes.find({ startedAt: { $gte: from, $lte: to } }).lean<ProcessDoc[]>()
  const starts = found.flatMap(({ startedAt }) => startedAt?.getTime() ?? [])
  return starts.length > 0 ? new Date(Math.max(...starts)) : null
}

export const forgetProcess = (db: Db, id: string) => db.processes.deleteOne({ _id: id })
