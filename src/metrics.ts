// What this process counts and measures for Prometheus: one registry, and a function for each thing that happens.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ChannelStatus } from './contract.ts'
import type { QueueName } from './config.ts'
import type { StepName } from './jobs.ts'
import { outcomes, type OutcomeCode } from './outcomes/catalogue.ts'
import { addGauges, type Sources } from './metrics/gauges.ts'
import { commit, version } from './version.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** No server is a label by its name, of which there are as many as people bring. */
export type ServerClass = 'service_url' | 'bluesky' | 'other'

/** Why a step did not begin: no slot, or what the gate says. */
export type WaitReason = 'full' | 'breaker_open' | 'rate_limited' | 'over_budget'

export interface ConnectEnd {
  status: ChannelStatus
  outcome: OutcomeCode
  server: ServerClass
  submittedAt: Date
  /** of its last step */
  tries: number
}

const COMMAND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STEP_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const CONNECT_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400]

/** Of MongoDB; any other is `other`. */
export const mongoCommands = [
  'find',
  'getMore',
  'aggregate',
  'count',
  'distinct',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'createIndexes',
  'ping',
]

const resultOf = (ok: boolean) => (ok ? 'ok' : 'failed')

const fixByOf = (code: OutcomeCode) => (outcomes[code].good ? 'nobody' : outcomes[code].fixBy)

/** Nothing is asked of anybody here; what is known only elsewhere is told by `watch`. */
export function createMetrics() {
  const registry = new Registry()
  const sources: Sources = {}
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 })
  addGauges(registry, sources)

  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `bluesky_connect_${name}`, help, labelNames, registers: [registry] })
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name: `bluesky_connect_${name}`, help, buckets, labelNames, registers: [registry] })

  new Gauge({
    name: 'bluesky_connect_build_info',
    help: 'Always 1; which version and commit runs.',
    labelNames: ['version', 'commit'],
    registers: [registry],
  }).set({ version, commit }, 1)

  const accepted = counter('connects_accepted_total', 'Connects that were answered with 202.', ['way'])
  const ended = counter(
    'connects_ended_total',
    'Connects and verifies that came to an end, by what it was, by the class of server, and by who can fix it.',
    ['outcome', 'server', 'fix_by'],
  )
  const connectSeconds = histogram(
    'connect_duration_seconds',
    'From the submit to the end, waits included, by the status that it ended in.',
    CONNECT_SECONDS,
    ['status'],
  )
  const tries = histogram('connect_tries', 'How many tries the last step of a connect took.', [1, 2, 3, 5, 10, 20], [])
  const attempts = counter('step_attempts_total', 'Tries of a step, by how they ended and by the class of server.', [
    'step',
    'outcome',
    'server',
  ])
  const stepSeconds = histogram(
    'step_duration_seconds',
    'One try of a step, from its claim to its end.',
    STEP_SECONDS,
    ['step', 'server'],
  )
  const waits = counter('step_waits_total', 'Steps that were put off before anybody was asked.', ['step', 'reason'])
  const brokenOff = counter('steps_broken_off_total', 'Tries that a fault of a store or of ours broke off.', ['step'])
  const lost = counter('jobs_lost_total', 'Jobs whose worker went away; they run again.', ['queue'])
  const notEnqueued = counter('enqueues_failed_total', 'Jobs that Redis did not take; the sweep brings them back.', [
    'queue',
  ])
  const sweeps = counter('sweeps_total', 'Rounds of the sweep.', ['result'])
  const broughtBack = counter('sweep_brought_back_total', 'Steps that the sweep put into their queue.', ['step'])
  const requests = counter('http_requests_total', 'Requests that were answered.', ['method', 'route', 'status'])
  const requestSeconds = histogram(
    'http_request_duration_seconds',
    'From a request to the end of its answer, event streams left out.',
    REQUEST_SECONDS,
    ['method', 'route'],
  )
  const mongoSeconds = histogram(
    'mongodb_command_duration_seconds',
    'Commands to MongoDB, as its driver measures them.',
    COMMAND_SECONDS,
    ['command', 'result'],
  )
  const redisSeconds = histogram(
    'redis_command_duration_seconds',
    'Commands to Redis on the connection that fails fast; those that workers wait with are left out.',
    COMMAND_SECONDS,
    ['result'],
  )

  return {
    registry,

    /** Says where a gauge comes from; asked at each scrape. */
    watch: (more: Sources) => void Object.assign(sources, more),

    connectAccepted: (way: 'connect' | 'reconnect') => accepted.inc({ way }),

    connectEnded({ status, outcome, server, submittedAt, tries: count }: ConnectEnd) {
      ended.inc({ outcome, server, fix_by: fixByOf(outcome) })
      connectSeconds.observe({ status }, Math.max(0, Date.now() - submittedAt.getTime()) / 1000)
      tries.observe(count)
    },

    stepEnded(step: StepName, outcome: OutcomeCode, server: ServerClass, durationMs: number) {
      attempts.inc({ step, outcome, server })
      stepSeconds.observe({ step, server }, durationMs / 1000)
    },

    stepWaited: (step: StepName, reason: WaitReason) => waits.inc({ step, reason }),

    stepBrokeOff: (step: StepName) => brokenOff.inc({ step }),

    jobLost: (queue: QueueName) => lost.inc({ queue }),

    enqueueFailed: (queue: QueueName) => notEnqueued.inc({ queue }),

    swept: (ok: boolean) => sweeps.inc({ result: resultOf(ok) }),

    broughtBack: (step: StepName, count: number) => broughtBack.inc({ step }, count),

    /** @param durationMs null for what lasts as long as a page is open */
    requestAnswered(method: string, route: string, status: number, durationMs: number | null) {
      requests.inc({ method, route, status })
      if (durationMs !== null) requestSeconds.observe({ method, route }, durationMs / 1000)
    },

    mongoAnswered(name: string, ok: boolean, durationMs: number) {
      const command = mongoCommands.includes(name) ? name : 'other'
      mongoSeconds.observe({ command, result: resultOf(ok) }, durationMs / 1000)
    },

    redisAnswered: (ok: boolean, durationMs: number) =>
      redisSeconds.observe({ result: resultOf(ok) }, durationMs / 1000),
  }
}
