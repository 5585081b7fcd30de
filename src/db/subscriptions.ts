// Subscriptions: which mails a user wants, when one went out last, and what the one says that is being ordered.
import { randomBytes } from 'node:crypto'
import { Schema, type Types } from 'mongoose'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

/** What can be switched off: mails about one's own channels, and those that administrators get about incidents. */
export const topics = ['channels', 'incidents'] as const
export type Topic = (typeof topics)[number]

/** What is told of a channel: that it broke, or that it got well by itself. */
export const noticeKinds = ['broken', 'well'] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** Which channels a mail is about, written before it is ordered: whoever goes on after a crash tells of the same ones. */
export interface Telling extends Record<NoticeKind, Types.ObjectId[]> {
  at: Date
}

export interface SubscriptionDoc {
  /** the user's id */
  _id: string
  off: Topic[]
  /** what a link to switch mails off proves itself with; it opens nothing else */
  key: string
  /** when a mail about channels went out last that told of such a change */
  toldAt?: Partial<Record<NoticeKind, Date>>
  telling?: Telling
}

export const subscriptionSchema = new Schema<SubscriptionDoc>(
  {
    _id: { type: String, required: true },
    off: { type: [String], default: [] },
    key: { type: String, required: true },
    toldAt: Schema.Types.Mixed,
    telling: Schema.Types.Mixed,
  },
  { versionKey: false },
)
// Small: it holds what is being told, or was when a process died.
subscriptionSchema.index({ 'telling.at': 1 }, { partialFilterExpression: { 'telling.at': { $type: 'date' } } })

const DAY_MS = 24 * 3600_000

/** Whoever never chose and was never told has none. */
export const findSubscription = (db: Db, userId: string) =>
  db.subscriptions.findOne({ _id: userId }).lean<SubscriptionDoc>()

export const isOff = async (db: Db, userId: string, topic: Topic): Promise<boolean> =>
  (await findSubscription(db, userId))?.off.includes(topic) ?? false

/** @returns the one that is there, or a new one, which has every mail on */
export async function openSubscription(db: Db, userId: string): Promise<SubscriptionDoc> {
  const existing = await findSubscription(db, userId)
  if (existing) return existing
  const added: SubscriptionDoc = { _id: userId, off: [], key: randomBytes(24).toString('base64url') }
  try {
    await db.subscriptions.create(added)
    return added
  } catch (error) {
    // Somebody else did in the same moment.
    const theirs = isDuplicateKey(error) ? await findSubscription(db, userId) : null
    if (!theirs) throw error
    return theirs
  }
}

export async function switchTopic(db: Db, userId: string, topic: Topic, on: boolean): Promise<void> {
  await openSubscription(db, userId)
  const change = on ? { $pull: { off: topic } } : { $addToSet: { off: topic } }
  await db.subscriptions.updateOne({ _id: userId }, change)
}

/** @returns false where the key is not that of the user */
export async function switchOffByKey(db: Db, userId: string, key: string, topic: Topic): Promise<boolean> {
  const { matchedCount } = await db.subscriptions.updateOne({ _id: userId, key }, { $addToSet: { off: topic } })
  return matchedCount === 1
}

/** When the next mail of that kind may go out. */
export const mayTellAt = ({ toldAt }: SubscriptionDoc, kind: NoticeKind): Date =>
  new Date((toldAt?.[kind]?.getTime() ?? -DAY_MS) + DAY_MS)

/**
 * Begins to tell: one mail a day of the kind that made it due, whatever several processes do at once.
 * @returns false when another process tells, or told meanwhile
 */
export async function beginTelling(db: Db, userId: string, telling: Telling, dueBy: NoticeKind): Promise<boolean> {
  const kinds = noticeKinds.filter((kind) => telling[kind].length > 0)
  const { modifiedCount } = await db.subscriptions.updateOne(
    {
      _id: userId,
      off: { $ne: 'channels' },
      telling: { $exists: false },
      [`toldAt.${dueBy}`]: { $not: { $gt: new Date(telling.at.getTime() - DAY_MS) } },
    },
    { $set: { telling, ...Object.fromEntries(kinds.map((kind) => [`toldAt.${kind}`, telling.at])) } },
  )
  return modifiedCount === 1
}

/** @param told false: there was nothing left to tell, so the next mail need not wait for a day */
export const endTelling = (db: Db, userId: string, { at }: Telling, told: boolean) =>
  db.subscriptions.updateOne(
    { _id: userId, 'telling.at': at },
    { $unset: { telling: 1, ...(told ? {} : { toldAt: 1 }) } },
  )

/** Whose mail was begun before `before` and is not ordered yet: who began it did not live to. */
export async function listTelling(db: Db, before: Date, limit: number): Promise<string[]> {
  const found = await db.subscriptions
    .find({ 'telling.at': { $lte: before, $type: 'date' } }, { _id: 1 })
    .sort({ 'telling.at': 1 })
    .hint({ 'telling.at': 1 })
    .limit(limit)
    .lean<Pick<SubscriptionDoc, '_id'>[]>()
  return found.map(({ _id }) => _id)
}

export const forgetSubscription = (db: Db, userId: string) => db.subscriptions.deleteOne({ _id: userId })
