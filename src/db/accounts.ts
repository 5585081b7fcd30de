// What the program itself does in the collections of the accounts library: their indexes, their roles, who is admin.
import { Types } from 'mongoose'
import { roles } from '../input/account.ts'
import type { Declared } from './indexes.ts'
import type { Db } from './open.ts'

export interface AccountDoc {
  _id: Types.ObjectId
  email: string
  role?: string
  banned?: boolean
  /** an admin who is about to be removed, locked out or made a user */
  leavingAt?: Date
}

const LEAVING_MS = 10_000
const users = ({ connection }: Pick<Db, 'connection'>) => connection.collection<AccountDoc>('user')

/**
 * Those of single fields the library would make too, at the first request, in each process at once: made before with the
 * same keys, it finds them. Sessions and verifications that are over go by themselves.
 */
export const accountIndexes: Declared = {
  user: [
    { key: { role: 1 } },
    { key: { email: 1 }, unique: true },
    { key: { role: 1, _id: -1 } },
    { key: { banned: 1, _id: -1 }, partialFilterExpression: { banned: true } },
    { key: { invitedAt: 1, _id: -1 }, partialFilterExpression: { invitedAt: { $type: 'date' } } },
  ],
  account: [{ key: { userId: 1 } }],
  session: [
    { key: { token: 1 }, unique: true },
    { key: { userId: 1 } },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ],
  twoFactor: [{ key: { userId: 1 } }],
  verification: [{ key: { identifier: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
}

/** An admin who can sign in and stays one. */
const standing = (now: Date) => ({
  role: 'admin',
  banned: { $ne: true },
  leavingAt: { $not: { $gt: new Date(now.getTime() - LEAVING_MS) } },
})

export const hasAdmin = async (db: Db): Promise<boolean> =>
  (await users(db).findOne({ role: 'admin' }, { projection: { _id: 1 } })) !== null

/**
 * Asked before an admin is removed, locked out or made a user. Each says that they leave before they look for another
 * who stays, so that of the last two who go at once neither does.
 * @returns false: nobody else would be left
 */
export async function letAdminGo(db: Db, userId: string): Promise<boolean> {
  if (!Types.ObjectId.isValid(userId)) return true
  const _id = new Types.ObjectId(userId)
  const now = new Date()
  const leaving = await users(db).updateOne({ _id, role: 'admin', banned: { $ne: true } }, { $set: { leavingAt: now } })
  if (leaving.matchedCount === 0) return true
  if (await users(db).findOne({ _id: { $ne: _id }, ...standing(now) }, { projection: { _id: 1 } })) return true
  await users(db).updateOne({ _id }, { $unset: { leavingAt: 1 } })
  return false
}

/** Whoever has a role that is none, such as "user,admin", which the library took for an admin's. @returns how many */
export async function withdrawOddRoles(db: Db): Promise<number> {
  const { modifiedCount } = await users(db).updateMany(
    { role: { $exists: true, $nin: [...roles] } },
    { $set: { role: 'user' } },
  )
  return modifiedCount
}

export const findByEmail = (db: Db, email: string) =>
  users(db).findOne({ email: email.toLowerCase() }, { projection: { _id: 1 } })

export const findAccount = (db: Db, email: string): Promise<AccountDoc | null> =>
  users(db).findOne({ email: email.trim().toLowerCase() })

const MOST_ADMINS = 1_000

/** Those who are locked out as well. */
export const listAdminAccounts = (db: Db): Promise<AccountDoc[]> =>
  users(db).find({ role: 'admin' }).sort({ _id: 1 }).limit(MOST_ADMINS).toArray()

/** Whoever was locked out is let in. */
export async function makeAdmin(db: Db, _id: Types.ObjectId): Promise<void> {
  await users(db).updateOne({ _id }, { $set: { role: 'admin' }, $unset: { banned: 1, banReason: 1, banExpires: 1 } })
}
