// Starts the workers of the queues that a process serves, and stops them in two stages.
import { UnrecoverableError, Worker, type Job, type Processor } from 'bullmq'
import { createAppview } from '../src/bluesky/appview.ts'
import { createHttp } from '../src/http/client.ts'
import { createIdentityLookup } from '../src/bluesky/identity.ts'
import type { QueueName, WorkerConfig } from '../src/config.ts'
import type { Context } from '../src/context.ts'
import { keptFor } from '../src/metrics/counts.ts'
import { readOptions } from '../src/options.ts'
import { openRedis } from '../src/redis.ts'
import { isNewer, jobNames, type JobPayload, type MailPayload, type StepName, type StepQueue } from '../src/jobs.ts'
import { connect } from './connect.ts'
import { startConnectionCounts } from './connection-counts.ts'
import { disconnect } from './disconnect.ts'
import { createGate } from './gate/gate.ts'
import { createReadAhead } from './gate/read-ahead.ts'
import { startTelling } from './gate/tell-breakers.ts'
import { isUp } from './gate/told.ts'
import { startIncidentWatch } from './incidents.ts'
import { runListing } from './list-app-passwords.ts'
import { startLooks } from './look.ts'
import { runMailJob } from './mail.ts'
import { createPeopleFirst } from './people-first.ts'
import { restWhileAway } from './rest.ts'
import { runJob } from './run-job.ts'
import { createSmtp, SMTP_CONNECTIONS } from './smtp.ts'
import type { Step, WorkerContext } from './step.ts'
import { startSweep } from './sweep.ts'
import { traceCalls } from './traced-http.ts'
import { createUnseal } from './unseal.ts'
import { verify } from './verify.ts'

/** A check asks what a verify asks; only its queue and its end differ. */
export const steps: Record<StepName, Step> = { connect, disconnect, verify, check: verify }

/** A worker that was killed is noticed after at most the sum of both, which docs/operations.md promises. */
export const LOCK_MS = 8_000
export const STALLED_CHECK_MS = 4_000

const CHECKS_SHARE = 1 / 4
/** For metrics: so long what a budget has left is not asked again, and so long an answer may take. */
const BUDGETS_FOR_MS = 5_000
const BUDGETS_MS = 2_000

type Pulling = Pick<Worker, 'waitUntilReady' | 'close' | 'on' | 'pause' | 'resume' | 'closing' | 'name'>

export interface Workers {
  context: WorkerContext
  /** stop taking jobs, finish those under way, then close */
  stop(): Promise<void>
}

export async function startWorkers(context: Context<WorkerConfig>, table = steps): Promise<Workers> {
  const { config, log, stores } = context
  const { allowPrivateNetwork, timeoutMs: deadlineMs } = config.bluesky
  const http = traceCalls(createHttp({ allowPrivateNetwork, deadlineMs, log }))
  const identity = createIdentityLookup({ ...config.bluesky, http, log })
  const appview = createAppview({ ...config.bluesky, http, log })
  const gate = createGate(context, (origin, code) => isUp(http, origin, config.bluesky.timeoutMs, code))
  const serviceUrl = async () => (await readOptions(context))['bluesky_service-url'].effective
  context.metrics.watch({
    breakersOpen: () => gate.openBreakers().length,
    budgetsLeft: keptFor(BUDGETS_FOR_MS, BUDGETS_MS, async () => gate.budgetsLeft(await serviceUrl())),
  })
  const readAhead = createReadAhead(context)
  const unseal = createUnseal(config.unsealingKeys)
  const workerContext: WorkerContext = { ...context, unseal, http, identity, appview, gate, readAhead }
  const redis = openRedis(config, log, 'worker')
  redis.on('error', (error: Error) => stores.redis.report(error, 'connection to Redis'))

  const peopleFirst = createPeopleFirst()
  const process = (job: Job<JobPayload>, token?: string) => {
    const name = jobNames.find((known) => known === job.name)
    if (!name) throw new UnrecoverableError(`there is no step for the job ${job.name}`)
    if (name === 'list_app_passwords') return peopleFirst.person(() => runListing(workerContext, job))
    const run = () => runJob(workerContext, name, table[name], job, token)
    return name === 'check' ? peopleFirst.check(run) : peopleFirst.person(run)
  }
  /** Beside people's jobs checks have a part of the process; they are scaled in processes of their own. */
  const concurrencyOf = (queue: StepQueue) =>
    queue === 'check' && config.worker.queues.length > 1
      ? Math.max(1, Math.floor(config.worker.concurrency * CHECKS_SHARE))
      : config.worker.concurrency
  const start = <Payload>(queue: QueueName, process: Processor<Payload>, concurrency: number) => {
    const readable = (job: Job<Payload>, token?: string) => {
      if (!isNewer(job.data)) return process(job, token)
      log.warn({ queue, job: job.name, jobId: job.id }, 'a newer version wrote this job: left to the sweep')
      return Promise.resolve()
    }
    const worker = new Worker<Payload>(queue, readable, {
      connection: redis,
      prefix: config.redis.prefix,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // The lease counts its claims; a job is never given up for having lost its worker.
      maxStalledCount: 1_000,
      ...(context.telemetry ? { telemetry: context.telemetry } : {}),
    })
    worker.on('stalled', (jobId) => {
      context.metrics.jobLost(queue)
      log.warn({ queue, jobId }, 'job lost its worker and runs again')
    })
    return worker
  }
  const smtp = config.mail && config.smtp ? createSmtp(config.smtp, config.mail.from) : null
  const workers = config.worker.queues.flatMap((queue): Pulling[] => {
    if (queue !== 'mail') return [start(queue, process, concurrencyOf(queue))]
    if (!smtp) return []
    const send = (job: Job<MailPayload>) => runMailJob({ ...context, unseal, smtp }, job)
    return [start(queue, send, SMTP_CONNECTIONS)]
  })
  const stopResting = restWhileAway(context, workers)
  await Promise.all(workers.map((worker) => worker.waitUntilReady()))
  const sweep = startSweep(workerContext)
  const looks = startLooks(workerContext)
  const incidents = startIncidentWatch(workerContext)
  const counts = startConnectionCounts(workerContext)
  const telling = startTelling(context, gate.openBreakers)

  return {
    context: workerContext,
    async stop() {
      stopResting()
      // Without Redis it would wait for the end of a connection that is not there.
      const force = stores.redis.word !== 'ok'
      const watches = [sweep, looks, incidents, counts, telling].map((watch) => watch.stop())
      await Promise.all([...watches, ...workers.map((worker) => worker.close(force))])
      redis.disconnect()
      smtp?.close()
      identity.close()
      await http.close()
    },
  }
}
