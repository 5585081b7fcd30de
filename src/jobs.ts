// The job catalogue (name, queue, payload shape, deadline) and how a job is put into its queue.
import { randomUUID } from 'node:crypto'
import { Queue, type QueueOptions } from 'bullmq'
import { z } from 'zod'
import type { QueueName } from './config.ts'
import type { Context } from './context.ts'
import type { Channel } from './db/channels.ts'
import { withDeadline } from './deadline.ts'
import { announce } from './events.ts'

/** Jobs carry ids only: MongoDB is the truth. */
const payload = z.strictObject({
  channelId: z.string(),
  /** of the channel's lease, that the job belongs to; a job of an older one changes nothing */
  generation: z.int(),
  /** of the request that set it off, to follow one connect through the logs */
  requestId: z.string(),
})
export type JobPayload = z.infer<typeof payload>

/**
 * When to try again is not BullMQ's business: the outcome decides (`outcomes/catalogue.ts`), the channel keeps the time.
 * `deadlineMs` bounds one attempt, calls to servers included.
 */
export const jobs = {
  connect: { queue: 'connect', payload, deadlineMs: 45_000 },
  disconnect: { queue: 'connect', payload, deadlineMs: 30_000 },
  verify: { queue: 'verify', payload, deadlineMs: 60_000 },
} as const satisfies Record<string, { queue: QueueName; payload: z.ZodType<JobPayload>; deadlineMs: number }>

export type JobName = keyof typeof jobs

export const jobNames = Object.keys(jobs) as JobName[]

export type Queues = Record<QueueName, Queue<JobPayload>>

export const openQueues = (options: QueueOptions): Queues => ({
  connect: new Queue('connect', options),
  verify: new Queue('verify', options),
})

const ENQUEUE_DEADLINE_MS = 1_000

/**
 * Puts a job into its queue unless one for the same channel and generation is there already, waiting, delayed or running.
 * @returns false when Redis did not take it within a second: the sweep brings it back, so nobody has to be told.
 */
export async function enqueue(
  { queues, log }: { queues: Queues; log: { warn(fields: object, text: string): void } },
  name: JobName,
  data: JobPayload,
): Promise<boolean> {
  const adding = queues[jobs[name].queue].add(name, data, {
    // BullMQ's own ids are numbers that begin anew after Redis was wiped, while jobs of before still run.
    jobId: randomUUID(),
    deduplication: { id: `${name}-${data.channelId}-${data.generation}` },
    removeOnComplete: true,
    removeOnFail: { age: 7 * 24 * 3600, count: 1000 },
  })
  try {
    await withDeadline(adding, ENQUEUE_DEADLINE_MS)
    return true
  } catch (error) {
    log.warn(
      { channelId: data.channelId, job: name, reason: (error as Error).message },
      'enqueue failed; the sweep will bring it back',
    )
    return false
  }
}

/** Puts the job of a channel's step into its queue and tells the open pages. */
export async function startStep(
  context: Pick<Context, 'queues' | 'redis' | 'config' | 'log'>,
  { _id, userId, step, lease: { generation }, requestId }: Channel,
): Promise<void> {
  const channelId = _id.toHexString()
  const removed = step === 'disconnect' ? { removed: { mergedInto: null } } : {}
  await Promise.all([
    enqueue(context, step, { channelId, generation, requestId }),
    announce(context, { userId, channelId, ...removed }),
  ])
}
