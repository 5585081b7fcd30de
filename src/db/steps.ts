// What workers and their sweep do to a channel: every change is one conditional write on the state that was read.
import { Types } from 'mongoose'
import type { Step } from '../outcomes/evidence.ts'
import type { ChannelStatus } from '../contract.ts'
import {
  ENQUEUE_GRACE_MS,
  inStatus,
  newRun,
  open,
  statusOf,
  type Channel,
  type ChannelDoc,
  type ChannelWithSecrets,
  type StoredOutcome,
} from './channels.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import type { Db } from './open.ts'

export type DueChannel = Pick<Channel, '_id' | 'run' | 'step' | 'requestId'>

/** How long the sweep leaves a channel alone that it has looked at: most likely its queue is long. */
const TAKEN_GRACE_MS = 15_000

/** What a worker holds on to while it works on a step: the keys of every conditional write. */
export type StepKey = Pick<ChannelDoc, '_id' | 'run' | 'step'>

const stillIn = ({ _id, run, step }: StepKey) => ({ _id, run, step, status: { $in: open } })

/**
 * Begins one try of a step.
 * @param until when the sweep may believe that the worker died
 * @returns null when there is nothing to do: an older run, another step, already settled, or not due yet
 */
export const claimStep = (
  db: Db,
  { id, run, step, at, until }: { id: string; run: number; step: Step; at: Date; until: Date },
): Promise<ChannelWithSecrets | null> =>
  db.channels
    .findOneAndUpdate(
      {
        ...stillIn({ _id: new Types.ObjectId(id), run, step }),
        $or: [{ nextTryAt: null }, { nextTryAt: { $lte: at } }],
      },
      {
        $set: { ...inStatus(statusOf(step), at), nextTryAt: null, dueAt: until },
        $inc: { starts: 1 },
      },
      { returnDocument: 'after' },
    )
    .select('+secrets')
    .lean<ChannelWithSecrets>()

export interface SignedIn {
  /** the server that signed in, which is the one that refreshes */
  serviceUrl: string
  did: string
  handle: string
  displayName: string | null
  avatar: string | null
  pdsUrl: string
  sealedSession: string
}

/**
 * The sign-in worked: keeps the session, destroys the password, goes on to `verifying`.
 * @returns null when the channel changed meanwhile; the id of the user's other channel when that one has the account
 */
export async function toVerifying(
  db: Db,
  key: StepKey & { userId: string },
  { sealedSession, ...account }: SignedIn,
  at: Date,
): Promise<Channel | null | { sameAs: Types.ObjectId }> {
  try {
    return await db.channels
      .findOneAndUpdate(
        stillIn(key),
        {
          $set: {
            ...account,
            ...inStatus('verifying', at),
            step: 'verify',
            tries: 0,
            starts: 0,
            nextTryAt: null,
            'secrets.session': sealedSession,
            dueAt: new Date(at.getTime() + ENQUEUE_GRACE_MS),
          },
          $unset: { 'secrets.password': 1 },
        },
        { returnDocument: 'after' },
      )
      .lean<Channel>()
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const other = await db.channels.findOne({ userId: key.userId, live: true, did: account.did }, { _id: 1 }).lean()
    if (!other) throw error
    return { sameAs: other._id }
  }
}

/**
 * Two handles of one account: the older channel takes the new session and verifies it, the newer one only points to it.
 * @returns null when either changed meanwhile
 */
export async function mergeInto(
  db: Db,
  key: StepKey,
  older: Types.ObjectId,
  { sealedSession, ...account }: SignedIn,
  requestId: string,
  at: Date,
): Promise<Channel | null> {
  const survivor = await db.channels
    .findOneAndUpdate(
      { _id: older, live: true },
      {
        $set: { ...newRun('verify', at), ...account, requestId, 'secrets.session': sealedSession },
        $unset: { 'secrets.password': 1 },
        $inc: { run: 1 },
      },
      { returnDocument: 'after' },
    )
    .lean<Channel>()
  if (!survivor) return null
  await db.channels.updateOne(stillIn(key), {
    $set: { ...inStatus('disconnected', at), mergedInto: older },
    $unset: { live: 1, secrets: 1, dueAt: 1 },
  })
  return survivor
}

/** Keeps where the sign-in of a channel goes. @param serverFoundAt null where no identity was asked for it */
export const keepServer = (db: Db, key: StepKey, serviceUrl: string, serverFoundAt: Date | null) =>
  db.channels.updateOne(stillIn(key), { $set: { serviceUrl, serverFoundAt } })

/** Keeps a refreshed session in the place of the old one. @returns false when the channel changed meanwhile */
export async function keepSession(db: Db, key: StepKey, sealedSession: string): Promise<boolean> {
  const { matchedCount } = await db.channels.updateOne(stillIn(key), { $set: { 'secrets.session': sealedSession } })
  return matchedCount === 1
}

export interface Settled {
  status: ChannelStatus
  outcome: StoredOutcome
  nextTryAt: Date | null
  keepPassword: boolean
  /** it was not tried: the try does not count */
  waiting?: true
  verifiedAt?: Date
  handle?: string
  refusedBy?: string
}

/** Writes how a try of a step ended. @returns null when the channel changed meanwhile */
export const settleStep = (
  db: Db,
  key: StepKey,
  { status, outcome, nextTryAt, keepPassword, waiting, verifiedAt, handle, refusedBy }: Settled,
): Promise<Channel | null> =>
  db.channels
    .findOneAndUpdate(
      stillIn(key),
      {
        $set: {
          ...inStatus(status, outcome.at),
          outcome,
          nextTryAt,
          starts: 0,
          ...(verifiedAt ? { lastVerifiedAt: verifiedAt } : {}),
          ...(handle ? { handle } : {}),
          ...(refusedBy ? { refusedBy } : {}),
          ...(nextTryAt ? { dueAt: nextTryAt } : {}),
        },
        $unset: { ...(keepPassword ? {} : { 'secrets.password': 1 }), ...(nextTryAt ? {} : { dueAt: 1 }) },
        ...(nextTryAt && !waiting ? { $inc: { tries: 1 } } : {}),
      },
      { returnDocument: 'after' },
    )
    .lean<Channel>()

/** What can be known of a step before it begins. */
export type AheadChannel = Pick<
  Channel,
  | '_id'
  | 'userId'
  | 'run'
  | 'step'
  | 'status'
  | 'identifier'
  | 'serviceUrl'
  | 'serverFoundAt'
  | 'pdsUrl'
  | 'refusedBy'
  | 'outcome'
  | 'nextTryAt'
  | 'submittedAt'
  | 'requestId'
>

const aheadFields =
  'userId run step status identifier serviceUrl serverFoundAt pdsUrl refusedBy outcome nextTryAt submittedAt requestId'

export const findAhead = (db: Db, ids: string[]) =>
  db.channels.find({ _id: { $in: ids }, status: { $in: open } }, aheadFields).lean<AheadChannel[]>()

/** Takes a claim back: the step was not begun after all. The sweep looks at it at `at`. @returns false when it changed */
export async function releaseStep(db: Db, key: StepKey, at: Date): Promise<boolean> {
  const { matchedCount } = await db.channels.updateOne(stillIn(key), { $set: { dueAt: at }, $inc: { starts: -1 } })
  return matchedCount === 1
}

/** Lets the sweep look again at `at`: for a try that broke off. */
export const postpone = (db: Db, key: StepKey, at: Date) => db.channels.updateOne(stillIn(key), { $set: { dueAt: at } })

/** Channels whose step has had no sign of life for too long, or whose next try is due. Most urgent first. */
export const listDue = (db: Db, at: Date, limit: number) =>
  db.channels
    .find({ dueAt: { $lte: at } }, { run: 1, step: 1, requestId: 1 })
    .sort({ dueAt: 1 })
    // Whatever the database believes of how many are due: all channels are never read for the few that are.
    .hint({ dueAt: 1 })
    .limit(limit)
    .lean<DueChannel[]>()

/** Takes due channels in one write. @returns how many no other process had taken before */
export async function takeDue(db: Db, channels: DueChannel[], at: Date): Promise<number> {
  const { modifiedCount } = await db.channels.updateMany(
    { _id: { $in: channels.map(({ _id }) => _id) }, dueAt: { $lte: at } },
    { $set: { dueAt: new Date(at.getTime() + TAKEN_GRACE_MS) } },
  )
  return modifiedCount
}

/** Destroys passwords that are too old, whatever they wait for: that has failed. @returns the channels, 500 at most */
export async function expirePasswords(db: Db, submittedBefore: Date): Promise<Channel[]> {
  const expired = {
    submittedAt: { $lte: submittedBefore },
    'secrets.password': { $type: 'string' as const },
    // Also in a queue that nobody serves.
    status: { $in: ['action_required', 'retrying', 'connecting'] as ChannelStatus[] },
  }
  const channels = await db.channels.find(expired).hint({ submittedAt: 1 }).limit(500).lean<Channel[]>()
  const at = new Date()
  const updated = channels.map(({ _id, run, serviceUrl: server, identifier, requestId: reference, ...channel }) => {
    const params = { server, identifier, reference }
    const outcome = channel.outcome ?? { code: 'unknown' as const, step: 'connect' as const, params, at }
    return db.channels
      .findOneAndUpdate(
        { ...expired, _id, run },
        {
          $set: { ...inStatus('failed', at), outcome, nextTryAt: null },
          $unset: { 'secrets.password': 1, dueAt: 1 },
        },
        { returnDocument: 'after' },
      )
      .lean<Channel>()
  })
  return (await Promise.all(updated)).filter((channel) => channel !== null)
}

/** A removed channel with its secrets, for the job that ends its session. */
export const findRemoved = (db: Db, id: string, run: number) =>
  db.channels.findOne({ _id: id, run, step: 'disconnect' }).select('+secrets').lean<ChannelWithSecrets>()

/** @param tried 0 when its server was not asked */
export const retryRemoved = (db: Db, { _id, run }: Channel, at: Date, tried: 0 | 1) =>
  db.channels.updateOne({ _id, run, step: 'disconnect' }, { $set: { dueAt: at }, $inc: { tries: tried } })

/** Forgets a removed channel with everything that was kept about it. */
export async function forgetChannel(db: Db, channel: Channel): Promise<void> {
  await db.attempts.deleteMany({ channelId: channel._id })
  await db.channels.deleteOne({ _id: channel._id })
}
