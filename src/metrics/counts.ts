// What the stores hold, as far as a scrape asks for it: each answer has a deadline and is kept for a few seconds.
import type { QueueName } from '../config.ts'
import { oldestInStep, countPasswords, sweepLags, type SweepLags } from '../db/counts.ts'
import type { Db } from '../db/open.ts'
import { withDeadline } from '../deadline.ts'
import type { Queues } from '../jobs.ts'

export interface QueueCounts {
  queue: QueueName
  jobs: Record<'waiting' | 'active' | 'delayed' | 'failed', number>
  isPaused: boolean
}

export interface Counts {
  oldestWaitingMs: number
  sweepLagMs: SweepLags
  passwordsKept: number
}

const QUEUES_FOR_MS = 5_000
const COUNTS_FOR_MS = 10_000
const PASSWORDS_FOR_MS = 30_000
const REDIS_MS = 1_000
const MONGODB_MS = 3_000

/** One question at a time, however many scrapes there are. What failed is asked again by the next one. @returns null then */
export function keptFor<T>(ms: number, deadlineMs: number, ask: () => Promise<T>): () => Promise<T | null> {
  let kept: { until: number; answer: Promise<T | null> } | null = null
  return () => {
    if (kept && performance.now() < kept.until) return kept.answer
    const answer = withDeadline(ask(), deadlineMs).catch(() => {
      kept = null
      return null
    })
    kept = { until: performance.now() + ms, answer }
    return answer
  }
}

async function countQueue(
  name: QueueName,
  queue: Pick<Queues[QueueName], 'getJobCounts' | 'isPaused'>,
): Promise<QueueCounts> {
  const [counts, isPaused] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    queue.isPaused(),
  ])
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
  return { queue: name, jobs: { waiting: waiting + prioritized, active, delayed, failed }, isPaused }
}

export const countQueues = (queues: Queues): Promise<QueueCounts[]> =>
  Promise.all(Object.entries(queues).map(([name, queue]) => countQueue(name as QueueName, queue)))

export const readQueues = (queues: Queues) => keptFor(QUEUES_FOR_MS, REDIS_MS, () => countQueues(queues))

export function readCounts(db: Db): () => Promise<Counts | null> {
  const passwords = keptFor(PASSWORDS_FOR_MS, MONGODB_MS, () => countPasswords(db))
  return keptFor(COUNTS_FOR_MS, MONGODB_MS, async () => {
    const now = Date.now()
    const [since, sweepLagMs, passwordsKept] = await Promise.all([
      oldestInStep(db),
      sweepLags(db, new Date(now)),
      passwords(),
    ])
    if (passwordsKept === null) throw new Error('the passwords were not counted')
    return { oldestWaitingMs: since ? Math.max(0, now - since.getTime()) : 0, sweepLagMs, passwordsKept }
  })
}
