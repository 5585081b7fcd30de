// What waits and since when, for whoever is woken at night: bounded questions alone, that a million channels do not make slow.
import type { Context } from './context.ts'
import { channelStatuses, type ChannelStatus } from './contract.ts'
import type { Channel } from './db/channels.ts'
import { listLapsed, sweepIndex } from './db/lease.ts'
import type { Db } from './db/open.ts'
import { withDeadline } from './deadline.ts'
import { stepNames, type StepName } from './jobs.ts'
import { countQueues } from './metrics/counts.ts'
import { rankOf } from './outcomes/ranks.ts'

/** Nobody reads the difference between more than that. */
export const MOST_COUNTED = 10_000
const QUERY_MS = 3_000
const QUEUE_MS = 3_000

/** null: it could not be told in time. More than `MOST_COUNTED` is `MOST_COUNTED + 1`. */
type Count = number | null

export interface Waiting {
  channelId: string
  reference: string
  server: string
  status: ChannelStatus
  since: Date
}

export interface ChannelBacklog {
  byStatus: Partial<Record<ChannelStatus, Count>>
  /** app passwords that wait for their sign-in, and since when the oldest one does */
  passwords: Count
  oldestPasswordAt: Date | null
  /** of those that are being worked on or wait for a worker */
  oldest: Waiting | null
  /** since when the sweep should have looked, by step, where it has not: nobody sweeps, or it does not get through */
  overdueSince: Record<string, Date>
  mails: Count
}

export interface QueueBacklog {
  name: string
  waiting: number
  active: number
  delayed: number
  paused: boolean
}

const listIndex = { rank: 1, since: -1, _id: -1, status: 1 } as const

export async function readChannels(db: Db, now = new Date()): Promise<ChannelBacklog> {
  const seen = channelStatuses.filter((status) => status !== 'disconnected')
  const steps = stepNames.map(async (step) => [step, await overdueOf(db.channels, step, now)] as const)
  const [counts, passwords, oldestPassword, oldest, overdue, mails] = await Promise.all([
    Promise.all(seen.map(async (status) => [status, await countStatus(db, status)] as const)),
    count(db.channels.countDocuments(withPassword, { ...capped, hint: { submittedAt: 1 } })),
    orNull(db.channels.findOne(withPassword, { submittedAt: 1 }).sort({ submittedAt: 1 }).hint({ submittedAt: 1 })),
    findOldest(db),
    Promise.all([...steps, overdueOf(db.mails, 'mail', now).then((since) => ['mail', since] as const)]),
    count(db.mails.countDocuments(unsent, { ...capped, hint: sweepIndex })),
  ])
  return {
    byStatus: Object.fromEntries(counts),
    passwords,
    oldestPasswordAt: oldestPassword?.submittedAt ?? null,
    oldest,
    overdueSince: Object.fromEntries(overdue.flatMap(([step, since]) => (since ? [[step, since]] : []))),
    mails,
  }
}

const capped = { limit: MOST_COUNTED + 1, maxTimeMS: QUERY_MS }

/** With a time, by which the small index of those that have one is read. */
const withPassword = { submittedAt: { $gt: new Date(0) }, 'secrets.password': { $type: 'string' as const } }
const unsent = { step: 'mail' as const, 'lease.sweepAt': { $gt: new Date(0) } }

async function count(work: PromiseLike<number>): Promise<Count> {
  return withDeadline(Promise.resolve(work), QUERY_MS).catch(() => null)
}

async function orNull<T>(work: { maxTimeMS(ms: number): PromiseLike<T | null> }): Promise<T | null> {
  return withDeadline(Promise.resolve(work.maxTimeMS(QUERY_MS)), QUERY_MS).catch(() => null)
}

const countStatus = ({ channels }: Db, status: ChannelStatus): Promise<Count> =>
  count(channels.countDocuments({ rank: rankOf(status), status }, { ...capped, hint: listIndex }))

async function findOldest({ channels }: Db): Promise<Waiting | null> {
  // Both statuses have this rank, and no other has.
  const oldest = await orNull(
    channels
      .findOne({ rank: rankOf('connecting') }, { requestId: 1, serviceUrl: 1, status: 1, since: 1 })
      .sort({ rank: -1, since: 1, _id: 1 })
      .hint(listIndex)
      .lean<Pick<Channel, '_id' | 'requestId' | 'serviceUrl' | 'status' | 'since'>>(),
  )
  if (!oldest) return null
  const { _id, requestId: reference, serviceUrl: server, status, since } = oldest
  return { channelId: _id.toHexString(), reference, server, status, since }
}

/** The sweep moves what it has looked at on by some seconds: what stands there for long was not looked at. */
async function overdueOf(collection: Db['channels'] | Db['mails'], step: StepName | 'mail', now: Date) {
  const first = listLapsed<Pick<Channel, '_id' | 'lease'>>(collection, step, now, 1, { lease: 1 })
  const [due] = await withDeadline(Promise.resolve(first), QUERY_MS).catch(() => [])
  return due?.lease.sweepAt ?? null
}

/** @throws when Redis does not answer in time */
export async function readQueues(queues: Context['queues']): Promise<QueueBacklog[]> {
  const counted = await withDeadline(countQueues(queues), QUEUE_MS)
  return counted.map(({ queue: name, jobs: { waiting, active, delayed }, isPaused: paused }) => ({
    name,
    waiting,
    active,
    delayed,
    paused,
  }))
}
