// Gauges that are asked for at each scrape: of this process, and of what the stores hold for all processes together.
import { Gauge, type Registry } from 'prom-client'
import type { Counts, QueueCounts } from './counts.ts'

export interface BudgetLeft {
  windowSeconds: number
  left: number
  most: number
}

/** Where gauges come from. What is not there, this process has none of. */
export interface Sources {
  eventStreams?: () => number
  breakersOpen?: () => number
  /** of the Service URL; null where Redis did not tell */
  budgetsLeft?: () => Promise<BudgetLeft[] | null>
  /** null where Redis did not tell */
  queues?: () => Promise<QueueCounts[] | null>
  /** null where MongoDB did not tell */
  counts?: () => Promise<Counts | null>
}

const OF_ALL = 'The same from each process: take the highest.'

/** @param sources filled later by who knows */
export function addGauges(registry: Registry, sources: Sources): void {
  /** @param read sets what is known now; what it does not set is not said */
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => Promise<void> | void) => {
    new Gauge({
      name: `bluesky_connect_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        // Without labels it would say 0 where nothing is known.
        if (labelNames.length === 0) this.remove()
        return read(this)
      },
    })
  }

  gauge('event_streams', 'Event streams that are open at this process.', [], (own) => {
    if (sources.eventStreams) own.set(sources.eventStreams())
  })
  gauge('breakers_open', 'Servers that this process leaves alone for a while.', [], (own) => {
    if (sources.breakersOpen) own.set(sources.breakersOpen())
  })

  const ofBudgets = (set: (gauge: Gauge, budget: BudgetLeft) => void) => async (own: Gauge) => {
    for (const budget of (await sources.budgetsLeft?.()) ?? []) set(own, budget)
  }
  gauge(
    'budget_left_calls',
    `Calls to the Service URL that its budget has left, by the length of its window. ${OF_ALL}`,
    ['window_seconds'],
    ofBudgets((own, { windowSeconds, left }) => own.set({ window_seconds: windowSeconds }, left)),
  )
  gauge(
    'budget_calls',
    'Calls to the Service URL that its budget allows in a window.',
    ['window_seconds'],
    ofBudgets((own, { windowSeconds, most }) => own.set({ window_seconds: windowSeconds }, most)),
  )

  const ofQueues = (set: (gauge: Gauge, counts: QueueCounts) => void) => async (own: Gauge) => {
    for (const counts of (await sources.queues?.()) ?? []) set(own, counts)
  }
  gauge(
    'queue_jobs',
    `Jobs in a queue: waiting for a worker, active, delayed, or failed and kept for a look. ${OF_ALL}`,
    ['queue', 'state'],
    ofQueues((own, { queue, jobs }) => {
      for (const [state, count] of Object.entries(jobs)) own.set({ queue, state }, count)
    }),
  )
  gauge(
    'queue_paused',
    `1 while somebody has paused the queue in Redis: its workers take no job. ${OF_ALL}`,
    ['queue'],
    ofQueues((own, { queue, isPaused }) => own.set({ queue }, isPaused ? 1 : 0)),
  )

  const ofCounts = (set: (gauge: Gauge, counts: Counts) => void) => async (own: Gauge) => {
    const counts = await sources.counts?.()
    if (counts) set(own, counts)
  }
  gauge(
    'oldest_waiting_seconds',
    `For how long the channel has been connecting or verifying that has been so for longest. ${OF_ALL}`,
    [],
    ofCounts((own, { oldestWaitingMs }) => own.set(oldestWaitingMs / 1000)),
  )
  gauge(
    'sweep_lag_seconds',
    `How long ago the sweep should have looked at the step that is most overdue. ${OF_ALL}`,
    ['step'],
    ofCounts((own, { sweepLagMs }) => {
      for (const [step, ms] of Object.entries(sweepLagMs)) own.set({ step }, ms / 1000)
    }),
  )
  gauge(
    'passwords_kept',
    `App passwords that are kept, sealed, until their sign-in comes to an end; of more than 100000 no more are counted. ${OF_ALL}`,
    [],
    ofCounts((own, { passwordsKept }) => own.set(passwordsKept)),
  )

  gauge(
    'store_answers',
    'Whether a store told this process what it was asked for the scrape.',
    ['store'],
    async (own) => {
      if (sources.counts) own.set({ store: 'mongodb' }, (await sources.counts()) ? 1 : 0)
      if (sources.queues) own.set({ store: 'redis' }, (await sources.queues()) ? 1 : 0)
    },
  )
}
