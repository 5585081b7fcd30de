// Measures how connects a second grow with the number of connect workers, at a server that takes 350 ms for a sign-in.
//   node bench/scale.ts [most workers] [connects for each worker]
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { startAccountsServer, type AccountsServer } from './accounts-server.ts'
import { machine, quantile, tell } from './figures.ts'
import { postConnects, signUpSome } from './posts.ts'
import { startGround, type Ground } from './program.ts'

const SIGN_IN_MS = 350
const ROUND_MS = 60_000
/** No further round begins after that. */
const ALL_MS = 120_000

type Round = {
  workers: number
  count: number
  accepted: number
  bytes: number
  perSecond: number
  p50: number
  p99: number
}

await main(Number(process.argv[2] ?? 4), Number(process.argv[3] ?? 200))

async function main(most: number, perWorker: number) {
  const server = await startAccountsServer(SIGN_IN_MS)
  const startedAt = performance.now()
  try {
    const ground = await startGround()
    try {
      console.log(`${machine()}; a server that takes ${SIGN_IN_MS} ms for a sign-in`)
      const rounds: Round[] = []
      for (let workers = 1; workers <= most && performance.now() - startedAt < ALL_MS; workers++) {
        const round = await measure(ground, server, workers, workers * perWorker)
        rounds.push(round)
        console.log(describe(round, rounds[0]?.perSecond ?? 0))
      }
      const [one, last] = [rounds[0], rounds.at(-1)]
      if (one && last) {
        tell({
          what: `connects a second of ${last.workers} connect workers, over ${last.workers} times those of one`,
          measured: last.perSecond / (last.workers * one.perSecond),
          goal: { atLeast: 0.95 },
        })
      }
    } finally {
      await ground.stop()
    }
  } finally {
    server.stop()
  }
}

function describe({ workers, count, accepted, bytes, perSecond, p50, p99 }: Round, ofOne: number): string {
  const linear = Math.round((100 * perSecond) / (workers * ofOne))
  return (
    `${workers} connect worker${workers > 1 ? 's' : ''}, ${count} connects: ${perSecond.toFixed(1)} a second, ` +
    `${linear} % of linear; a job takes p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; one API accepted ` +
    `${accepted.toFixed(0)} a second; a waiting job is ${bytes.toFixed(0)} bytes in Redis; load ${loadavg()[0]?.toFixed(1)}`
  )
}

/** All connects wait in their queue before the first worker takes one; verify has no worker. */
async function measure(ground: Ground, server: AccountsServer, workers: number, count: number): Promise<Round> {
  const program = await ground.startProgram(server.env)
  const connection = new Redis(program.redisUrl)
  const queue = new Queue('connect', { connection, prefix: program.prefix })
  try {
    await queue.pause()
    const users = await signUpSome(program)
    const usedBefore = await memoryOf(connection)
    const postedFrom = performance.now()
    await postConnects(users, 0, count)
    const accepted = (1000 * count) / (performance.now() - postedFrom)
    const bytes = ((await memoryOf(connection)) - usedBefore) / count
    const env = { WORKER_QUEUES: 'connect' }
    const started = await Promise.all(Array.from({ length: workers }, () => program.startWorker(env)))
    const from = Date.now()
    await queue.resume()
    const jobs = () =>
      started
        .flatMap(({ lines }) => lines)
        .map((line) => JSON.parse(line) as { time: string; job?: string; end?: string; durationMs?: number })
        .filter(({ job, end }) => job === 'connect' && end === 'kept')
    while (jobs().length < count) {
      if (Date.now() - from > ROUND_MS) throw new Error(`${jobs().length} of ${count} ended within ${ROUND_MS} ms`)
      await sleep(100)
    }
    for (const { kill } of started) await kill()
    const ended = jobs()
    const until = Math.max(...ended.map(({ time }) => Date.parse(time)))
    const took = ended.map(({ durationMs = 0 }) => durationMs)
    const perSecond = (1000 * count) / (until - from)
    return { workers, count, accepted, bytes, perSecond, p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
  } finally {
    await queue.close()
    connection.disconnect()
    await program.kill()
  }
}

async function memoryOf(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}
