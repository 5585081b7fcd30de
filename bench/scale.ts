// Measures how connects a second grow with the number of connect workers, at a server that takes 350 ms for a sign-in.
//   node bench/scale.ts [most workers] [connects for each worker]
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { APP_PASSWORD, didOf, startEverybody } from './everybody.ts'
import { PASSWORD, startGround, type Ground, type Program, type User } from './program.ts'

const SIGN_IN_MS = 350
/** One alone may have a part of a process only. */
const USERS = 20
const POSTED_AT_ONCE = 20
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

if (process.argv[2] === 'serve') await serve()
else await main(Number(process.argv[2] ?? 4), Number(process.argv[3] ?? 200))

async function main(most: number, perWorker: number) {
  const server = fork(import.meta.filename, ['serve'])
  const [origin] = (await once(server, 'message')) as [string]
  const startedAt = performance.now()
  try {
    const ground = await startGround()
    try {
      console.log(`${cpus().length} cores, ${cpus()[0]?.model}; a server that takes ${SIGN_IN_MS} ms for a sign-in`)
      const rounds: Round[] = []
      for (let workers = 1; workers <= most && performance.now() - startedAt < ALL_MS; workers++) {
        const round = await measure(ground, origin, workers, workers * perWorker)
        rounds.push(round)
        console.log(describe(round, rounds[0]?.perSecond ?? 0))
      }
    } finally {
      await ground.stop()
    }
  } finally {
    server.disconnect()
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
async function measure(ground: Ground, origin: string, workers: number, count: number): Promise<Round> {
  const program = await ground.startProgram({
    BLUESKY_SERVICE_URL: origin,
    PLC_DIRECTORY_URL: origin,
    HANDLE_RESOLVER_URL: origin,
    PDS_DISCOVERY: 'refuse',
    // The processes are to be the limit.
    SIGN_IN_BUDGETS: 'identity=9999999/1,server=9999999/1,other=9999999/1',
  })
  const connection = new Redis(program.redisUrl)
  const queue = new Queue('connect', { connection, prefix: program.prefix })
  try {
    await queue.pause()
    const users = await signUpAll(program)
    const usedBefore = await memoryOf(connection)
    const postedFrom = performance.now()
    await post(users, count)
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
    const took = ended.map(({ durationMs = 0 }) => durationMs).toSorted((a, b) => a - b)
    const at = (share: number) => took[Math.floor(share * (took.length - 1))] ?? 0
    const perSecond = (1000 * count) / (until - from)
    return { workers, count, accepted, bytes, perSecond, p50: at(0.5), p99: at(0.99) }
  } finally {
    await queue.close()
    connection.disconnect()
    await program.kill()
  }
}

async function memoryOf(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

function signUpAll({ signIn }: Program): Promise<User[]> {
  const person = (email: string) => ({ email, password: PASSWORD, name: 'Bench' })
  return Promise.all(
    Array.from({ length: USERS }, () => signIn('sign-up/email', person(`${randomUUID()}@example.com`))),
  )
}

async function post(users: User[], count: number) {
  const numbers = Array.from({ length: count }, (_, index) => index).values()
  const postRest = async () => {
    for (const number of numbers) {
      // By DID: what a handle costs is up to somebody's DNS.
      const login = { identifier: didOf(number), appPassword: APP_PASSWORD }
      await users[number % USERS]?.request('POST', '/api/channels/bluesky', login)
    }
  }
  await Promise.all(Array.from({ length: POSTED_AT_ONCE }, postRest))
}

/** In a process of its own. */
async function serve() {
  const { origin } = await startEverybody(SIGN_IN_MS)
  process.once('disconnect', () => process.exit())
  process.send?.(origin)
}
