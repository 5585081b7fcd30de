// The sessions that channels keep: which one is in use, who may renew it, and those that a newer one took the place of.
import type { Types } from 'mongoose'
import { changed } from './change.ts'
import type { Channel } from './channels.ts'
import type { Db } from './open.ts'
import { stillIn, type StepKey } from './steps.ts'

/** A session belongs to its channel, whichever step works with it. @param sealed as it was read */
const withSession = (_id: Types.ObjectId, sealed: string) => ({ _id, 'secrets.session': sealed })

/**
 * Takes the right to renew the session.
 * @param until when another may, because the worker that took it is dead
 * @returns false where another one has it, or has renewed it already
 */
export function claimRenewal(
  db: Db,
  { _id }: Pick<Channel, '_id'>,
  sealed: string,
  { at, until }: { at: Date; until: Date },
): Promise<boolean> {
  return changed(
    db,
    { ...withSession(_id, sealed), $or: [{ renewalEndsAt: null }, { renewalEndsAt: { $lte: at } }] },
    { $set: { renewalEndsAt: until } },
  )
}

/**
 * Keeps a renewed session in the place of the one that was renewed.
 * @returns false where that one is there no more: its channel was reconnected or removed
 */
export function keepSession(
  db: Db,
  { _id }: Pick<Channel, '_id'>,
  sealed: string,
  renewed: { sealedSession: string; sessionEndsAt: Date | null },
): Promise<boolean> {
  const { sealedSession, sessionEndsAt } = renewed
  return changed(
    db,
    { ...withSession(_id, sealed), live: true },
    { $set: { 'secrets.session': sealedSession, sessionEndsAt, renewalEndsAt: null } },
  )
}

/**
 * Keeps a session that a sign-in opened among those to be ended, until it is known whether it stays (`toVerifying`):
 * whatever happens to the worker, the next claim sees to it.
 */
export const noteOpened = (db: Db, key: StepKey, sealed: string) =>
  changed(db, stillIn(key), { $push: { 'secrets.former': sealed } })

/**
 * Takes a former session from whoever may be about to keep it: under another seal, that write finds it no more.
 * @returns false where it is kept by now, or seen to
 */
export async function takeFormer(
  db: Db,
  { _id }: Pick<Channel, '_id'>,
  sealed: string,
  resealed: string,
): Promise<boolean> {
  const taking = { $set: { 'secrets.former.$': resealed } }
  const { matchedCount } = await db.channels.updateOne({ _id, 'secrets.former': sealed }, taking)
  return matchedCount === 1
}

/** A former session is seen to. */
export const dropFormer = (db: Db, { _id }: Pick<Channel, '_id'>, sealed: string) =>
  db.channels.updateOne({ _id }, { $pull: { 'secrets.former': sealed } })
