// Measures the front door: what it accepts beside a bare one; how it does while the server hangs, and after a kill -9, beside a connect in the request.
//   node bench/door.ts [accept | hang | kill]
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../services/processes/ports.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { didOf, startEverybody } from './everybody.ts'
import { at, cpuOf, machine, median } from './figures.ts'
import { PASSWORD, startGround, type Ground, type Program, type User } from './program.ts'
import { submit, type Answer } from './traffic.ts'

const USERS = 20

const parts = { accept, hang, kill }
const wanted = process.argv[2]

console.log('| figure | goal | measured | machine |\n| --- | --- | --- | --- |')
const ground = await startGround()
try {
  for (const [name, part] of Object.entries(parts)) if (wanted === undefined || wanted === name) await part(ground)
} finally {
  await ground.stop()
}

/** A row for docs/performance.md. @param isMet absent where there is no goal */
function tell(figure: string, value: string, goal = '', isMet = true) {
  console.log(`| ${figure} | ${goal} | ${value} | ${machine()} |`)
  if (!isMet) process.exitCode = 1
}

/** Accepted connects a second, and processor time of each, beside a bare front door. */
async function accept({ startProgram }: Ground) {
  const ROUNDS = 8
  const COUNT = 400
  // Until then it is the compiler that is measured.
  const WARM_UP = 1_500
  const program = await startProgram({ PDS_DISCOVERY: 'refuse' })
  const users = await signUpAll(program)
  const doors = { ours: program, bare: await startBeside(program, 'bench/bare.ts') }
  const rounds = { ours: [] as Round[], bare: [] as Round[] }
  const numbers = take()
  for (const door of Object.values(doors)) await acceptRound(door, users, numbers(WARM_UP))
  for (let round = 0; round < ROUNDS; round++) {
    const names = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const name of names) rounds[name].push(await acceptRound(doors[name], users, numbers(COUNT)))
  }
  const [ours, bare] = [middle(rounds.ours), middle(rounds.bare)]
  const ratio = median(rounds.ours.map(({ perSecond }, round) => perSecond / (rounds.bare[round]?.perSecond ?? NaN)))
  const each = ({ perSecond, cpu, p99 }: Round) =>
    `${perSecond.toFixed(0)} a second, p99 ${p99.toFixed(0)} ms, ${cpu.toFixed(2)} ms of processor time each`
  tell('the front door accepts', each(ours))
  tell('a bare one accepts', each(bare))
  tell('accepted/s at the front door over the bare one', ratio.toFixed(2), '≥ 0.85', ratio >= 0.85)
  tell('processor time of the bare one over that of the front door', (bare.cpu / ours.cpu).toFixed(2))
}

type Round = { perSecond: number; p99: number; cpu: number }
type Door = { baseUrl: string; pid?: number | undefined }

async function acceptRound({ baseUrl, pid }: Door, users: User[], numbers: number[]): Promise<Round> {
  const cpuBefore = cpuOf(pid)
  const startedAt = performance.now()
  const answers = await submit({ baseUrl, users, numbers })
  const seconds = (performance.now() - startedAt) / 1000
  const refused = answers.find(({ status }) => status !== 202)
  if (refused) throw new Error(`a connect was answered ${refused.status}`)
  const { length } = numbers
  return { perSecond: length / seconds, p99: p99Of(answers), cpu: (cpuOf(pid) - cpuBefore) / length }
}

function middle(rounds: Round[]): Round {
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p99: median(rounds.map(({ p99 }) => p99)),
    // Processor time is counted in ticks of 10 ms: what is too coarse for one round evens out over all of them.
    cpu: rounds.reduce((sum, { cpu }) => sum + cpu, 0) / rounds.length,
  }
}

/**
 * The front door while the server answers nobody, over itself while its workers have nothing to do; and a connect in the
 * request at the same server, and at one that takes 350 ms. Somebody comes every 50 ms.
 */
async function hang({ startProgram }: Ground) {
  const ROUNDS = 4
  const COUNT = 120
  const EVERY_MS = 50
  const PATIENCE_MS = 10_000
  const WARM_UP = 1_000
  const silent = await startEverybody(Infinity)
  const slow = await startEverybody(350)
  try {
    const env = (origin: string) => ({
      BLUESKY_SERVICE_URL: origin,
      PLC_DIRECTORY_URL: origin,
      HANDLE_RESOLVER_URL: origin,
      PDS_DISCOVERY: 'refuse',
    })
    // Two of them, so that both can be asked in turn: the one without workers is idle but for those who submit.
    const [idle, hung] = [await startProgram(env(slow.origin)), await startProgram(env(silent.origin))]
    await hung.startWorker()
    const users = { idle: await signUpAll(idle), hung: await signUpAll(hung) }
    const numbers = take()
    for (const [name, { baseUrl }] of Object.entries({ idle, hung }))
      await submit({ baseUrl, users: users[name as 'idle'], numbers: numbers(WARM_UP) })
    const answers = { idle: [] as Answer[], hung: [] as Answer[] }
    for (let round = 0; round < ROUNDS; round++) {
      const names = round % 2 === 0 ? (['idle', 'hung'] as const) : (['hung', 'idle'] as const)
      for (const name of names) {
        const { baseUrl } = { idle, hung }[name]
        answers[name].push(
          ...(await submit({ baseUrl, users: users[name], numbers: numbers(COUNT), everyMs: EVERY_MS })),
        )
      }
    }
    const ratio = p99Of(answers.hung) / p99Of(answers.idle)
    tell('the front door, its server idle', described(answers.idle))
    tell('the front door while its server hangs for everybody', described(answers.hung))
    tell('p99 while the server hangs over idle p99', ratio.toFixed(2), '≤ 1.5', ratio <= 1.5)

    for (const [name, { origin }] of Object.entries({ 'takes 350 ms': slow, 'hangs for everybody': silent })) {
      const other = await startBeside(idle, 'bench/in-request.ts', { BLUESKY_SERVICE_URL: origin })
      const more = { users: users.idle, patienceMs: PATIENCE_MS, baseUrl: other.baseUrl }
      const answers = await submit({ ...more, numbers: numbers(COUNT), everyMs: EVERY_MS })
      tell(`a connect in the request, the server ${name}`, described(answers))
      if (origin === slow.origin) {
        const { perSecond, cpu } = await acceptRound(other, users.idle, numbers(2 * COUNT))
        const each = `${perSecond.toFixed(0)} a second, ${cpu.toFixed(2)} ms of processor time each`
        tell(`the same, ${USERS} at once`, each)
      }
      await other.kill()
    }
  } finally {
    silent.close()
    slow.close()
  }
}

/** What is lost where every process is killed in the middle, ours and that of a connect in the request. */
async function kill({ startProgram }: Ground) {
  const COUNT = 300
  const KILLED_AFTER_MS = 1_500
  const RECOVERED_WITHIN_MS = 90_000
  const server = await startEverybody(350)
  try {
    const program = await startProgram({
      BLUESKY_SERVICE_URL: server.origin,
      PLC_DIRECTORY_URL: server.origin,
      HANDLE_RESOLVER_URL: server.origin,
      PDS_DISCOVERY: 'refuse',
      SIGN_IN_BUDGETS: 'identity=9999999/1,server=9999999/1,other=9999999/1',
    })
    const env = { WORKER_QUEUES: 'connect' }
    const worker = await program.startWorker(env)
    const users = await signUpAll(program)
    const numbers = take()
    const db = await connectDb(program.mongoUrl, { autoCreate: false })
    try {
      const killed = async ({ baseUrl }: Door, end: () => Promise<unknown>) => {
        const sent = submit({ baseUrl, users, numbers: numbers(COUNT) })
        await sleep(KILLED_AFTER_MS)
        await end()
        return sent
      }
      const other = await startBeside(program, 'bench/in-request.ts')
      const theirs = await killed(other, other.kill)
      const signedIn = server.signIns.splice(0).length
      const stored = await db.connection.collection('in-request-channels').countDocuments()
      // Of those that nobody could even begin, its users are told at once; these had been begun.
      tell(
        'kill -9 in the middle of connects in the request',
        `${accepted(theirs).length} connected; ${signedIn - stored} begun and lost, each with a session left open at the server`,
      )

      const ours = await killed(program, () => Promise.all([program.kill(), worker.kill()]))
      const waiting = accepted(ours).map(({ number }) => didOf(number))
      const before = await signedInOf(db, waiting)
      const from = performance.now()
      await program.startBeside('src/main.ts')
      await program.startWorker(env)
      let done = before
      while (done < waiting.length && performance.now() - from < RECOVERED_WITHIN_MS) {
        await sleep(200)
        done = await signedInOf(db, waiting)
      }
      const seconds = ((performance.now() - from) / 1000).toFixed(0)
      const lost = waiting.length - done
      const again = server.signIns.filter((did) => waiting.includes(did)).length - waiting.length
      tell(
        'kill -9 of front door and worker in the middle, both started again',
        `${waiting.length} accepted, ${before} of them signed in by then, ${done} within ${seconds} s; lost ${lost}, signed in twice ${again}`,
        'lost 0',
        lost === 0,
      )
    } finally {
      await db.connection.close()
    }
  } finally {
    server.close()
  }
}

function accepted(answers: Answer[]): Answer[] {
  return answers.filter(({ status }) => status === 202)
}

/** Signed in: nobody serves the queue of the step that comes after it. */
function signedInOf(db: Db, identifiers: string[]): Promise<number> {
  return db.channels.countDocuments({ identifier: { $in: identifiers }, status: 'verifying' })
}

function p99Of(answers: Answer[]): number {
  return at(
    answers.map(({ ms }) => ms),
    0.99,
  )
}

function described(answers: Answer[]): string {
  const good = accepted(answers)
  if (good.length === 0)
    return `0 of ${answers.length} answered within ${Math.max(...answers.map(({ ms }) => ms / 1000)).toFixed(0)} s`
  const ms = good.map((answer) => answer.ms)
  return `${good.length} of ${answers.length} accepted, p50 ${at(ms, 0.5).toFixed(0)} ms, p99 ${at(ms, 0.99).toFixed(0)} ms`
}

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

function signUpAll({ signIn }: Program): Promise<User[]> {
  const person = () => ({ email: `${randomUUID()}@example.com`, password: PASSWORD, name: 'Bench' })
  return Promise.all(Array.from({ length: USERS }, () => signIn('sign-up/email', person())))
}
