// Measures many open event streams on one API process: how soon a change is seen, and what a stream holds; beside a bare one.
//   node bench/streams.ts [streams] [changes]
import { createHmac, randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Types } from 'mongoose'
import { freePort } from '../services/processes/ports.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { storedChannel } from '../test/helpers/stored-channels.ts'
import { machine, quantile, tell } from './figures.ts'
import { inspectedAt, liveMb, residentMb } from './process-cost.ts'
import { startGround, type Ground, type Program } from './program.ts'

const OPENED_AT_ONCE = 50
const APART_MS = 50
/** Longer than a stream goes on without its session being looked at. */
const SETTLED_MS = 5_000
const SEEN_WITHIN_MS = 30_000

/** Somebody with a session and a channel. */
interface Person {
  id: string
  token: string
  channelId: string
}

async function main(streams: number, changes: number) {
  const ground = await startGround()
  try {
    console.log(`${machine()}; ${streams} streams, ${changes} changes, one each ${APART_MS} ms`)
    const ours = await measure(ground, { bare: false, streams, changes })
    const bare = await measure(ground, { bare: true, streams, changes })
    tell({
      what: `change → seen with ${streams} open streams, p99`,
      measured: ours.p99,
      unit: 'ms',
      goal: { atMost: 250 },
    })
    tell({ what: 'the same of a bare one', measured: bare.p99, unit: 'ms' })
    tell({ what: 'memory of a stream', measured: ours.kilobytes, unit: 'kB', goal: { atMost: 30 } })
    tell({ what: 'the same of a bare one', measured: bare.kilobytes, unit: 'kB' })
  } finally {
    await ground.stop()
  }
}

async function measure(
  ground: Ground,
  { bare, streams, changes }: { bare: boolean; streams: number; changes: number },
) {
  const inspector = await freePort()
  const program = await ground.startProgram(bare ? {} : inspectedAt(inspector))
  const db = await connectDb(program.mongoUrl)
  const redis = new Redis(program.redisUrl)
  const seen = new Map<string, (at: number) => void>()
  try {
    const people = await insertPeople(db, program, streams + OPENED_AT_ONCE)
    const port = await freePort()
    const bareEnv = { PORT: String(port), ...inspectedAt(inspector) }
    const { pid, url } = bare
      ? { pid: (await program.startWorker(bareEnv, 'bench/bare-streams.ts')).pid, url: `http://localhost:${port}` }
      : { pid: program.pid, url: program.baseUrl }
    const memory = async () => ({ live: await liveMb(inspector), resident: await residentMb(pid ?? 0) })
    const open = (person: Person) => openStream(url, person, (at) => seen.get(person.id)?.(at))
    // Some first, so that code and connections are there.
    const first = await openAll(people.slice(streams), open)
    await sleep(SETTLED_MS)
    const before = await memory()
    const opened = await openAll(people.slice(0, streams), open)
    await sleep(SETTLED_MS)
    const after = await memory()
    const kilobytes = (1024 * (after.live - before.live)) / streams
    const resident = (1024 * (after.resident - before.resident)) / streams
    const took = await change(db, redis, program, { people: people.slice(0, streams), changes, seen })
    for (const close of [...first, ...opened]) close()
    const found = { p50: quantile(took, 0.5), p99: quantile(took, 0.99), kilobytes }
    console.log(
      `${bare ? 'bare' : 'ours'}: a change is seen after p50 ${found.p50.toFixed(0)} ms, p99 ${found.p99.toFixed(0)} ms, ` +
        `${took.length} of ${changes} seen; a stream holds ${kilobytes.toFixed(0)} kB (${resident.toFixed(0)} kB resident)`,
    )
    return found
  } finally {
    redis.disconnect()
    await db.connection.close()
    await program.kill()
  }
}

/** Signed in as the accounts library leaves them, without the work that passwords are. */
async function insertPeople(db: Db, { env }: Program, count: number): Promise<Person[]> {
  const now = new Date()
  const people = Array.from({ length: count }, (_, n) => {
    const _id = new Types.ObjectId()
    const email = `person${n}@example.com`
    const user = { _id, email, name: 'Bench', emailVerified: false, role: 'user', createdAt: now, updatedAt: now }
    const token = randomBytes(24).toString('base64url')
    const session = {
      token,
      userId: _id,
      expiresAt: new Date(now.getTime() + 86_400_000),
      createdAt: now,
      updatedAt: now,
    }
    return { user, session, channel: storedChannel('connected', now, { userId: _id.toHexString() }) }
  })
  await db.connection.collection('user').insertMany(people.map(({ user }) => user))
  await db.connection.collection('session').insertMany(people.map(({ session }) => session))
  await db.channels.collection.insertMany(people.map(({ channel }) => channel))
  return people.map(({ user, session, channel }) => ({
    id: user._id.toHexString(),
    token: `${session.token}.${createHmac('sha256', env.AUTH_SECRET).update(session.token).digest('base64')}`,
    channelId: channel._id.toHexString(),
  }))
}

async function openAll(people: Person[], open: (person: Person) => Promise<() => void>) {
  const opened: (() => void)[] = []
  for (let done = 0; done < people.length; done += OPENED_AT_ONCE) {
    opened.push(...(await Promise.all(people.slice(done, done + OPENED_AT_ONCE).map(open))))
  }
  return opened
}

/** Resolves when the first event is there. @returns closes it */
function openStream(url: string, { id, token }: Person, change: (at: number) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'x-user': id }
    const request = get(`${url}/api/channels/events`, { agent: false, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`a stream answered ${response.statusCode}`))
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (/^event: ?snapshot/m.test(text)) resolve(() => request.destroy())
        if (/^event: ?channel/m.test(text)) change(performance.now())
      })
    })
    request.once('error', reject)
  })
}

interface Changing {
  people: Person[]
  changes: number
  seen: Map<string, (at: number) => void>
}

/** Writes and announces as a worker does. @returns how long each took until its stream had it */
async function change(
  db: Db,
  redis: Redis,
  { prefix }: Program,
  { people, changes, seen }: Changing,
): Promise<number[]> {
  const took: number[] = []
  for (let n = 0; n < changes; n++) {
    const person = people[(n * 7_919) % people.length]
    if (!person) break
    const { id: userId, channelId } = person
    const startedAt = performance.now()
    seen.set(userId, (at) => took.push(at - startedAt))
    const $set = { since: new Date() }
    void db.channels.updateOne({ _id: channelId }, { $set }).then(() => {
      return redis.publish(`${prefix}:changes`, JSON.stringify({ kind: 'channel', userId, channelId }))
    })
    await sleep(APART_MS)
  }
  const until = performance.now() + SEEN_WITHIN_MS
  while (took.length < changes && performance.now() < until) await sleep(APART_MS)
  return took
}

await main(Number(process.argv[2] ?? 4_950), Number(process.argv[3] ?? 600))
