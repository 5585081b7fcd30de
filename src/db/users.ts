// Users as the accounts library keeps them, as far as the rest of the program asks for them.
import { Types } from 'mongoose'
import type { Db } from './open.ts'

interface UserDoc {
  _id: Types.ObjectId
  email: string
}

const users = (db: Db) => db.connection.collection<UserDoc>('user')

/** @returns e-mail by id; a user who is gone has none */
export async function findEmails(db: Db, ids: string[]): Promise<Map<string, string>> {
  const known = [...new Set(ids)].filter((id) => Types.ObjectId.isValid(id)).map((id) => new Types.ObjectId(id))
  const found = await users(db)
    .find({ _id: { $in: known } }, { projection: { email: 1 } })
    .toArray()
  return new Map(found.map(({ _id, email }) => [_id.toHexString(), email]))
}

/** @param email in full, or its beginning when `range` says so */
export async function findUserIds(
  db: Db,
  email: string | { $gte: string; $lt: string },
  limit: number,
): Promise<string[]> {
  const found = await users(db)
    .find({ email }, { projection: { _id: 1 } })
    .sort({ email: 1 })
    .limit(limit)
    .toArray()
  return found.map(({ _id }) => _id.toHexString())
}
