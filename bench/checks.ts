// Measures the checks of connected channels: how many a worker process makes, what each costs the stores and the server, and what a connect waits for them.
//   node bench/checks.ts [channels] [connects]; 0 connects: the checks alone
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { newSealingKeys } from '../services/cli/settings.ts'
import { readWorkerConfig } from '../src/config.ts'
import { openContext } from '../src/context.ts'
import type { Channel } from '../src/contract.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { listLapsed } from '../src/db/lease.ts'
import { openDb, type Db } from '../src/db/open.ts'
import { openQueues } from '../src/jobs.ts'
import { createSeal } from '../src/seal.ts'
import { openStream } from '../test/helpers/event-stream.ts'
import { startScriptedServer } from '../test/helpers/scripted-server.ts'
import { storedChannel } from '../test/helpers/stored-channels.ts'
import { startWorkers } from '../workers/start.ts'
import { listen, PASSWORD, startGround, type Ground, type Program } from './program.ts'

const GOAL = 1.1
const BATCH = 5_000
const RUN_MS = 20_000
const WARM_UP_MS = 4_000
/** A page of the sweep. */
const COUNTED = 500
const COUNTED_MS = 120_000
/** Connects in a row before checks are stopped or go on: whatever else the machine does comes and goes. */
const BLOCK = 10
const BARE = 2_000
const BARE_AT_ONCE = 20
const ACCOUNT = { did: 'did:plc:scripted2222222222222222', handle: 'scripted.test' }

if (process.argv[2] === 'serve') await serve()
else await main(Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 500))

/** In a process of its own: the server, which answers at once, and the directory of its one account. */
async function serve() {
  const server = await startScriptedServer()
  let lookups = 0
  const directory = createServer((_request, response) => {
    lookups++
    const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: server.origin }]
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: ACCOUNT.did, alsoKnownAs: [`at://${ACCOUNT.handle}`], service }))
  })
  const plcUrl = `http://localhost:${await listen(directory)}`
  process.on('message', () => {
    const methods = server.requests.splice(0).map(({ path }) => path.split('.').at(-1)?.replace('/xrpc/', '') ?? '')
    process.send?.({ ...tally(methods), 'lookup of the DID': lookups })
    lookups = 0
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ origin: server.origin, plcUrl })
}

async function main(count: number, connects: number) {
  const server = fork(import.meta.filename, ['serve'])
  const ask = async <T>(): Promise<T> => ((await once(server, 'message')) as [T])[0]
  const { origin, plcUrl } = await ask<{ origin: string; plcUrl: string }>()
  /** What was called since the last time. */
  const calls = () => {
    server.send('calls')
    return ask<Record<string, number>>()
  }
  const ground = await startGround()
  try {
    const program = await startProgramAt(ground, origin, plcUrl)
    const db = await openDb(program.mongoUrl)
    console.log(`${cpus().length} cores, ${cpus()[0]?.model}, load: ${loadavg()[0]?.toFixed(1)}`)
    await measureBare(origin)
    await insertChannels(db, program, origin, COUNTED)
    await calls()
    await measureCost(program, db, calls)
    // Indexes are made faster than kept.
    await db.channels.collection.dropIndexes()
    const startedAt = performance.now()
    await insertChannels(db, program, origin, count)
    await db.channels.createIndexes()
    console.log(`${count} connected channels, written in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    await measureQuery(db)
    await measureSpeed(program, db, 'check', 'a process for checks alone')
    await measureSpeed(program, db, 'connect,verify,check', 'a process for all')
    if (connects > 0) {
      await measureConnects(program, connects, 'in the same process', ['connect,verify,check'])
      await measureConnects(program, connects, 'in a process of their own', ['connect,verify', 'check'])
    }
    await db.connection.close()
  } finally {
    await ground.stop()
    server.disconnect()
  }
}

function startProgramAt({ startProgram }: Ground, origin: string, plcUrl: string) {
  return startProgram({
    ...newSealingKeys(),
    BLUESKY_SERVICE_URL: origin,
    BLUESKY_APPVIEW_URL: origin,
    PLC_DIRECTORY_URL: plcUrl,
    PDS_DISCOVERY: 'refuse',
    // The machine is to be the limit.
    SIGN_IN_BUDGETS: 'identity=9999999/1,server=9999999/1,other=9999999/1',
    SWEEP_INTERVAL_SECONDS: '1',
  })
}

/** Connected, each of a user of its own, and all due. */
async function insertChannels(db: Db, { env }: Program, serviceUrl: string, count: number) {
  const seal = createSeal(readWorkerConfig(env).sealingKey)
  const verifiedAt = new Date(Date.now() - 86_400_000)
  const session = JSON.stringify({
    ...tokens(ACCOUNT.did),
    did: ACCOUNT.did,
    serviceUrl,
  })
  for (let done = 0; done < count; done += BATCH) {
    const channels = Array.from({ length: Math.min(BATCH, count - done) }, (_, index) =>
      storedChannel('connected', verifiedAt, {
        ...ACCOUNT,
        identifier: ACCOUNT.handle,
        serviceUrl,
        pdsUrl: serviceUrl,
        step: 'check',
        lastVerifiedAt: verifiedAt,
        lease: { generation: 1, claims: 0, failures: 0, sweepAt: new Date(verifiedAt.getTime() + done + index) },
      }),
    )
    const sealFor = async (channel: ChannelDoc) => {
      channel.secrets = { session: await seal('session', channel._id.toHexString(), session) }
    }
    await Promise.all(channels.map(sealFor))
    await db.channels.collection.insertMany(channels, { ordered: false })
  }
}

function tokens(sub: string) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = (scope: string, days: number) =>
    [part({ alg: 'none' }), part({ sub, scope, exp: Math.floor(Date.now() / 1000) + days * 86_400 }), 'x'].join('.')
  return { accessJwt: token('com.atproto.appPass', 1), refreshJwt: token('com.atproto.refresh', 90) }
}

/** The three calls that a check is for, and nothing else, as many at once as a worker process has jobs in hand. */
async function measureBare(origin: string) {
  const post = async (method: string, body: object | undefined, token: string) => {
    const response = await fetch(`${origin}/xrpc/com.atproto.${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return (await response.json()) as { accessJwt: string }
  }
  const { refreshJwt } = tokens(ACCOUNT.did)
  const at = { repo: ACCOUNT.did, collection: 'app.bsky.feed.post', rkey: '2222222222222' }
  const one = async () => {
    const { accessJwt } = await post('server.refreshSession', undefined, refreshJwt)
    await post('repo.deleteRecord', at, accessJwt)
    const swapCommit = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'
    await post('repo.createRecord', { ...at, record: { text: 'x' }, swapCommit }, accessJwt)
  }
  const startedAt = performance.now()
  let left = BARE
  const loop = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: BARE_AT_ONCE }, loop))
  const perSecond = (BARE * 1000) / (performance.now() - startedAt)
  console.log(`a bare loop of renewal, removal and write: ${perSecond.toFixed(0)} a second`)
}

async function measureQuery(db: Db) {
  const time = async (at: Date) => {
    const times: number[] = []
    for (let round = 0; round < 15; round++) {
      const startedAt = performance.now()
      await listLapsed(db.channels, 'check', at, 500)
      times.push(performance.now() - startedAt)
    }
    return quantile(times, 0.5).toFixed(1)
  }
  console.log(
    `who is due: a page of 500 in ${await time(new Date())} ms; none of them due: ${await time(new Date(0))} ms`,
  )
}

/** In this process, where the driver tells of every command; all that are due, so that each has its part of the sweep. */
async function measureCost({ env, redisUrl }: Program, db: Db, calls: () => Promise<Record<string, number>>) {
  const url = new URL(env.MONGODB_URL)
  url.searchParams.set('monitorCommands', 'true')
  const config = readWorkerConfig({
    ...env,
    MONGODB_URL: url.href,
    WORKER_QUEUES: 'check',
    SWEEP_INTERVAL_SECONDS: '300',
  })
  const context = await openContext(config, pino({ level: 'silent' }))
  const redis = new Redis(redisUrl)
  const sent: string[] = []
  context.db.connection.getClient().on('commandStarted', ({ commandName }) => sent.push(commandName))
  const before = await redisCommands(redis)
  const startedAt = new Date()
  const workers = await startWorkers(context)
  const until = Date.now() + COUNTED_MS
  while ((await checkedSince(db, startedAt)) < COUNTED && Date.now() < until) await sleep(200)
  await workers.stop()
  const checks = await checkedSince(db, startedAt)
  const each = (counts: Record<string, number>) =>
    Object.entries(counts)
      .filter(([, count]) => count / checks >= 0.01)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${(count / checks).toFixed(2)}`)
      .join(', ')
  console.log(`a check (of ${checks} that were counted), the sweep's part in it:`)
  console.log(`  operations of MongoDB: ${(sent.length / checks).toFixed(2)}: ${each(tally(sent))}`)
  console.log(`  calls: ${each(await calls())}`)
  console.log(
    `  commands of Redis: ${(((await redisCommands(redis)) - before) / checks).toFixed(1)}, those in scripts too`,
  )
  redis.disconnect()
  await context.close()
}

async function redisCommands(redis: Redis) {
  return Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1])
}

function checkedSince(db: Db, at: Date) {
  return db.channels.countDocuments({ lastVerifiedAt: { $gte: at } })
}

async function measureSpeed({ startWorker }: Program, db: Db, queues: string, what: string) {
  const worker = await startWorker({ WORKER_QUEUES: queues })
  await sleep(WARM_UP_MS)
  const [at, cpuBefore] = [new Date(), used(worker.pid, 'cputimes')]
  await sleep(RUN_MS)
  const [until, cpuMs] = [new Date(), (used(worker.pid, 'cputimes') - cpuBefore) * 1000]
  const rss = used(worker.pid, 'rss') / 1024
  await worker.kill()
  const checks = await db.channels.countDocuments({ lastVerifiedAt: { $gte: at, $lt: until } })
  const seconds = (until.getTime() - at.getTime()) / 1000
  console.log(
    `${what}: ${(checks / seconds).toFixed(0)} checks a second, ${(cpuMs / checks).toFixed(1)} ms of a core each, ${rss.toFixed(0)} MB`,
  )
}

/** What `ps` says of a process. */
function used(pid: number | undefined, field: 'rss' | 'cputimes') {
  return Number(execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }))
}

/** Turn and turn about: a block of connects without checks, and one while checks run as fast as they can. */
async function measureConnects(program: Program, count: number, where: string, processes: string[]) {
  const { baseUrl, signIn, startWorker, mongoUrl, redisUrl, prefix } = program
  const email = `b-${processes.length}@example.com`
  const user = await signIn('sign-up/email', { email, password: PASSWORD, name: 'Bench' })
  const db = await openDb(mongoUrl)
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const { check } = openQueues({ connection, prefix })
  await check.pause()
  const workers = await Promise.all(processes.map((queues) => startWorker({ WORKER_QUEUES: queues })))
  type Stream = Awaited<ReturnType<typeof openStream>>
  const connect = async (stream: Stream): Promise<number> => {
    const startedAt = performance.now()
    const entry = { identifier: ACCOUNT.did, appPassword: 'aaaa-bbbb-cccc-dddd' }
    const { id } = await user.request<Channel>('POST', '/api/channels/bluesky', entry)
    for (;;) {
      const { status, outcome } = (await stream.next('channel')) as Channel
      if (status === 'connecting' || status === 'verifying') continue
      if (status !== 'connected') throw new Error(`it ended as ${status} ${outcome?.code}`)
      const ms = performance.now() - startedAt
      await db.channels.deleteOne({ _id: id })
      return ms
    }
  }
  const block = async (times: number[]) => {
    await using stream = await openStream(baseUrl, user.token)
    await stream.next('snapshot')
    for (let index = 0; index < BLOCK; index++) times.push(await connect(stream))
  }
  const [alone, beside]: [number[], number[]] = [[], []]
  await block([])
  let checks = 0
  let checkingMs = 0
  while (beside.length < count) {
    await check.pause()
    while ((await check.getActiveCount()) > 0) await sleep(20)
    await block(alone)
    const startedAt = new Date()
    await check.resume()
    await sleep(500)
    await block(beside)
    checkingMs += Date.now() - startedAt.getTime()
    checks += await checkedSince(db, startedAt)
  }
  for (const { kill } of workers) await kill()
  const ratio = (share: number) => quantile(beside, share) / quantile(alone, share)
  const p = (times: number[]) => [0.5, 0.9, 0.99].map((share) => quantile(times, share).toFixed(0)).join(' / ')
  console.log(
    `submit → connected, p50 / p90 / p99 of ${beside.length}: without checks ${p(alone)} ms, with checks ${where} ${p(beside)} ms ` +
      `(${((checks * 1000) / checkingMs).toFixed(0)} checks a second): ${ratio(0.5).toFixed(2)} / ${ratio(0.99).toFixed(2)} times (goal for p99 ${GOAL})`,
  )
  if (ratio(0.99) > GOAL) process.exitCode = 1
  await check.resume()
  await check.close()
  connection.disconnect()
  await db.connection.close()
}

function tally(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN
}
