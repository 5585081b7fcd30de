// Users as the accounts library keeps them, as far as the rest of the program asks for them.
import { Schema, Types } from 'mongoose'
import { isLanguage, type Language } from '../input/language.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { forgetMails } from './mails.ts'
import type { Db } from './open.ts'
import { SEARCH_MS } from './query-limits.ts'

interface UserDoc {
  _id: Types.ObjectId
  email: string
  role?: string | null
  /** its owner has opened a link that was sent there */
  emailVerified?: boolean
  /** as their pages speak to them */
  language?: string | null
  banned?: boolean | null
  updatedAt?: Date
}

/** What the accounts library waits for a person to prove, such as a new password; `value` often is their id. */
export const verificationSchema = new Schema<{ value: string }>({ value: String }, { versionKey: false })
verificationSchema.index({ value: 1 })

const users = (db: Db) => db.connection.collection<UserDoc>('user')

/** @returns e-mail by id; a user who is gone has none */
export async function findEmails(db: Db, ids: string[]): Promise<Map<string, string>> {
  const known = [...new Set(ids)].filter((id) => Types.ObjectId.isValid(id)).map((id) => new Types.ObjectId(id))
  const found = await users(db)
    .find({ _id: { $in: known } }, { projection: { email: 1 } })
    .toArray()
  return new Map(found.map(({ _id, email }) => [_id.toHexString(), email]))
}

/** @returns null for an id that belongs to nobody */
export async function findUser(db: Db, id: string): Promise<{ email: string; role: string } | null> {
  if (!Types.ObjectId.isValid(id)) return null
  const found = await users(db).findOne({ _id: new Types.ObjectId(id) }, { projection: { email: 1, role: 1 } })
  return found && { email: found.email, role: found.role ?? 'user' }
}

export interface Recipient {
  email: string
  emailVerified: boolean
  language: Language
}

/** To whom a mail goes. @returns null for an id that belongs to nobody, or to somebody who is locked out */
export async function findRecipient(db: Db, id: string): Promise<Recipient | null> {
  if (!Types.ObjectId.isValid(id)) return null
  const projection = { email: 1, emailVerified: 1, language: 1, banned: 1 }
  const found = await users(db).findOne({ _id: new Types.ObjectId(id) }, { projection })
  if (!found || found.banned) return null
  const { email, emailVerified = false, language } = found
  return { email, emailVerified, language: isLanguage(language) ? language : 'en' }
}

/** Those who may sign in. @returns their ids */
export async function listAdmins(db: Db, limit: number): Promise<string[]> {
  const found = await users(db)
    .find({ role: 'admin', banned: { $ne: true } }, { projection: { _id: 1 } })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray()
  return found.map(({ _id }) => _id.toHexString())
}

/** In which language they are written to: that of the page that they used last. */
export async function setLanguage(db: Db, id: string, language: Language): Promise<void> {
  await users(db).updateOne({ _id: new Types.ObjectId(id), language: { $ne: language } }, { $set: { language } })
}

/** They have opened what was sent to their address. */
export async function markProven(db: Db, id: string): Promise<void> {
  await users(db).updateOne({ _id: new Types.ObjectId(id) }, { $set: { emailVerified: true } })
}

/** @returns those of the ids that belong to somebody */
export async function findExisting(db: Db, ids: string[]): Promise<Set<string>> {
  const valid = ids.filter((id) => Types.ObjectId.isValid(id)).map((id) => new Types.ObjectId(id))
  const found = await users(db)
    .find({ _id: { $in: valid } }, { projection: { _id: 1 } })
    .toArray()
  return new Set(found.map(({ _id }) => _id.toHexString()))
}

/** What is to be proved of a user: their id stands there, alone or before a space and what it is about. */
export const endLinks = (db: Db, id: string) => db.verifications.deleteMany({ value: { $gte: id, $lt: `${id}!` } })

/** @returns false: it is somebody else's */
export async function changeEmail(db: Db, id: string, email: string, proven: boolean): Promise<boolean> {
  const $set = { email, emailVerified: proven, updatedAt: new Date() }
  try {
    await users(db).updateOne({ _id: new Types.ObjectId(id) }, { $set })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

/** What the accounts library keeps of a user, wherever it stopped. */
export async function forgetUser(db: Db, id: string): Promise<void> {
  await endLinks(db, id)
  await forgetMails(db, id)
  if (!Types.ObjectId.isValid(id)) return
  const userId = new Types.ObjectId(id)
  for (const name of ['session', 'account', 'twoFactor']) await db.connection.collection(name).deleteMany({ userId })
  await users(db).deleteOne({ _id: userId })
}

/** @param email in full, or its beginning when `range` says so */
export async function findUserIds(
  db: Db,
  email: string | { $gte: string; $lt: string },
  limit: number,
): Promise<string[]> {
  const found = await users(db)
    .find({ email }, { projection: { _id: 1 }, maxTimeMS: SEARCH_MS })
    .sort({ email: 1 })
    .limit(limit)
    .toArray()
  return found.map(({ _id }) => _id.toHexString())
}
