// The faults of the suite: how each begins, and how it ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { startReplica } from '../../helpers/redis-servers.ts'
import { noSmallDisk } from '../../helpers/small-disk.ts'
import { noVersionBefore, unpackVersionBefore } from '../../helpers/version-before.ts'
import type { Installation, Kind, Needs, Place } from './installation.ts'

export interface Fault {
  name: string
  /** how long it lasts, at least */
  lastsMs: number
  /** it lasts until the last connect is accepted, and at full size there are ten times as many */
  throughout?: true
  /** what the installation has to have for it */
  needs?: Needs
  /** run in CI too */
  small?: true
  /** @returns why it cannot be had on this machine, or null */
  missing?(): Promise<string | null>
  /** @returns ends it */
  begin(installation: Installation): Promise<() => unknown> | (() => unknown)
}

const EACH_MS = 1_000
const NOWHERE = { host: '127.0.0.1', port: 1 }

/** Does it again and again. @returns ends that, and says when the last one is done */
function every(ms: number, act: () => unknown): () => Promise<void> {
  let over = false
  const round = async (): Promise<void> => {
    if (over) return
    await act()
    await sleep(ms)
    return round()
  }
  const rounds = round()
  return () => {
    over = true
    return rounds
  }
}

/** How many sessions of each the database holds. */
async function noted({ database }: Installation, dids: string[]): Promise<Map<string, number>> {
  const channels = await database
    .collection<{ identifier: string; secrets?: { session?: string; former?: string[] } }>('channels')
    .find({ identifier: { $in: dids } }, { projection: { identifier: 1, secrets: 1 } })
    .toArray()
  const count = ({ session, former = [] }: { session?: string; former?: string[] } = {}) =>
    former.length + (session ? 1 : 0)
  return new Map(channels.map(({ identifier, secrets }) => [identifier, count(secrets)]))
}

/** Where more of them are still starting, the next one waits: on a busy machine none would ever work. */
const MOST_AWAY = 2

/** One process after the other, of all kinds. */
const signal = (signal: NodeJS.Signals) => (installation: Installation) => {
  const { books } = installation
  let places = installation.places
  return every(EACH_MS, async () => {
    const working = places.filter(({ process }) => process.isWorking())
    const [next] = working
    if (!next || working.length < places.length - MOST_AWAY) return
    places = [...places.filter((place) => place !== next), next]
    const { process } = next
    process.kill(signal)
    if (signal !== 'SIGKILL') return
    await process.ended
    await books.noteKill((dids) => noted(installation, dids))
  })
}

const freeze = (kind: Kind) => (installation: Installation) => {
  const frozen = installation.places.find((place) => place.kind === kind)?.process
  frozen?.kill('SIGSTOP')
  return () => frozen?.kill('SIGCONT')
}

const silent = (what: 'mongodb' | 'redis') => (installation: Installation) => {
  installation[what].silent = true
  return () => {
    installation[what].silent = false
    installation[what].cut()
  }
}

const away = (what: 'mongodb' | 'redis' | 'server') => (installation: Installation) => {
  const proxy = installation[what]
  const { target } = proxy
  proxy.target = NOWHERE
  proxy.cut()
  return () => {
    proxy.target = target
  }
}

/** Another process in its place, once that has come to its end. */
async function replace(place: Place, change: Partial<Pick<Place, 'env' | 'dir'>>): Promise<void> {
  Object.assign(place, change)
  const { process } = place
  process.kill('SIGTERM')
  await process.ended
}

/** A process in the place of one of a kind that loads something first, which makes it sick. */
async function sicken({ places }: Installation, kind: Kind, file: URL, env: Record<string, string>) {
  const place = firstOf(places, kind)
  await replace(place, { env: { NODE_OPTIONS: `--import=${file.href}`, ...env } })
  return () => replace(place, { env: {} })
}

function firstOf(places: Place[], kind: Kind): Place {
  const place = places.find((one) => one.kind === kind)
  if (!place) throw new Error(`no ${kind}`)
  return place
}

const clock = (kind: Kind, hours: number) => (installation: Installation) =>
  sicken(installation, kind, new URL('./wrong-clock.ts', import.meta.url), { WRONG_BY_HOURS: String(hours) })

/** It reaches the stores, and its neighbours reach everything. */
const cutOff = (kind: Kind) => (installation: Installation) =>
  sicken(installation, kind, new URL('./no-network.ts', import.meta.url), {
    NO_NETWORK_TO: String(installation.server.port),
  })

/** Beside this version: each takes what the other puts into the queues. */
async function versionBefore({ places }: Installation) {
  const dir = await unpackVersionBefore()
  const older = (['api', 'connect', 'verify'] as const).map((kind) => firstOf(places, kind))
  await Promise.all(older.map((place) => replace(place, { dir })))
  return () => Promise.all(older.map((place) => replace(place, { dir: undefined })))
}

/** Longer than the pause between two sweeps of a worker: all that stood still sweep in the moment in which they go on. */
const SWEEPS_DUE_MS = 4_000

const sweepTogether = ({ places, redisServer }: Installation) =>
  every(EACH_MS, async () => {
    const workers = places.filter(({ kind }) => kind !== 'api').map(({ process }) => process)
    for (const worker of workers) worker.kill('SIGSTOP')
    await redisServer.client.flushall()
    await sleep(SWEEPS_DUE_MS)
    for (const worker of workers) worker.kill('SIGCONT')
  })

const full = async ({ disk }: Installation) => {
  await disk?.fill()
  return () => disk?.free()
}

export const faults: Fault[] = [
  { name: 'none', lastsMs: 0, begin: () => () => {} },
  { name: 'kill -9 of a process each second', lastsMs: 15_000, throughout: true, begin: signal('SIGKILL') },
  { name: 'SIGTERM to a process each second', lastsMs: 15_000, begin: signal('SIGTERM') },
  { name: 'an API frozen', lastsMs: 30_000, begin: freeze('api') },
  { name: 'a connect worker frozen', lastsMs: 30_000, begin: freeze('connect') },
  { name: 'a verify worker frozen', lastsMs: 30_000, begin: freeze('verify') },
  { name: 'Redis away', lastsMs: 10_000, begin: away('redis') },
  {
    name: 'Redis wiped each second',
    lastsMs: 5_000,
    begin: ({ redisServer }) => every(EACH_MS, () => redisServer.client.flushall()),
  },
  {
    name: 'Redis read-only',
    lastsMs: 10_000,
    async begin({ redisServer }) {
      await redisServer.client.replicaof('127.0.0.1', 1)
      return () => redisServer.client.replicaof('NO', 'ONE')
    },
  },
  {
    name: 'Redis full',
    lastsMs: 10_000,
    async begin({ redisServer }) {
      await redisServer.client.config('SET', 'maxmemory', '1')
      return () => redisServer.client.config('SET', 'maxmemory', '0')
    },
  },
  {
    name: 'Redis killed with kill -9 each two seconds',
    lastsMs: 10_000,
    begin: ({ redisServer }) => every(2 * EACH_MS, () => redisServer.crash()),
  },
  {
    name: 'the disk of Redis full (appendfsync always)',
    lastsMs: 15_000,
    needs: { disk: 'redis' },
    missing: noSmallDisk,
    begin: full,
  },
  {
    name: 'the disk of Redis full (appendfsync everysec)',
    lastsMs: 15_000,
    needs: { disk: 'redis' },
    missing: noSmallDisk,
    async begin(installation) {
      await installation.redisServer.client.config('SET', 'appendfsync', 'everysec')
      return full(installation)
    },
  },
  { name: 'Redis silent', lastsMs: 30_000, begin: silent('redis') },
  {
    name: 'Redis failed over to a replica',
    lastsMs: 5_000,
    async begin(installation) {
      const { redisServer, redis } = installation
      const replica = await startReplica(redisServer)
      await replica.client.replicaof('NO', 'ONE')
      await redisServer.client.replicaof('127.0.0.1', replica.port)
      redis.target = { host: '127.0.0.1', port: replica.port }
      return () => {}
    },
  },
  { name: 'MongoDB away', lastsMs: 10_000, begin: away('mongodb') },
  { name: 'MongoDB silent', lastsMs: 30_000, begin: silent('mongodb') },
  {
    name: 'MongoDB slow (200 ms)',
    lastsMs: 20_000,
    begin({ mongodb }) {
      mongodb.delayMs = 200
      return () => {
        mongodb.delayMs = 0
      }
    },
  },
  {
    name: 'connections to MongoDB reset each second',
    lastsMs: 10_000,
    begin: ({ mongodb }) => every(EACH_MS, () => mongodb.cut()),
  },
  {
    name: 'a part of MongoDB killed with kill -9, one after the other',
    lastsMs: 20_000,
    needs: { ownMongodb: true },
    begin: ({ mongoServer }) => every(2 * EACH_MS, () => mongoServer?.crash()),
  },
  {
    name: 'the disk of MongoDB full',
    lastsMs: 20_000,
    needs: { disk: 'mongodb' },
    missing: noSmallDisk,
    begin: full,
  },
  { name: 'the server away', lastsMs: 10_000, begin: away('server') },
  { name: 'the server silent', lastsMs: 30_000, begin: ({ books }) => books.hang() },
  {
    name: 'connections to the server reset each second',
    lastsMs: 10_000,
    begin: ({ books }) => every(EACH_MS, () => books.cut()),
  },
  {
    name: 'the server slow (2 s an answer)',
    lastsMs: 20_000,
    begin({ books }) {
      books.delayMs = 2_000
      return () => {
        books.delayMs = 0
      }
    },
  },
  { name: 'a connect worker without a network beside a healthy one', lastsMs: 20_000, begin: cutOff('connect') },
  { name: 'a verify worker without a network beside a healthy one', lastsMs: 20_000, begin: cutOff('verify') },
  { name: 'the clock of a connect worker an hour ahead', lastsMs: 20_000, begin: clock('connect', 1) },
  { name: 'the clock of a verify worker an hour behind', lastsMs: 20_000, begin: clock('verify', -1) },
  { name: 'the clock of an API an hour ahead', lastsMs: 20_000, begin: clock('api', 1) },
  {
    name: 'one process of each kind of the version before',
    lastsMs: 20_000,
    missing: noVersionBefore,
    begin: versionBefore,
  },
  { name: 'Redis wiped, and all workers sweep in one moment', lastsMs: 20_000, begin: sweepTogether },
  {
    name: 'every job delivered again, some late and in another order',
    lastsMs: 20_000,
    small: true,
    begin: again,
  },
]

function again({ redisServer, prefix }: Installation) {
  const connection = new Redis({ port: redisServer.port, maxRetriesPerRequest: null })
  const queues = (['connect', 'verify'] as const).map((name) => new Queue(name, { connection, prefix }))
  const seen = new Set<string>()
  const end = every(100, async () => {
    for (const queue of queues) {
      const jobs = await queue.getJobs(['active', 'completed', 'prioritized', 'waiting', 'delayed'], 0, 200)
      for (const job of jobs.toReversed()) {
        if (!job?.id || seen.has(job.id) || job.id.startsWith('again')) continue
        seen.add(job.id)
        const copy = (delay: number) =>
          queue.add(job.name, job.data as object, { jobId: `again-${delay}-${job.id}`, delay })
        await Promise.all([copy(0), copy(Math.floor(Math.random() * 5_000))])
      }
    }
  })
  return async () => {
    await end()
    await Promise.all(queues.map((queue) => queue.close()))
    connection.disconnect()
  }
}
