// `service.sh status`: for whoever is woken at night. Which version runs, how each process is, what waits, which servers are slow, what went wrong.
import { existsSync } from 'node:fs'
import { prefixOf } from '../../src/config.ts'
import { type ChannelBacklog, type QueueBacklog, readChannels, readQueues } from '../../src/backlog.ts'
import { connectDb } from '../../src/db/open.ts'
import { withDeadline } from '../../src/deadline.ts'
import { openQueues } from '../../src/jobs.ts'
import { visitRedis } from '../../src/redis.ts'
import { parseRedisUrl } from '../../src/redis-url.ts'
import { commit, version } from '../../src/version.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'
import { accepts } from '../processes/ports.ts'
import { APP_NAMES, dataDir, PROGRAM_NAMES } from '../processes/programs.ts'
import { listProcesses, logFile, logsDir, orphans, type Process } from '../processes/supervisor.ts'
import { say } from '../say.ts'
import { mongoSocket, mongoUrl } from '../stores/mongo.ts'
import { redisSocket } from '../stores/redis.ts'
import { healthOf, readNetwork, type RunningVersion, versionOf } from './health.ts'
import { logFiles, readTail } from './log-lines.ts'
import { readServers, readTroubles, type ServerState, type Trouble } from './servers.ts'
import { readSettings, type Settings } from './settings.ts'
import { statusLines } from './status-text.ts'

const OPEN_MS = 3_000
const MOST_TROUBLES = 5

export interface ProcessStatus {
  name: string
  state: string
  pid: number | null
  startedAt: Date | null
  restarts: number
  /** "ok", or what is wrong in a few words */
  health: string
  running: RunningVersion | null
}

export interface Status {
  /** of the files here; a process says its own */
  version: string
  commit: string
  /** everything that runs is well */
  well: boolean
  processes: ProcessStatus[]
  /** where things are, without credentials */
  places: Record<string, string>
  /** null: the store does not answer */
  channels: ChannelBacklog | null
  queues: QueueBacklog[] | null
  servers: ServerState[]
  troubles: Trouble[]
}

/** Prints it; true if everything is well. */
export async function showStatus({ json = false }: { json?: boolean } = {}): Promise<boolean> {
  const processes = await listProcesses()
  const left = processes.length === 0 ? await orphans() : []
  const status = await readStatus(processes)
  if (json) {
    say(JSON.stringify({ ...status, troubles: status.troubles.map(({ line, ...rest }) => ({ ...rest, ...line })) }))
    return status.well
  }
  if (left.length > 0) {
    say(
      `The supervisor was killed and left processes behind (${left.join(', ')}). ./service.sh start or stop ends them.\n`,
    )
  } else if (processes.length === 0) {
    say('Nothing is running. ./service.sh start starts it.')
    // Stores of others may have something to tell all the same.
    if (!status.channels && !status.queues) return false
  }
  for (const line of statusLines(status)) say(line)
  return status.well
}

async function readStatus(running: Process[]): Promise<Status> {
  const sorted = running.toSorted((a, b) => rank(a.name) - rank(b.name) || a.id - b.id)
  const settings = readSettings(running)
  const { channels, queues } = await readBacklog(settings)
  const processes = await Promise.all(sorted.map(statusOf))
  const logs = await Promise.all((await logFilesOfNow()).map(readTail))
  const lines = logs.flat()
  const alive = new Set(running.map(({ pid }) => pid))
  return {
    version,
    commit,
    well: processes.length > 0 && processes.every(({ health }) => health === 'ok'),
    processes,
    places: await placesOf(settings, running),
    channels,
    queues,
    servers: readServers(lines, alive),
    troubles: readTroubles(lines, MOST_TROUBLES),
  }
}

const rank = (name: string) => (PROGRAM_NAMES as readonly string[]).indexOf(name)

async function logFilesOfNow() {
  const files = await logFiles(logsDir, APP_NAMES)
  return files.filter(({ name, file }) => file === logFile(name))
}

async function statusOf(process: Process): Promise<ProcessStatus> {
  const isUp = process.state === 'online'
  const [health, running] = await Promise.all([healthOf(process), versionOf(process)])
  return {
    name: process.name,
    state: process.state,
    pid: isUp ? process.pid : null,
    startedAt: isUp ? new Date(process.startedAt) : null,
    restarts: process.restarts,
    health,
    running,
  }
}

/** Each store by itself: one that is away hides nothing of the other. */
async function readBacklog(settings: Settings): Promise<Pick<Status, 'channels' | 'queues'>> {
  const [channels, queues] = await Promise.all([
    backlogOfChannels(settings).catch(() => null),
    backlogOfQueues(settings).catch(() => null),
  ])
  return { channels, queues }
}

async function backlogOfChannels(settings: Settings): Promise<ChannelBacklog | null> {
  const set = settings.get('MONGODB_URL')
  if (set === undefined && !(await accepts(mongoSocket(dataDir('mongo'))))) return null
  const options = { serverSelectionTimeoutMS: OPEN_MS, connectTimeoutMS: OPEN_MS, autoCreate: false }
  const db = await withDeadline(connectDb(set ?? mongoUrl(dataDir('mongo')), options), OPEN_MS)
  try {
    return await readChannels(db)
  } finally {
    await withDeadline(db.connection.close(true), OPEN_MS).catch(() => {})
  }
}

async function backlogOfQueues(settings: Settings): Promise<QueueBacklog[] | null> {
  const set = settings.get('REDIS_URL')
  const socket = redisSocket(dataDir('redis'))
  if (set === undefined && !existsSync(socket)) return null
  const address = parseRedisUrl(set ?? socket)
  if (!address) return null
  const redis = await visitRedis(address, OPEN_MS)
  try {
    const prefix = prefixOf({ REDIS_URL: address, QUEUE_PREFIX: settings.get('QUEUE_PREFIX') ?? 'bluesky-connect' })
    const queues = openQueues({ connection: redis, prefix })
    for (const queue of Object.values(queues)) queue.on('error', () => {})
    return await readQueues(queues)
  } finally {
    redis.disconnect()
  }
}

async function placesOf(settings: Settings, running: Process[]): Promise<Record<string, string>> {
  const network = running.some(({ name }) => name === 'pds') ? await readNetwork() : undefined
  const store = (set: string | undefined, embedded: string) =>
    set === undefined ? `${embedded} (embedded, data in .runtime/data)` : withoutCredentials(set)
  const serviceUrl = settings.get('BLUESKY_SERVICE_URL') ?? 'https://bsky.social'
  return {
    API: settings.baseUrl,
    MongoDB: store(settings.get('MONGODB_URL'), mongoUrl(dataDir('mongo'))),
    Redis: store(settings.get('REDIS_URL'), redisSocket(dataDir('redis'))),
    ...(network?.mailbox ? { Mails: `${network.mailbox.pageUrl} (demo)` } : {}),
    ...(network
      ? { PDS: `${network.pdsUrl} and ${network.otherPdsUrl} (demo), PLC directory ${network.plcUrl}` }
      : { Bluesky: `${serviceUrl} (unless an admin saved another Service URL)` }),
  }
}
