// Lets connects come for long, at 80 % of what was done at first, and looks each minute whether anything grows.
//   node bench/soak.ts [minutes]
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../services/processes/ports.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { startAccountsServer } from './accounts-server.ts'
import { machine, quantile, tell } from './figures.ts'
import { postConnects, signUpSome } from './posts.ts'
import { inspectedAt, liveMb, residentMb } from './process-cost.ts'
import { startGround, type User } from './program.ts'

const CALIBRATED_WITH = 1_000
const LOAD = 0.8
const MINUTE_MS = 60_000
/** Connects that are posted together. */
const AT_ONCE = 5

interface Minute {
  accepted: number
  ended: number
  p50: number
  p99: number
  /** of API and worker, after a collection */
  live: number
  resident: number
  handles: number
}

async function main(minutes: number) {
  const server = await startAccountsServer(0)
  const ground = await startGround()
  try {
    const [apiPort, workerPort] = [await freePort(), await freePort()]
    const program = await ground.startProgram({ ...server.env, ...inspectedAt(apiPort) })
    const worker = await program.startWorker(inspectedAt(workerPort))
    const db = await connectDb(program.mongoUrl)
    const users = await signUpSome(program)
    const startedAt = performance.now()
    await postConnects(users, 0, CALIBRATED_WITH)
    while ((await ended(db)) < CALIBRATED_WITH) await sleep(100)
    const perSecond = (1000 * LOAD * CALIBRATED_WITH) / (performance.now() - startedAt)
    console.log(`${machine()}; ${perSecond.toFixed(0)} connects a second for ${minutes} minutes`)

    const pids = [program.pid ?? 0, worker.pid ?? 0]
    const measured: Minute[] = []
    const posting = post(users, perSecond, minutes)
    for (let n = 1; n <= minutes; n++) {
      const from = new Date()
      await sleep(MINUTE_MS)
      const minute = await look(db, from, { pids, inspectors: [apiPort, workerPort] })
      measured.push(minute)
      console.log(
        `minute ${n}: ${minute.accepted} accepted, ${minute.ended} ended, p50 ${minute.p50.toFixed(0)} ms, p99 ${minute.p99.toFixed(0)} ms, ` +
          `${minute.live.toFixed(0)} MB live, ${minute.resident.toFixed(0)} MB resident, ${minute.handles} open handles`,
      )
    }
    await posting
    const third = Math.max(1, Math.floor(minutes / 3))
    const [second, last] = [measured.slice(-2 * third, -third), measured.slice(-third)]
    const over = (of: (minute: Minute) => number) => middle(last.map(of)) / middle(second.map(of))
    const about = `the last third of ${minutes} minutes at ${perSecond.toFixed(0)} connects a second, over the second`
    tell({ what: `live memory in ${about}`, measured: over(({ live }) => live), goal: { atMost: 1.1 } })
    tell({ what: 'the same of p99, submit → end', measured: over(({ p99 }) => p99), goal: { atMost: 1.5 } })
    tell({ what: 'the same of open handles', measured: over(({ handles }) => handles), goal: { atMost: 1.1 } })
    tell({ what: 'the same of connects accepted', measured: over(({ accepted }) => accepted), goal: { atLeast: 0.95 } })
    await db.connection.close()
  } finally {
    await ground.stop()
    server.stop()
  }
}

const middle = (values: number[]) => quantile(values, 0.5)

const ended = (db: Db) => db.channels.countDocuments({ rank: 3 })

async function post(users: User[], perSecond: number, minutes: number) {
  const startedAt = performance.now()
  for (let done = 0; performance.now() - startedAt < minutes * MINUTE_MS; done += AT_ONCE) {
    const dueAt = startedAt + (1000 * done) / perSecond
    await sleep(Math.max(0, dueAt - performance.now()))
    await postConnects(users, CALIBRATED_WITH + done, CALIBRATED_WITH + done + AT_ONCE)
  }
}

async function look(
  db: Db,
  from: Date,
  { pids, inspectors }: { pids: number[]; inspectors: number[] },
): Promise<Minute> {
  const submitted = await db.channels
    .find({ submittedAt: { $gte: from } }, { submittedAt: 1, lastVerifiedAt: 1 })
    .lean<{ submittedAt: Date; lastVerifiedAt: Date | null }[]>()
  const took = submitted.flatMap(({ submittedAt, lastVerifiedAt }) =>
    lastVerifiedAt ? [lastVerifiedAt.getTime() - submittedAt.getTime()] : [],
  )
  const sumOf = async (of: (which: number) => Promise<number>, which: number[]) =>
    (await Promise.all(which.map(of))).reduce((sum, one) => sum + one, 0)
  return {
    accepted: submitted.length,
    ended: took.length,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    live: await sumOf(liveMb, inspectors),
    resident: await sumOf(residentMb, pids),
    handles: await sumOf(async (pid) => (await readdir(`/proc/${pid}/fd`)).length, pids),
  }
}

await main(Number(process.argv[2] ?? 30))
