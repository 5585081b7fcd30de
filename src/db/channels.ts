// Channels: the Bluesky accounts that users connect, and what users do to them, each as one conditional write.
import { Schema, Types } from 'mongoose'
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { SeenStep, Step } from '../outcomes/evidence.ts'
import { rankOf } from '../outcomes/ranks.ts'
import type { OutcomeParams } from '../outcomes/words.ts'
import type { ChannelStatus } from '../contract.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { holding, leaseSchema, newLease, nextGeneration, sweepIndex, unclaimed, type Lease } from './lease.ts'
import { partsOf } from './name-parts.ts'
import type { Db } from './open.ts'

export interface StoredOutcome {
  code: OutcomeCode
  step: SeenStep
  params: OutcomeParams
  at: Date
  /** who signs in for the account's server could not be told */
  homeUnknown?: true
}

/** What the checks of a connected channel meet; it stays connected. */
export interface Fault extends StoredOutcome {
  /** when they met the first one */
  since: Date
}

/** For a mail: written with the change that it tells of, and gone as soon as the mail is ordered. */
export interface Notice {
  kind: 'broken' | 'well'
  at: Date
}

/** What its owner is to be told of when the session of a removed channel has ended. */
export interface Removing {
  by: 'owner' | 'admin'
  /** the one to delete at the server too: name and time as the server gave them, so that it is no other */
  appPassword?: { name: string; createdAt: string; deleted?: true }
}

export interface ChannelDoc {
  _id: Types.ObjectId
  userId: string
  /** as the person gave it, cleaned */
  identifier: string
  handle: string | null
  /** for the search, see `partsOf`; absent where the version before wrote the channel */
  parts?: string[]
  did: string | null
  displayName: string | null
  avatar: string | null
  /** where sign-ins go: the Service URL, or the server that the identity names */
  serviceUrl: string
  /** where sign-ins went when the person submitted: the password goes elsewhere only if the account lives there */
  meantFor?: string
  /** when `serviceUrl` was looked up in the identity's document */
  serverFoundAt?: Date | null
  pdsUrl: string | null
  /** origin of the server that refused the password: it is not sent there a second time */
  refusedBy?: string | null
  status: ChannelStatus
  /** where its status stands in a list, see `rankOf` */
  rank: number
  /** when its status was written last */
  since: Date
  step: Step
  lease: Lease
  outcome: StoredOutcome | null
  nextTryAt: Date | null
  /** the last time that all was well */
  lastVerifiedAt: Date | null
  fault?: Fault | null
  /** since when a channel that was connected is not, however often it was tried since */
  brokenSince?: Date | null
  notice?: Notice | null
  /** when a mail was ordered that tells of the breakage */
  toldBrokenAt?: Date | null
  /** when the session was opened */
  signedInAt?: Date | null
  /** when the server lets the session end, as far as that can be read */
  sessionEndsAt?: Date | null
  /** until then one worker alone may renew the session */
  renewalEndsAt?: Date | null
  /** when the person submitted; the password does not outlive it by more than `GIVE_UP_AFTER_SECONDS` */
  submittedAt: Date
  requestId: string
  /** how many attempts were recorded */
  attemptCount: number
  /** goes up with every write: of two states the one with more is newer, whatever the clocks of who wrote them say */
  revision: number
  /** when its owner asked the administrator for help with how it stands */
  askedAt: Date | null
  /** labels of its owner; absent where there are none */
  groups?: string[]
  /** which administrator marked it; good as long as its status has not been written since */
  seen?: { by: string; at: Date }
  /** absent once the user removed it */
  live?: true
  /** set while the channel only points to the one that has the same account */
  mergedInto?: Types.ObjectId
  /** set while its removal is under way, and its owner wants to know of the end */
  removal?: Removing
  /**
   * `former`: sessions that a newer one took the place of, until each has a document of its own that ends it; and one that
   * was opened, until it is known whether it stays
   */
  secrets?: { password?: string; session?: string; former?: string[] }
  createdAt: Date
  updatedAt: Date
}

/** A user has one channel for what they gave, and one for an account. */
export const identifierIndex = { identifier: 1, userId: 1 } as const
export const didIndex = { did: 1, userId: 1 } as const
export const handleIndex = { handle: 1 } as const
/** Channels by a part of their names. */
export const partsIndex = { parts: 1, rank: 1 } as const
/** What its owner asked for help with. */
export const askedIndex = { askedAt: 1 } as const
/** The admin's list: each filter, and each order, has an index that gives its matches rank by rank. */
export const rankIndex = { rank: 1, since: -1, _id: -1, status: 1 } as const
export const outcomeIndex = { rank: 1, 'outcome.code': 1, since: -1, _id: -1 } as const
export const serverIndex = { rank: 1, serviceUrl: 1, since: -1, _id: -1 } as const
export const serverOutcomeIndex = { rank: 1, serviceUrl: 1, 'outcome.code': 1, since: -1, _id: -1 } as const
/** One's own channels, in the order of their list. */
export const ownIndex = { userId: 1, live: 1, rank: 1, _id: -1 } as const
/** Those with a label, in the same order. Small: most channels have none. */
export const groupIndex = { userId: 1, groups: 1, rank: 1, _id: -1 } as const

const nullable = <T>(type: T) => ({ type, default: null })

export const channelSchema = new Schema<ChannelDoc>(
  {
    userId: { type: String, required: true },
    identifier: { type: String, required: true },
    handle: nullable(String),
    parts: { type: [String], default: undefined },
    did: nullable(String),
    displayName: nullable(String),
    avatar: nullable(String),
    serviceUrl: { type: String, required: true },
    meantFor: String,
    serverFoundAt: Date,
    pdsUrl: nullable(String),
    refusedBy: String,
    status: { type: String, required: true },
    rank: { type: Number, required: true },
    since: { type: Date, required: true },
    step: { type: String, required: true },
    lease: { type: leaseSchema, required: true },
    outcome: nullable(Schema.Types.Mixed),
    nextTryAt: nullable(Date),
    lastVerifiedAt: nullable(Date),
    fault: Schema.Types.Mixed,
    brokenSince: Date,
    notice: Schema.Types.Mixed,
    toldBrokenAt: Date,
    signedInAt: Date,
    sessionEndsAt: Date,
    renewalEndsAt: Date,
    submittedAt: { type: Date, required: true },
    requestId: { type: String, required: true },
    attemptCount: { type: Number, default: 0 },
    revision: { type: Number, default: 0 },
    askedAt: nullable(Date),
    groups: { type: [String], default: undefined },
    seen: Schema.Types.Mixed,
    live: Boolean,
    mergedInto: Schema.Types.ObjectId,
    removal: Schema.Types.Mixed,
    secrets: {
      type: { _id: false, password: String, session: String, former: { type: [String], default: undefined } },
      select: false,
    },
  },
  { timestamps: true, versionKey: false },
)
channelSchema.pre(['findOneAndUpdate', 'updateOne', 'updateMany'], function () {
  const update = this.getUpdate() as { $inc?: object }
  update.$inc = { ...update.$inc, revision: 1 }
})
// Both serve the admin's search too, which is why they begin with what somebody looks for.
channelSchema.index(identifierIndex, { unique: true, partialFilterExpression: { live: true } })
channelSchema.index(didIndex, { unique: true, partialFilterExpression: { live: true, did: { $type: 'string' } } })
channelSchema.index(ownIndex)
channelSchema.index(groupIndex, { partialFilterExpression: { groups: { $exists: true } } })
channelSchema.index(sweepIndex)
channelSchema.index(rankIndex)
channelSchema.index(outcomeIndex)
channelSchema.index(serverIndex)
channelSchema.index(serverOutcomeIndex)
// Only what waits because its account lives elsewhere: whose they are, by where that is.
channelSchema.index(
  { 'outcome.params.actualServer': 1, userId: 1 },
  { partialFilterExpression: { 'outcome.code': 'wrong_server' } },
)
channelSchema.index(handleIndex)
channelSchema.index(partsIndex, { partialFilterExpression: { live: true } })
channelSchema.index({ requestId: 1 })
// Small: it holds what somebody asked for help with.
channelSchema.index(askedIndex, { partialFilterExpression: { askedAt: { $type: 'date' } } })
// Small: it holds what is about to be told.
channelSchema.index({ 'notice.at': 1 }, { partialFilterExpression: { 'notice.at': { $type: 'date' } } })
channelSchema.index({ userId: 1, 'notice.at': 1 }, { partialFilterExpression: { 'notice.at': { $type: 'date' } } })
channelSchema.index({ submittedAt: -1 })
channelSchema.index({ submittedAt: 1 }, { partialFilterExpression: { 'secrets.password': { $type: 'string' } } })

export type Channel = Omit<ChannelDoc, 'secrets'>

/** A step that is being worked on or waits for its worker. */
const inStep: ChannelStatus[] = ['connecting', 'verifying']
/** A step that is not over yet. */
export const unfinished: ChannelStatus[] = [...inStep, 'retrying']

export const isInStep = (channel: Pick<Channel, 'status'>) => inStep.includes(channel.status)

/** The fields of a status; they are never written without each other. */
export const inStatus = (status: ChannelStatus, at: Date) => ({ status, rank: rankOf(status), since: at })

const statuses: Record<ChannelDoc['step'], ChannelStatus> = {
  connect: 'connecting',
  verify: 'verifying',
  check: 'connected',
  disconnect: 'disconnected',
}
/** The status of a channel whose step is being worked on. */
export const statusOf = (step: ChannelDoc['step']) => statuses[step]

/** What a step begins with; its lease begins anew beside it. */
export const begun = (step: ChannelDoc['step'], at: Date) => ({
  ...inStatus(statusOf(step), at),
  step,
  outcome: null,
  fault: null,
  askedAt: null,
  nextTryAt: null,
  serverFoundAt: null,
  refusedBy: null,
  submittedAt: at,
})

/** Fields to write to a channel; with the handle goes what it is searched by. */
export const named = <T extends { handle?: string | null }>(
  { identifier }: Pick<ChannelDoc, 'identifier'>,
  fields: T,
) => (fields.handle === undefined ? fields : { ...fields, parts: partsOf({ identifier, handle: fields.handle }) })

interface Submitted {
  userId: string
  identifier: string
  serviceUrl: string
  requestId: string
  at: Date
  /** seals the password for the channel that is going to hold it */
  sealFor: (channelId: string) => Promise<string>
}

/**
 * Takes a submitted connect: a new channel, a new generation of the one that this user has for the identifier (by the
 * text given before, by handle or by DID), or, while that one is in a step, that one as it is.
 * @returns `started` false when nothing has to be enqueued
 */
export async function submitConnect(db: Db, submitted: Submitted): Promise<{ channel: Channel; started: boolean }> {
  const { userId, identifier } = submitted
  const fresh = await newChannel(submitted)
  for (let round = 0; round < 5; round++) {
    const found =
      (await findSignedIn(db, userId, identifier)) ?? (await findOrAdd(db, { userId, live: true, identifier }, fresh))
    if (!found) continue
    if (found._id.equals(fresh._id)) return { channel: found, started: true }
    if (isInStep(found)) return { channel: found, started: false }
    const anew = await submitReconnect(db, found, submitted)
    if (anew) return { channel: anew, started: true }
  }
  throw new Error('a channel changed under five attempts to start it')
}

async function newChannel({ userId, identifier, serviceUrl, requestId, at, sealFor }: Submitted): Promise<ChannelDoc> {
  const _id = new Types.ObjectId()
  return {
    _id,
    userId,
    identifier,
    handle: null,
    parts: partsOf({ identifier }),
    did: null,
    displayName: null,
    avatar: null,
    serviceUrl,
    meantFor: serviceUrl,
    pdsUrl: null,
    ...begun('connect', at),
    lease: newLease(at),
    lastVerifiedAt: null,
    requestId,
    attemptCount: 0,
    revision: 0,
    live: true,
    secrets: { password: await sealFor(_id.toHexString()) },
    createdAt: at,
    updatedAt: at,
  }
}

/**
 * The one that has signed in as whom `identifier` names, by an index of its own: asked for in one filter with what was
 * typed, it would be looked for among all that the user has.
 */
function findSignedIn(db: Db, userId: string, identifier: string): Promise<Channel | null> {
  const [which, index] = identifier.startsWith('did:')
    ? [{ did: { $eq: identifier, $type: 'string' as const } }, didIndex]
    : [{ handle: identifier }, handleIndex]
  return db.channels
    .findOne({ userId, live: true, ...which })
    .hint(index)
    .lean<Channel>()
}

/**
 * In one command, and past mongoose, whose work on a document that is whole already is most of what a connect costs here.
 * @returns null where one that `filter` does not find stands in the way, and did not a moment before
 */
async function findOrAdd(db: Db, filter: object, fresh: ChannelDoc): Promise<Channel | null> {
  try {
    return (await db.channels.collection.findOneAndUpdate(
      filter,
      { $setOnInsert: fresh },
      { upsert: true, returnDocument: 'after', projection: { secrets: 0 } },
    )) as unknown as Channel
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    return null
  }
}

/** Starts a channel anew with a new password. @returns null when the channel changed meanwhile */
export async function submitReconnect(
  db: Db,
  channel: Channel,
  { serviceUrl, requestId, at, sealFor }: Pick<Submitted, 'serviceUrl' | 'requestId' | 'at' | 'sealFor'>,
): Promise<Channel | null> {
  const password = await sealFor(channel._id.toHexString())
  const submitted = { serviceUrl, meantFor: serviceUrl, requestId, 'secrets.password': password }
  return db.channels
    .findOneAndUpdate(
      { ...holding(channel), live: true, status: channel.status },
      {
        $set: { ...begun('connect', at), ...unclaimed(at), ...submitted },
        $inc: nextGeneration,
      },
      { returnDocument: 'after' },
    )
    .lean<Channel>()
}

/** Starts the verify step anew. @returns null when the channel changed meanwhile or has no session */
export const submitVerify = (db: Db, channel: Channel, requestId: string, at: Date): Promise<Channel | null> =>
  db.channels
    .findOneAndUpdate(
      {
        ...holding(channel),
        live: true,
        status: channel.status,
        'secrets.session': { $type: 'string' },
      },
      { $set: { ...begun('verify', at), ...unclaimed(at), requestId }, $inc: nextGeneration },
      { returnDocument: 'after' },
    )
    .lean<Channel>()

/**
 * A session that a newer one took the place of: a document of its own ends it, as the session of a removed channel. In no
 * list, and forgotten when it is over.
 */
export async function leaveSession(
  db: Db,
  {
    _id,
    sealedSession,
    ...of
  }: Pick<Channel, '_id' | 'userId' | 'identifier' | 'handle' | 'did' | 'serviceUrl' | 'requestId'> & {
    sealedSession: string
  },
  at: Date,
): Promise<Channel> {
  const left = await db.channels.create({
    ...of,
    _id,
    secrets: { session: sealedSession },
    ...begun('disconnect', at),
    lease: newLease(at),
  })
  const { secrets: _, ...channel } = left.toObject()
  return channel
}

/** A channel is removed: it leaves every list at once, the session is ended by a job. @param sweepAt see `unclaimed` */
export const disconnecting = (requestId: string, at: Date, sweepAt?: Date) => ({
  $set: { ...begun('disconnect', at), ...unclaimed(at, sweepAt), requestId },
  $unset: { live: 1, notice: 1, 'secrets.password': 1 },
  $inc: nextGeneration,
})

/**
 * @param userId of its owner; absent where an admin removes it
 * @param appPassword to be deleted at the server too
 */
export function submitDisconnect(
  db: Db,
  { id, userId }: { id: string; userId?: string },
  requestId: string,
  at: Date,
  appPassword?: Removing['appPassword'],
): Promise<Channel | null> {
  const { $set, ...more } = disconnecting(requestId, at)
  const removal: Removing = { by: userId === undefined ? 'admin' : 'owner', ...(appPassword ? { appPassword } : {}) }
  return db.channels
    .findOneAndUpdate(
      { _id: id, live: true, ...(userId === undefined ? {} : { userId }) },
      { ...more, $set: { ...$set, removal } },
      { returnDocument: 'after' },
    )
    .lean<Channel>()
}

/**
 * Marks a channel for the administrator's list, once for each state it is in.
 * @returns null when it changed meanwhile, or was marked before
 */
export const askAdmin = (db: Db, channel: Channel, at: Date): Promise<Channel | null> =>
  db.channels
    .findOneAndUpdate(
      { ...holding(channel), live: true, status: channel.status, askedAt: null },
      { $set: { askedAt: at } },
      { returnDocument: 'after' },
    )
    .lean<Channel>()
