// Measures what a connect costs a worker process, beside a bare one that makes the same calls and writes, at a server that answers at once.
//   node bench/worker.ts [connects of a round] [connects after which its memory is measured]
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { freePort } from '../services/processes/ports.ts'
import { startAccountsServer, didOf, type AccountsServer } from './accounts-server.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { storedChannel } from '../test/helpers/stored-channels.ts'
import { machine, tell } from './figures.ts'
import { postConnects, signUpSome } from './posts.ts'
import { cpuMs, inspectedAt, liveMb, residentMb } from './process-cost.ts'
import { startGround, type Ground } from './program.ts'

const CONCURRENCIES = [20, 100]
const LOOK_MS = 100
const ROUND_MS = 900_000
/** Connects after which its code is compiled. */
const WARM_UP = 400

interface Cost {
  perSecond: number
  /** of processor time, each */
  cpuMs: number
  /** resident, at its end, and what of it is in use */
  residentMb: number
  liveMb: number
  /** from the start of the process to the first claim */
  firstMs: number
}

async function main(count: number, many: number) {
  const server = await startAccountsServer(0)
  try {
    const ground = await startGround()
    try {
      console.log(`${machine()}; ${count} connects a round`)
      const costs = new Map<string, Cost>()
      const round = async (name: 'ours' | 'bare', concurrency: number, connects: number) => {
        const cost = await measure(ground, server, { name, concurrency, connects })
        costs.set(`${name} ${concurrency} ${connects}`, cost)
        console.log(
          `${name}, ${concurrency} at once, ${connects} connects: ${cost.perSecond.toFixed(0)} a second, ` +
            `${cost.cpuMs.toFixed(1)} ms of processor time each, ${cost.residentMb.toFixed(0)} MB resident, ` +
            `${cost.liveMb.toFixed(0)} MB live, ` +
            `the first begun after ${cost.firstMs.toFixed(0)} ms`,
        )
        return cost
      }
      for (const concurrency of CONCURRENCIES) {
        const [ours, bare] = [await round('ours', concurrency, count), await round('bare', concurrency, count)]
        const at = `at ${concurrency} at once`
        tell({
          what: `processor time of a worker for a connect ${at}`,
          measured: ours.cpuMs,
          unit: 'ms',
          goal: { atMost: 5 },
        })
        tell({ what: `the same over that of a bare one`, measured: ours.cpuMs / bare.cpuMs })
        tell({
          what: `connects a second of a worker ${at}, over those of a bare one`,
          measured: ours.perSecond / bare.perSecond,
          goal: { atLeast: 0.85 },
        })
      }
      const [some, most] = CONCURRENCIES.map((concurrency) => costs.get(`ours ${concurrency} ${count}`))
      if (some && most) {
        tell({
          what: 'processor time for a connect at 100 at once, over that at 20',
          measured: most.cpuMs / some.cpuMs,
          goal: { atMost: 1 },
        })
        tell({
          what: 'start of a worker to its first job',
          measured: some.firstMs / 1000,
          unit: 's',
          goal: { atMost: 1.5 },
        })
      }
      const [ours, bare] = [await round('ours', 100, many), await round('bare', 100, many)]
      tell({
        what: `memory of a worker after ${many} connects at 100 at once, over a bare one`,
        measured: ours.residentMb - bare.residentMb,
        unit: 'MB',
        goal: { atMost: 100 },
      })
      tell({ what: 'the same of memory that is in use', measured: ours.liveMb - bare.liveMb, unit: 'MB' })
    } finally {
      await ground.stop()
    }
  } finally {
    server.stop()
  }
}

interface Round {
  name: 'ours' | 'bare'
  concurrency: number
  connects: number
}

/** All of them wait in their queue while the worker, whose code some others have made warm, is held. */
async function measure(ground: Ground, server: AccountsServer, { name, concurrency, connects }: Round): Promise<Cost> {
  const program = await ground.startProgram(server.env)
  const db = await connectDb(program.mongoUrl)
  const connection = new Redis(program.redisUrl)
  const queue = new Queue('connect', { connection, prefix: program.prefix })
  try {
    const users = await signUpSome(program)
    const fill = (from: number, to: number) =>
      name === 'ours' ? postConnects(users, from, to) : fillBare(db, queue, from, to)
    const until = async (ended: number) => {
      const from = performance.now()
      while ((await db.channels.countDocuments({ rank: 3 })) < ended) {
        if (performance.now() - from > ROUND_MS) throw new Error(`not ended within ${ROUND_MS} ms`)
        await sleep(LOOK_MS)
      }
    }
    await fill(0, WARM_UP)
    const port = await freePort()
    const concurrent = { WORKER_QUEUES: 'connect,verify', WORKER_CONCURRENCY: String(concurrency) }
    const env = { ...concurrent, ORIGIN: server.origin, ...inspectedAt(port) }
    const startedAt = Date.now()
    const worker = await program.startWorker(env, name === 'ours' ? undefined : 'bench/bare-worker.ts')
    const pid = worker.pid ?? 0
    await until(WARM_UP)
    await queue.pause()
    await fill(WARM_UP, WARM_UP + connects)
    const [from, before] = [performance.now(), await cpuMs(pid)]
    await queue.resume()
    await until(WARM_UP + connects)
    const perSecond = (1000 * connects) / (performance.now() - from)
    const used = ((await cpuMs(pid)) - before) / connects
    const cost = { perSecond, cpuMs: used, residentMb: await residentMb(pid), liveMb: await liveMb(port) }
    await worker.kill()
    return { ...cost, firstMs: firstBegun(worker.lines) - startedAt }
  } finally {
    await queue.close()
    connection.disconnect()
    await db.connection.close()
    await program.kill()
  }
}

/** As the front door would leave them. */
async function fillBare(db: Db, queue: Queue, from: number, to: number) {
  const channels = Array.from({ length: to - from }, (_, index) => {
    const did = didOf(from + index)
    return storedChannel('connected', new Date(), {
      status: 'connecting',
      rank: 2,
      outcome: null,
      did,
      identifier: did,
    })
  })
  await db.channels.collection.insertMany(channels)
  const opts = { removeOnComplete: true }
  await queue.addBulk(channels.map(({ _id, did }) => ({ name: 'connect', data: { id: _id.toHexString(), did }, opts })))
}

/** By the clock of the worker, which is this one's. */
function firstBegun(lines: string[]): number {
  const begun = lines
    .map((line) => JSON.parse(line) as { time: string; msg: string; job?: string; durationMs?: number })
    .filter(({ msg, job }) => msg === 'began' || job === 'connect')
    .map(({ time, durationMs = 0 }) => Date.parse(time) - durationMs)
  return Math.min(...begun)
}

await main(Number(process.argv[2] ?? 1_200), Number(process.argv[3] ?? 2_000))
