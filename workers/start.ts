// Starts the workers of the queues that a process serves, and stops them in two stages.
import { Worker, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import { createAppview } from '../src/bluesky/appview.ts'
import { createHttp } from '../src/http/client.ts'
import { createIdentityLook } from '../src/bluesky/identity.ts'
import type { Context } from '../src/context.ts'
import { jobNames, jobs, type JobName, type JobPayload, type QueueName } from '../src/jobs.ts'
import { connect } from './connect.ts'
import { disconnect } from './disconnect.ts'
import { createHostGate } from './gate/gate.ts'
import { createPeek } from './gate/read-ahead.ts'
import { runJob, type JobHandler, type WorkerContext } from './run-job.ts'
import { startSweep } from './sweep.ts'
import { verify } from './verify.ts'

export const handlers: Record<JobName, JobHandler> = { connect, disconnect, verify }

/** A worker that was killed is noticed after at most the sum of both. */
const LOCK_MS = 8_000
const STALLED_CHECK_MS = 4_000

export interface Workers {
  context: WorkerContext
  /** stop taking jobs, finish those under way, then close */
  stop(): Promise<void>
}

/** @throws when a queue has a job without a handler */
export async function startWorkers(
  context: Context,
  table: Partial<Record<JobName, JobHandler>> = handlers,
): Promise<Workers> {
  const { config, log } = context
  const missing = jobNames.filter((name) => config.worker.queues.includes(jobs[name].queue) && !table[name])
  if (missing.length > 0) throw new Error(`these jobs have no handler: ${missing.join(', ')}`)

  const http = createHttp({
    allowPrivateNetwork: config.bluesky.allowPrivateNetwork,
    deadlineMs: config.bluesky.timeoutMs,
    log,
  })
  const identity = createIdentityLook({ ...config.bluesky, http, log })
  const appview = createAppview({ ...config.bluesky, http, log })
  const hosts = createHostGate(context)
  const workerContext: WorkerContext = { ...context, http, identity, appview, hosts, peek: createPeek(context) }
  const redis = new Redis(config.redis.url, { maxRetriesPerRequest: null })
  redis.on('error', (error: Error) => log.warn({ reason: error.message }, 'redis of the workers'))

  const process = (job: Job<JobPayload>, token?: string) => {
    const handler = table[job.name as JobName]
    if (!handler) throw new Error(`no handler for the job ${job.name}`)
    return runJob(workerContext, handler, job, token)
  }
  const start = (queue: QueueName) => {
    const worker = new Worker<JobPayload>(queue, process, {
      connection: redis,
      prefix: config.redis.prefix,
      concurrency: config.worker.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // The channel counts its starts; a job is never given up for having lost its worker.
      maxStalledCount: 1_000,
    })
    worker.on('error', (error) => log.warn({ queue, reason: error.message }, 'worker'))
    worker.on('stalled', (jobId) => log.warn({ queue, jobId }, 'job lost its worker and runs again'))
    return worker
  }
  const workers = config.worker.queues.map(start)
  await Promise.all(workers.map((worker) => worker.waitUntilReady()))
  const sweep = startSweep(workerContext)

  return {
    context: workerContext,
    async stop() {
      await Promise.all([sweep.stop(), ...workers.map((worker) => worker.close())])
      redis.disconnect()
      identity.close()
      await http.close()
    },
  }
}
