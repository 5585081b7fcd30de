// Takes nothing from the queues while a store is away, and rests after an error of Redis: BullMQ would ask again at once.
import type { Worker } from 'bullmq'
import type { Context } from '../src/context.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

type Resting = Pick<Worker, 'on' | 'pause' | 'resume' | 'closing' | 'name'>

/** @returns stop doing so */
export function restWhileAway({ stores }: Pick<Context, 'stores'>, workers: Resting[]): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const resting = new Set<Resting>()
  const areWell = () => stores.mongodb.word === 'ok' && stores.redis.word === 'ok'

  /** Those that rest for a reason of their own go on when that is over. */
  function turn(): void {
    for (const worker of workers) {
      if (worker.closing || resting.has(worker)) continue
      if (areWell()) void worker.resume()
      else void worker.pause(true)
    }
  }

  function restAfter(worker: Resting, ms: number): void {
    resting.add(worker)
    void worker.pause(true)
    const timer = setTimeout(() => {
      timers.delete(timer)
      resting.delete(worker)
      turn()
    }, ms)
    timers.add(timer)
  }

  for (const worker of workers) {
    let restMs = FIRST_MS
    let restedAt = 0
    worker.on('error', (error) => {
      stores.redis.report(error, 'worker', { queue: worker.name })
      if (resting.has(worker) || !isOfServer(error)) return
      restMs = Date.now() - restedAt > 2 * restMs ? FIRST_MS : Math.min(2 * restMs, LONGEST_MS)
      restedAt = Date.now() + restMs
      restAfter(worker, restMs)
    })
  }
  const stop = stores.onChange(turn)
  return () => {
    stop()
    for (const timer of timers) clearTimeout(timer)
  }
}

/** What Redis itself refused. Of lost connections BullMQ waits for the next by itself; what is wrong with one job is no reason to rest. */
const isOfServer = (error: Error) =>
  error.name === 'ReplyError' || /Cluster redirections|CLUSTERDOWN/.test(error.message)
