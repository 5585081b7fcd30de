// Measures the front door: what it accepts beside a bare one; how it does while the server hangs, and after a kill -9, beside a connect in the request.
//   node bench/door.ts [accept | hang | kill]
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../services/processes/ports.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { startSilentServer } from '../test/helpers/odd-servers.ts'
import { didOf, startAccountsServer } from './accounts-server.ts'
import { machine, quantile, tell } from './figures.ts'
import { signUpSome } from './posts.ts'
import { cpuMs } from './process-cost.ts'
import { startGround, type Ground, type Program, type User } from './program.ts'
import { submit, type Answer } from './traffic.ts'

const SIGN_IN_MS = 350
const AT_ONCE = 20

async function main(wanted: string | undefined) {
  console.log(machine())
  const ground = await startGround()
  try {
    for (const [name, part] of Object.entries({ accept, hang, kill }))
      if (wanted === undefined || wanted === name) await part(ground)
  } finally {
    await ground.stop()
  }
}

interface Door {
  baseUrl: string
  pid: number | undefined
}

/** Accepted connects a second, and processor time of each, beside a bare front door, in turn. */
async function accept({ startProgram }: Ground) {
  const ROUNDS = 8
  const COUNT = 400
  // Until then it is the compiler that is measured.
  const WARM_UP = 1_500
  const program = await startProgram({ PDS_DISCOVERY: 'refuse' })
  const users = await signUpSome(program)
  const doors = { ours: program, bare: await startBeside(program, 'bench/bare-door.ts') }
  const rounds = { ours: [] as Round[], bare: [] as Round[] }
  const numbers = take()
  for (const door of Object.values(doors)) await acceptRound(door, users, numbers(WARM_UP))
  for (let round = 0; round < ROUNDS; round++) {
    const names = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const name of names) rounds[name].push(await acceptRound(doors[name], users, numbers(COUNT)))
  }
  const [ours, bare] = [middle(rounds.ours), middle(rounds.bare)]
  const ratios = rounds.ours.map(({ perSecond }, round) => perSecond / (rounds.bare[round]?.perSecond ?? NaN))
  tell({ what: 'the front door accepts, connects a second', measured: ours.perSecond })
  tell({ what: 'a bare one accepts', measured: bare.perSecond })
  tell({ what: 'accepted/s at the front door, over a bare one', measured: median(ratios), goal: { atLeast: 0.85 } })
  tell({ what: 'processor time of the front door for a connect', measured: ours.cpu, unit: 'ms' })
  tell({ what: 'processor time of a bare one', measured: bare.cpu, unit: 'ms' })
}

interface Round {
  perSecond: number
  /** of processor time, each */
  cpu: number
}

async function acceptRound({ baseUrl, pid = 0 }: Door, users: User[], numbers: number[]): Promise<Round> {
  const cpuBefore = await cpuMs(pid)
  const startedAt = performance.now()
  const answers = await submit({ baseUrl, users, numbers, atOnce: AT_ONCE })
  const seconds = (performance.now() - startedAt) / 1000
  const refused = answers.find(({ status }) => status !== 202)
  if (refused) throw new Error(`a connect was answered ${refused.status}`)
  return { perSecond: numbers.length / seconds, cpu: ((await cpuMs(pid)) - cpuBefore) / numbers.length }
}

function middle(rounds: Round[]): Round {
  const cpu = rounds.reduce((sum, round) => sum + round.cpu, 0) / rounds.length
  return { perSecond: median(rounds.map(({ perSecond }) => perSecond)), cpu }
}

/**
 * The front door while the server answers nobody, over itself while there are no workers; and a connect in the request at
 * the same server, and at one that takes its time. Somebody comes every 50 ms.
 */
async function hang({ startProgram }: Ground) {
  const ROUNDS = 4
  const COUNT = 120
  const EVERY_MS = 50
  const PATIENCE_MS = 10_000
  const WARM_UP = 1_000
  const silent = await startSilentServer()
  const slow = await startAccountsServer(SIGN_IN_MS)
  const everywhere = { ...slow.env }
  for (const name of ['BLUESKY_SERVICE_URL', 'PLC_DIRECTORY_URL', 'HANDLE_RESOLVER_URL'] as const)
    everywhere[name] = silent.origin
  try {
    // Two programs, so that both can be asked in turn.
    const programs = { idle: await startProgram(slow.env), hung: await startProgram(everywhere) }
    await programs.hung.startWorker()
    const users = { idle: await signUpSome(programs.idle), hung: await signUpSome(programs.hung) }
    const numbers = take()
    const names = ['idle', 'hung'] as const
    for (const name of names) await acceptRound(programs[name], users[name], numbers(WARM_UP))
    const answers = { idle: [] as Answer[], hung: [] as Answer[] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const coming = { users: users[name], numbers: numbers(COUNT), everyMs: EVERY_MS }
        answers[name].push(...(await submit({ baseUrl: programs[name].baseUrl, ...coming })))
      }
    }
    const [idle, hung] = [p99Of(answers.idle), p99Of(answers.hung)]
    tell({ what: 'the front door with nothing else to do, p99', measured: idle, unit: 'ms' })
    tell({ what: 'the same while the server hangs for all', measured: hung, unit: 'ms' })
    tell({ what: 'front door p99 while the server hangs, over idle', measured: hung / idle, goal: { atMost: 1.5 } })

    const inRequest = (origin: string) =>
      startBeside(programs.idle, 'bench/in-request.ts', { BLUESKY_SERVICE_URL: origin })
    const coming = { users: users.idle, everyMs: EVERY_MS, patienceMs: PATIENCE_MS }
    const atSlow = await inRequest(slow.origin)
    const slowly = await submit({ ...coming, baseUrl: atSlow.baseUrl, numbers: numbers(COUNT) })
    const most = await acceptRound(atSlow, users.idle, numbers(2 * COUNT))
    await atSlow.kill()
    const atSilent = await inRequest(silent.origin)
    const never = await submit({ ...coming, baseUrl: atSilent.baseUrl, numbers: numbers(COUNT) })
    await atSilent.kill()
    const taken = `at a server that takes ${SIGN_IN_MS} ms`
    tell({ what: `a connect in the request ${taken}, p99`, measured: p99Of(slowly), unit: 'ms' })
    tell({ what: `the same, ${AT_ONCE} at once, connects a second`, measured: most.perSecond })
    tell({ what: 'the same, processor time', measured: most.cpu, unit: 'ms' })
    tell({
      what: `connects in the request answered within ${PATIENCE_MS / 1000} s while the server hangs, of ${COUNT}`,
      measured: never.filter(({ status }) => status !== null).length,
    })
  } finally {
    await silent.close()
    slow.stop()
  }
}

/** What is lost where every process is killed in the middle: of connects in the request, and of ours. */
async function kill({ startProgram }: Ground) {
  const COUNT = 800
  const KILLED_AFTER_MS = 3_000
  const RECOVERED_WITHIN_MS = 90_000
  const server = await startAccountsServer(SIGN_IN_MS)
  try {
    const program = await startProgram(server.env)
    // Signed in is the end: nobody serves the queue of the step that comes after it.
    const env = { WORKER_QUEUES: 'connect' }
    const worker = await program.startWorker(env)
    const users = await signUpSome(program)
    const numbers = take()
    const killed = async ({ baseUrl }: Door, end: () => Promise<unknown>) => {
      const sent = submit({ baseUrl, users, numbers: numbers(COUNT), atOnce: AT_ONCE })
      await sleep(KILLED_AFTER_MS)
      await end()
      return (await sent).filter(({ status }) => status === 202).map(({ number }) => didOf(number))
    }
    const db = await connectDb(program.mongoUrl, { autoCreate: false })
    try {
      const other = await startBeside(program, 'bench/in-request.ts')
      const connected = await killed(other, other.kill)
      const stored = await db.connection.collection('in-request-channels').countDocuments()
      const begun = (await server.signIns()).length
      tell({ what: 'kill -9 in the middle of connects in the request: connected', measured: connected.length })
      tell({ what: 'begun and lost, each with a session left open at the server', measured: begun - stored })

      const accepted = await killed(program, () => Promise.all([program.kill(), worker.kill()]))
      const from = performance.now()
      await program.startBeside('src/main.ts')
      await program.startWorker(env)
      let ended = 0
      while (ended < accepted.length && performance.now() - from < RECOVERED_WITHIN_MS) {
        await sleep(200)
        ended = await signedInOf(db, accepted)
      }
      const seconds = (performance.now() - from) / 1000
      const again = (await server.signIns()).filter((did) => accepted.includes(did)).length - ended
      tell({ what: 'kill -9 of front door and worker in the middle: accepted', measured: accepted.length })
      tell({ what: 'of these lost', measured: accepted.length - ended, goal: { atMost: 0 } })
      tell({ what: 'of these signed in twice', measured: again })
      tell({ what: 'all signed in, from the start of both again', measured: seconds, unit: 's' })
    } finally {
      await db.connection.close()
    }
  } finally {
    server.stop()
  }
}

function signedInOf(db: Db, identifiers: string[]): Promise<number> {
  return db.channels.countDocuments({ identifier: { $in: identifiers }, status: 'verifying' })
}

/** Whoever waits in vain counts with all that they waited. */
function p99Of(answers: Answer[]): number {
  return quantile(
    answers.map(({ ms }) => ms),
    0.99,
  )
}

const median = (values: number[]) => quantile(values, 0.5)

/** Numbers of accounts that nobody has had yet. */
function take() {
  let next = 0
  return (count: number) => Array.from({ length: count }, () => next++)
}

async function startBeside(program: Program, file: string, env: Record<string, string> = {}) {
  const port = await freePort()
  const baseUrl = `http://localhost:${port}`
  return { baseUrl, ...(await program.startBeside(file, { PORT: String(port), BASE_URL: baseUrl, ...env })) }
}

await main(process.argv[2])
