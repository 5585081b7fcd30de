// What workers and their sweep do to a channel: every change is one conditional write on the state that was read.
import type { ChannelStatus } from '../contract.ts'
import {
  begun,
  didIndex,
  inStatus,
  named,
  statusOf,
  unfinished,
  type Channel,
  type ChannelDoc,
  type StoredOutcome,
} from './channels.ts'
import { changed, changedFrom, changedTo } from './change.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { claiming, ending, holding, nextGeneration, postpone, release, unclaimed } from './lease.ts'
import type { Db } from './open.ts'
import { joinGroups } from './own-channels.ts'

/** What a worker holds on to while it works on a step: the keys of every conditional write. */
export type StepKey = Pick<ChannelDoc, '_id' | 'step'> & { lease: { generation: number } }

/** A check leaves the status as it is: also that of a channel that is broken in a way that may pass. */
const statusesIn = (step: ChannelDoc['step']): ChannelStatus[] =>
  step === 'check' ? ['connected', 'action_required', 'failed'] : [...unfinished, statusOf(step)]

/** Filter: nobody has begun anything else meanwhile. */
export const stillIn = (key: StepKey) => ({ ...holding(key), step: key.step, status: { $in: statusesIn(key.step) } })

export interface Claimed {
  channel: ChannelDoc
  /** readers see another status than before */
  changed: boolean
}

/**
 * Begins one attempt of a step.
 * @param until when the sweep may believe that the worker died
 * @returns null when there is nothing to do: an older generation, another step, already settled, or not its time yet
 */
export async function claimStep(
  db: Db,
  key: StepKey,
  { at, until }: { at: Date; until: Date },
): Promise<Claimed | null> {
  const { $set, $inc } = claiming(until)
  const status = key.step === 'check' ? {} : inStatus(statusOf(key.step), at)
  const before = await changedFrom(
    db,
    { ...stillIn(key), $or: [{ nextTryAt: null }, { nextTryAt: { $lte: at } }] },
    { $set: { ...status, ...$set, nextTryAt: null }, $inc },
  )
  if (!before) return null
  const lease = { ...before.lease, claims: before.lease.claims + 1, sweepAt: until }
  const revision = before.revision + 1
  return {
    channel: { ...before, ...status, nextTryAt: null, lease, revision },
    changed: key.step !== 'check' && before.status !== statusOf(key.step),
  }
}

export interface SignedIn {
  /** the server that signed in, which is the one that refreshes */
  serviceUrl: string
  sessionEndsAt: Date | null
  did: string
  /** absent where the server finds none to be the account's: the one that is known stays */
  handle?: string
  displayName?: string | null
  avatar?: string | null
  pdsUrl: string
  sealedSession: string
}

type Update = Record<'$set' | '$unset' | '$inc', object>

/**
 * Writes a new session beside the other changes. The one that is there stays, as a former one, until it is ended: whatever
 * happens to the worker, it is not forgotten while it is open.
 * @param held what is there, as far as it is known
 * @param isNoted the new one is among the former ones (`noteOpened`): there it gives its place to the one that was here, and
 *   where it is no more, somebody saw to it and it is over
 * @returns null when nothing fits the filter any more
 */
async function replaceSession(
  db: Db,
  filter: object,
  held: string | undefined,
  { sealedSession, isNoted }: { sealedSession: string; isNoted: boolean },
  { $set, $unset, $inc }: Update,
): Promise<Channel | null> {
  const place = { ...$set, 'secrets.session': sealedSession }
  const noted = isNoted ? { 'secrets.former': sealedSession } : {}
  const update = { $unset, $inc, ...leaving(held, place, noted) }
  const written = await changedTo(db, { ...filter, 'secrets.session': held ?? null, ...noted }, update)
  if (written) return written
  const found = await db.channels.findOne(filter, { 'secrets.session': 1 }).lean<Pick<ChannelDoc, 'secrets'>>()
  const now = found?.secrets?.session
  // It was renewed meanwhile, and the renewed one has to be ended.
  const opened = { sealedSession, isNoted }
  return found && now !== held ? replaceSession(db, filter, now, opened, { $set, $unset, $inc }) : null
}

/** What becomes of the former ones. */
function leaving(held: string | undefined, $set: object, noted: { 'secrets.former'?: string }) {
  if (!noted['secrets.former']) return held ? { $set, $push: { 'secrets.former': held } } : { $set }
  return held ? { $set: { ...$set, 'secrets.former.$': held } } : { $set, $pull: noted }
}

/**
 * The sign-in worked: keeps the session, destroys the password, goes on to `verifying`.
 * @returns null when the channel changed meanwhile; the user's other channel when that one has the account
 */
export async function toVerifying(
  db: Db,
  key: StepKey & Pick<ChannelDoc, 'userId' | 'identifier' | 'secrets'>,
  { sealedSession, ...account }: SignedIn,
  at: Date,
): Promise<Channel | null | { sameAs: Pick<ChannelDoc, '_id' | 'identifier'> }> {
  try {
    const opened = { sealedSession, isNoted: true }
    return await replaceSession(db, stillIn(key), key.secrets?.session, opened, {
      $set: {
        ...named(key, account),
        ...inStatus('verifying', at),
        ...unclaimed(at),
        step: 'verify',
        signedInAt: at,
        nextTryAt: null,
      },
      $unset: { 'secrets.password': 1 },
      $inc: { attemptCount: 1 },
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const other = await db.channels
      .findOne(
        { userId: key.userId, live: true, did: { $eq: account.did, $type: 'string' } },
        { _id: 1, identifier: 1 },
      )
      .hint(didIndex)
      .lean()
    if (!other) throw error
    return { sameAs: other }
  }
}

/**
 * Two handles of one account: the older channel takes the new session and the labels, and verifies; the newer one only points to it.
 * @returns null when either changed meanwhile
 */
export async function mergeInto(
  db: Db,
  key: StepKey & { requestId: string; userId: string },
  older: Pick<ChannelDoc, '_id' | 'identifier'>,
  { sealedSession, ...account }: SignedIn,
  at: Date,
): Promise<Channel | null> {
  // First: of a worker that is killed in between the next one joins them again.
  await joinGroups(db, key._id, { id: older._id.toHexString(), userId: key.userId })
  const opened = { sealedSession, isNoted: false }
  const survivor = await replaceSession(db, { _id: older._id, live: true }, undefined, opened, {
    $set: {
      ...begun('verify', at),
      ...unclaimed(at),
      ...named(older, account),
      signedInAt: at,
      requestId: key.requestId,
    },
    $unset: { 'secrets.password': 1 },
    $inc: nextGeneration,
  })
  if (!survivor) return null
  await db.channels.updateOne(stillIn(key), {
    $set: { ...inStatus('disconnected', at), mergedInto: older._id },
    $unset: { live: 1, secrets: 1, 'lease.sweepAt': 1 },
  })
  return survivor
}

/** Keeps which server an identity named as its own. */
export const keepServer = (db: Db, key: StepKey, serviceUrl: string, serverFoundAt: Date) =>
  changed(db, stillIn(key), { $set: { serviceUrl, serverFoundAt } })

/** What of a channel an attempt may teach, whatever its outcome. */
export type Learnt = Partial<
  Pick<
    ChannelDoc,
    'serviceUrl' | 'refusedBy' | 'lastVerifiedAt' | 'sessionEndsAt' | 'handle' | 'displayName' | 'avatar'
  >
>

export interface Settled {
  status: ChannelStatus
  outcome: StoredOutcome
  nextTryAt: Date | null
  keepPassword: boolean
  /** false where no server was asked: nothing is counted */
  attempted: boolean
  learnt?: Learnt
  /** checks of the channel follow, the next one then */
  checkAt?: Date | null
}

const ended: ChannelStatus[] = ['action_required', 'failed']

/** What an end changes beside the status: since when the channel is broken, and what its owner has to hear of. */
function toTell({ step, lastVerifiedAt, brokenSince }: Telling, status: ChannelStatus, at: Date) {
  if (status === 'connected') {
    // Whoever reconnects or asks for a check sees it.
    if (step !== 'check') return { brokenSince: null, toldBrokenAt: null, notice: null }
    // Whether a mail told of the breakage may change while the check runs: whoever writes the next one knows.
    return brokenSince ? { brokenSince: null, notice: { kind: 'well' as const, at } } : {}
  }
  const breaks = step !== 'connect' && lastVerifiedAt && !brokenSince && ended.includes(status)
  return breaks ? { brokenSince: at, toldBrokenAt: null, notice: { kind: 'broken' as const, at } } : {}
}

type Telling = Pick<ChannelDoc, 'step' | 'status' | 'lastVerifiedAt' | 'brokenSince'>

/** Writes how a step ended, or that it waits. @returns null when the channel changed meanwhile */
export function settleStep(
  db: Db,
  key: StepKey & Telling & Pick<ChannelDoc, 'identifier'>,
  { status, outcome, nextTryAt, keepPassword, attempted, learnt = {}, checkAt = null }: Settled,
): Promise<Channel | null> {
  const { $set, $unset, $inc } = ending(nextTryAt ?? checkAt, attempted && nextTryAt !== null)
  return changedTo(db, stillIn(key), {
    $set: {
      ...(key.status === status ? {} : inStatus(status, outcome.at)),
      ...$set,
      ...(checkAt ? { step: 'check', 'lease.failures': 0 } : {}),
      ...toTell(key, status, outcome.at),
      ...named(key, learnt),
      outcome,
      fault: null,
      nextTryAt,
      renewalEndsAt: null,
    },
    $unset: { ...$unset, ...(keepPassword ? {} : { 'secrets.password': 1 }) },
    $inc: { ...$inc, ...(attempted ? { attemptCount: 1 } : {}) },
  })
}

/** The removal of a channel goes on at `at`; nobody sees it. @param failed its server was asked, in vain */
export const settleRemoval = (db: Db, key: StepKey, at: Date, failed: boolean) =>
  db.channels.updateOne(stillIn(key), ending(at, failed))

/** Keeps a session that was renewed to end it. */
export const keepLastSession = (db: Db, key: StepKey, sealedSession: string) =>
  db.channels.updateOne(stillIn(key), { $set: { 'secrets.session': sealedSession } })

/** The app password that was to be deleted is: a later try does not look for it. */
export const noteAppPasswordDeleted = (db: Db, key: StepKey) =>
  db.channels.updateOne(stillIn(key), { $set: { 'removal.appPassword.deleted': true } })

/** What can be known of steps before they are claimed. */
export const findAhead = (db: Db, ids: string[]) =>
  db.channels.find({ _id: { $in: ids }, $or: [{ status: { $in: unfinished } }, { step: 'check' }] }).lean<Channel[]>()

/** Takes a claim back: the step was not begun after all. The sweep looks at `at`. @returns false when it changed */
export const releaseStep = (db: Db, key: StepKey, at: Date) => release(db.channels, stillIn(key), at)

/** Lets the sweep look at `at`: for an attempt that broke off. */
export const postponeStep = (db: Db, key: StepKey, at: Date) => postpone(db.channels, stillIn(key), at)

/** Destroys passwords that are too old; their channels have failed. @returns the channels, 500 at most */
export async function expirePasswords(db: Db, submittedBefore: Date): Promise<Channel[]> {
  const expired = {
    submittedAt: { $lte: submittedBefore },
    'secrets.password': { $type: 'string' as const },
    // `connecting` too: nobody may be serving its queue.
    status: { $in: ['action_required', 'retrying', 'connecting'] as ChannelStatus[] },
  }
  const channels = await db.channels.find(expired).hint({ submittedAt: 1 }).limit(500).lean<Channel[]>()
  const at = new Date()
  const updated = channels.map((channel) => {
    const { serviceUrl: server, identifier, requestId: reference } = channel
    const unknown = {
      code: 'unknown' as const,
      step: 'connect' as const,
      params: { server, identifier, reference },
      at,
    }
    return db.channels
      .findOneAndUpdate(
        { ...expired, ...holding(channel) },
        {
          $set: { ...inStatus('failed', at), outcome: channel.outcome ?? unknown, nextTryAt: null },
          $unset: { 'secrets.password': 1, 'lease.sweepAt': 1 },
        },
        { returnDocument: 'after' },
      )
      .lean<Channel>()
  })
  return (await Promise.all(updated)).filter((channel) => channel !== null)
}

/** Forgets removed channels with everything that was kept about them. */
export async function forgetChannels(db: Db, channels: Pick<Channel, '_id'>[]): Promise<void> {
  const ids = channels.map(({ _id }) => _id)
  await db.attempts.deleteMany({ channelId: { $in: ids } })
  await db.channels.deleteMany({ _id: { $in: ids } })
}
