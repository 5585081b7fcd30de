// Notices: what the owner of a channel is to be told by mail. The change of the channel writes them; they are gone when the mail is ordered.
import type { Types } from 'mongoose'
import type { ChannelStatus } from '../contract.ts'
import type { Channel, Notice } from './channels.ts'
import type { Db } from './open.ts'
import type { NoticeKind } from './subscriptions.ts'

/** A query that does not say so is not answered from the index, which holds only channels that have one. */
const isNoted = { $type: 'date' as const }
const ofUser = (userId: string) => ({ userId, 'notice.at': isNoted })
const byUser = { userId: 1, 'notice.at': 1 } as const

const broken: ChannelStatus[] = ['action_required', 'failed']

export type Noted = Channel & { notice: Notice }

/** Whether the channel still is as its notice says; while a step is under way it is neither. */
export const holds = ({ notice, status }: Noted): boolean =>
  notice.kind === 'broken' ? broken.includes(status) : status === 'connected'

/** That it got well is no news to whom no mail told that it broke. */
export const isNews = ({ notice, toldBrokenAt }: Noted): boolean => notice.kind === 'broken' || !!toldBrokenAt

/** Whose channels have notices that are due, most urgent first. */
export async function listNoted(db: Db, at: Date, limit: number): Promise<string[]> {
  const due = await db.channels
    .find({ 'notice.at': { $lte: at, ...isNoted } }, { userId: 1, _id: 0 })
    .sort({ 'notice.at': 1 })
    .hint({ 'notice.at': 1 })
    .limit(limit)
    .lean<Pick<Channel, 'userId'>[]>()
  return [...new Set(due.map(({ userId }) => userId))]
}

/** All that a user may be told, oldest first. */
export const listNotices = (db: Db, userId: string, limit: number) =>
  db.channels.find(ofUser(userId)).sort({ 'notice.at': 1 }).hint(byUser).limit(limit).lean<Noted[]>()

export const findNoted = (db: Db, ids: Types.ObjectId[]) =>
  db.channels.find({ _id: { $in: ids }, 'notice.at': isNoted }).lean<Noted[]>()

/** Not now: they are looked at again at `until`. */
export async function postponeNotices(db: Db, ids: Types.ObjectId[], until: Date): Promise<void> {
  if (ids.length === 0) return
  await db.channels.updateMany(
    { _id: { $in: ids }, 'notice.at': { $lt: until, ...isNoted } },
    { $set: { 'notice.at': until } },
  )
}

/** Nobody is to be told. That a channel gets well is then no news either. */
export const dropNotices = (db: Db, userId: string) =>
  db.channels.updateMany(ofUser(userId), { $unset: { notice: 1, toldBrokenAt: 1 } })

/** A mail is ordered that tells of these. */
export async function clearNotices(db: Db, told: Record<NoticeKind, Types.ObjectId[]>, at: Date): Promise<void> {
  const { broken, well } = told
  const stillNoted = (ids: Types.ObjectId[], kind: NoticeKind) => ({ _id: { $in: ids }, 'notice.kind': kind })
  if (well.length > 0)
    await db.channels.updateMany(stillNoted(well, 'well'), { $unset: { notice: 1, toldBrokenAt: 1 } })
  if (broken.length === 0) return
  const { matchedCount } = await db.channels.updateMany(stillNoted(broken, 'broken'), {
    $set: { toldBrokenAt: at },
    $unset: { notice: 1 },
  })
  if (matchedCount === broken.length) return
  // What got well before this was written is news to whoever reads the mail.
  await db.channels.updateMany(
    { _id: { $in: broken }, live: true, status: 'connected', toldBrokenAt: null },
    { $set: { toldBrokenAt: at, notice: { kind: 'well', at } } },
  )
}
