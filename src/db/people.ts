// People as administrators look at them: pages of the accounts, newest first, found by a part of e-mail or name.
import { Types, type mongo } from 'mongoose'
import type { PeopleFilter } from '../contract.ts'
import { ownIndex } from './channels.ts'
import type { Db } from './open.ts'
import { SEARCH_MS } from './query-limits.ts'

export interface PersonDoc {
  _id: Types.ObjectId
  email: string
  name?: string
  role?: string
  emailVerified?: boolean
  twoFactorEnabled?: boolean | null
  banned?: boolean | null
  banReason?: string | null
  banExpires?: Date | null
  createdAt: Date
  /** has a link to set the first password with, and has not done so yet */
  invitedAt?: Date
  /** to within a day */
  lastSeenAt?: Date
}

type Filter = mongo.Filter<PersonDoc>

/** Of one person's that are counted. */
export const MOST_COUNTED = 1_000

const people = (db: Db) => db.connection.collection<PersonDoc>('user')

function stateFilter(state: PeopleFilter['state']): Filter {
  switch (state) {
    case 'locked_out':
      return { banned: true }
    case 'invited':
      return { invitedAt: { $type: 'date' }, banned: { $ne: true } }
    case 'active':
      return { invitedAt: { $exists: false }, banned: { $ne: true } }
    case undefined:
      return {}
  }
}

/** Anywhere in it, letter by letter. */
function searched(q: string): Filter {
  const part = q.trim().replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
  return { $or: [{ email: { $regex: part.toLowerCase() } }, { name: { $regex: part, $options: 'i' } }] }
}

/** @param after the last of the page before */
export function listPeople(db: Db, { q, role, state }: PeopleFilter, limit: number, after?: string) {
  const found = people(db)
    .find(
      {
        ...(role ? { role } : {}),
        ...stateFilter(state),
        ...(q?.trim() ? searched(q) : {}),
        ...(after ? { _id: { $lt: new Types.ObjectId(after) } } : {}),
      },
      { maxTimeMS: SEARCH_MS },
    )
    .sort({ _id: -1 })
    .limit(limit)
  // Nearly everybody fits: the first page is among the newest, and nothing else is to be looked at.
  const fitsMost = role !== 'admin' && (state === undefined || state === 'active')
  return (fitsMost ? found.hint({ _id: 1 }) : found).toArray()
}

/** @returns null for an id that belongs to nobody */
export const findPerson = (db: Db, id: string) => people(db).findOne({ _id: new Types.ObjectId(id) })

/** How many channels each of them has, 1000 at most. */
export const countChannels = (db: Db, ids: string[]): Promise<number[]> =>
  Promise.all(
    ids.map((userId) =>
      db.channels.countDocuments({ userId, live: true }, { limit: MOST_COUNTED, hint: ownIndex, maxTimeMS: SEARCH_MS }),
    ),
  )

export async function markInvited(db: Db, id: string, at: Date): Promise<void> {
  await people(db).updateOne({ _id: new Types.ObjectId(id) }, { $set: { invitedAt: at } })
}

/** They have set a password. */
export async function endInvitation(db: Db, id: string): Promise<void> {
  await people(db).updateOne({ _id: new Types.ObjectId(id) }, { $unset: { invitedAt: 1 } })
}

/** @param at of a session that began or was renewed */
export async function noteSeen(db: Db, id: string, at: Date): Promise<void> {
  await people(db).updateOne({ _id: new Types.ObjectId(id) }, { $max: { lastSeenAt: at } })
}
