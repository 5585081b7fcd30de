// The job catalogue (name, queue, payload shape, deadline) and how a job is put into its queue.
import { randomUUID } from 'node:crypto'
import { Queue, type QueueOptions } from 'bullmq'
import { z } from 'zod'
import type { QueueName } from './config.ts'
import type { Context } from './context.ts'
import type { Channel } from './db/channels.ts'
import { withDeadline } from './deadline.ts'
import { announce } from './events.ts'

/**
 * Of what jobs carry. A payload that names none is of version 1. A process writes the version that the release before reads,
 * so 1 is not written as long as a process may be about that takes no other field; docs/upgrade.md has how it goes up.
 */
export const PAYLOAD_VERSION = 1

const version = z.int().default(PAYLOAD_VERSION)

/** Jobs carry ids only: MongoDB is the truth. */
const payload = z.strictObject({
  version,
  channelId: z.string(),
  /** of the channel's lease, that the job belongs to; a job of an older one changes nothing */
  generation: z.int(),
  /** whose channel it is: users have their turns one after the other */
  userId: z.string(),
  /** of the request that set it off, to follow one connect through the logs */
  requestId: z.string(),
})
export type JobPayload = z.input<typeof payload>

/** A queue of steps. Mails have one of their own. */
export type StepQueue = Exclude<QueueName, 'mail'>

interface Job {
  queue: StepQueue
  payload: typeof payload
  deadlineMs: number
  calls: number
}

/**
 * When to try again is not BullMQ's business: the outcome decides (`outcomes/catalogue.ts`), the channel keeps the time.
 * `deadlineMs` bounds one attempt, calls to servers included. `calls` is what a budget counts for one, which is what
 * the server of an ordinary account is asked.
 */
export const jobs = {
  connect: { queue: 'connect', payload, deadlineMs: 45_000, calls: 2 },
  disconnect: { queue: 'connect', payload, deadlineMs: 30_000, calls: 1 },
  verify: { queue: 'verify', payload, deadlineMs: 60_000, calls: 3 },
  check: { queue: 'check', payload, deadlineMs: 60_000, calls: 4 },
  list_app_passwords: { queue: 'verify', payload, deadlineMs: 30_000, calls: 2 },
} as const satisfies Record<string, Job>

export type JobName = keyof typeof jobs
/** Of a channel, which its lease brings back whatever happens to its job. */
export type StepName = Exclude<JobName, 'list_app_passwords'>

export const jobNames = Object.keys(jobs) as JobName[]
const isOfStep = (name: JobName): name is StepName => name !== 'list_app_passwords'
export const stepNames = jobNames.filter(isOfStep)

const mailPayload = z.strictObject({ version, mailId: z.string(), requestId: z.string() })
export type MailPayload = z.input<typeof mailPayload>

/** No step of a channel: the job that sends one mail. The deadline bounds one try. */
export const mailJob = { queue: 'mail', name: 'mail', payload: mailPayload, deadlineMs: 45_000 } as const

export type Queues = Record<StepQueue, Queue<JobPayload>> & Record<'mail', Queue<MailPayload>>

export const openQueues = (options: QueueOptions): Queues => ({
  connect: new Queue('connect', options),
  verify: new Queue('verify', options),
  check: new Queue('check', options),
  mail: new Queue('mail', options),
})

const versioned = z.object({ version })

/**
 * Whether a newer release wrote the job. Whoever cannot read it lets it go: the sweep enqueues the step or mail again, in the
 * words of its own process, so none is lost, nor goes round for ever where the newer release is taken back.
 */
export const isNewer = (data: unknown): boolean => (versioned.safeParse(data).data?.version ?? 1) > PAYLOAD_VERSION

const ENQUEUE_DEADLINE_MS = 1_000
const MINUTE_MS = 60_000
const NOT_ENQUEUED = 'enqueue failed; the sweep will bring it back'
/** BullMQ takes no lower one. */
const LOWEST_PRIORITY = 2 ** 21

/** BullMQ's own ids are numbers that begin anew after Redis was wiped, while jobs of before still run. */
const jobOptions = () => ({
  jobId: randomUUID(),
  removeOnComplete: true,
  removeOnFail: { age: 7 * 24 * 3600, count: 1000 },
})

type EnqueueContext = Pick<Context, 'queues' | 'redis' | 'config' | 'stores' | 'metrics'>

/**
 * The more jobs of a queue a user started within the minute, the later the turn of the next one: whoever has one waits
 * for nobody who has many. Counted is what begins, because of what ends a count can be lost.
 */
async function priorityOf({ redis, config }: EnqueueContext, queue: StepQueue, userId: string): Promise<number> {
  const key = `${config.redis.prefix}:turns:${queue}:${userId}:${Math.floor(Date.now() / MINUTE_MS)}`
  const answers = await redis.pipeline().incr(key).pexpire(key, MINUTE_MS).exec()
  const [error, count] = answers?.[0] ?? []
  if (error) throw error
  return Math.min(Number(count) - 1, LOWEST_PRIORITY)
}

/**
 * Puts a job into its queue unless one for the same channel and generation is there already, waiting, delayed or running.
 * @returns false when Redis did not take it within a second: the sweep brings it back, so nobody has to be told.
 */
export async function enqueue(context: EnqueueContext, name: JobName, data: JobPayload): Promise<boolean> {
  const { queues, stores } = context
  const { queue } = jobs[name]
  const add = async () =>
    queues[queue].add(name, data, {
      priority: await priorityOf(context, queue, data.userId),
      deduplication: { id: `${name}-${data.channelId}-${data.generation}` },
      ...jobOptions(),
    })
  try {
    await withDeadline(add(), ENQUEUE_DEADLINE_MS)
    return true
  } catch (error) {
    context.metrics.enqueueFailed(queue)
    stores.redis.report(error, NOT_ENQUEUED, { channelId: data.channelId, job: name })
    return false
  }
}

/** Puts the job of a mail into its queue unless it is there already. What Redis does not take, the sweep brings back. */
export async function enqueueMail(
  { queues, stores }: Pick<Context, 'queues' | 'stores'>,
  data: MailPayload,
  { urgent }: { urgent: boolean },
): Promise<void> {
  const { name } = mailJob
  // Those without a priority come before all that have one.
  const priority = urgent ? {} : { priority: 1 }
  const options = { ...priority, deduplication: { id: `${name}-${data.mailId}` }, ...jobOptions() }
  await withDeadline(queues.mail.add(name, data, options), ENQUEUE_DEADLINE_MS).catch((error: Error) =>
    stores.redis.report(error, NOT_ENQUEUED, { mailId: data.mailId }),
  )
}

/** Puts the job of a channel's step into its queue and tells the open pages. */
export async function startStep(
  context: EnqueueContext,
  { _id, userId, step, lease: { generation }, requestId }: Channel,
): Promise<void> {
  const channelId = _id.toHexString()
  const removed = step === 'disconnect' ? { removed: { mergedInto: null } } : {}
  await Promise.all([
    enqueue(context, step, { channelId, generation, userId, requestId }),
    announce(context, { userId, channelId, ...removed }),
  ])
}
