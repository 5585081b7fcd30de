// Opens every connection to Redis, for whoever asks and must not hang, for workers and for subscriptions; says what its errors mean.
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { withDeadline } from './deadline.ts'
import type { RedisAddress } from './redis-url.ts'
import type { StoreWord } from './contract.ts'

export type RedisConnection = Redis | Cluster

type Options = Omit<RedisOptions, 'replyMapping'>

/**
 * `producer` fails at once while Redis is away, and for whoever it keeps waiting; `worker` waits as long as it takes, as
 * BullMQ's workers have to; `subscriber` waits too, and hears nothing for hours; `visitor` tries once.
 */
export type RedisKind = 'producer' | 'worker' | 'subscriber' | 'visitor'

const CONNECT_MS = 5_000
const LONGEST_PAUSE_MS = 5_000
/** So often a connection that only listens is asked whether anybody is there. */
const PULSE_MS = 10_000
const SUBSCRIBER_SILENT_MS = 5_000
/** After a failover it takes one new connection; where only a replica is left, more of them change nothing. */
const READ_ONLY_PAUSE_MS = 2_000

/**
 * A socket that answers nothing for `socketTimeout` is given up, and another one opened: behind one address another server
 * may have taken over. A worker's blocking command lasts up to ten seconds.
 */
const byKind: Record<RedisKind, Options> = {
  producer: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2_000, socketTimeout: 3_000 },
  worker: { maxRetriesPerRequest: null, socketTimeout: 12_000 },
  subscriber: { maxRetriesPerRequest: null, socketTimeout: SUBSCRIBER_SILENT_MS },
  visitor: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 2_000, lazyConnect: true },
}

/** Connects by itself, now and whenever the connection is lost, with a growing pause. Its `error` events only tell of it. */
export function openRedis(
  { redis: { address } }: Pick<Config, 'redis'>,
  log: Logger,
  kind: RedisKind,
): RedisConnection {
  const connection = open(address, kind)
  // Without a listener the library writes each to the console.
  connection.on('error', (error: Error) => log.debug({ kind, reason: error.message }, 'redis connection'))
  if (kind === 'subscriber') {
    const pulse = setInterval(() => {
      if (connection.status === 'ready') takePulse(connection)
    }, PULSE_MS).unref()
    connection.once('end', () => clearInterval(pulse))
  }
  return connection
}

/**
 * A server's own connection is given up by its `socketTimeout`. The one that a cluster's subscriptions go over has none, and
 * is reached by their commands alone: giving up a topic that nobody has changes nothing, and is answered.
 */
function takePulse(connection: RedisConnection): void {
  if (connection instanceof Redis) connection.ping().catch(() => {})
  else withDeadline(connection.unsubscribe('pulse'), SUBSCRIBER_SILENT_MS).catch(() => connection.disconnect(true))
}

/** For whoever only looks. @throws why it cannot be reached */
export async function visitRedis(address: RedisAddress, withinMs: number): Promise<RedisConnection> {
  const connection = open(address, 'visitor')
  let reason: Error | undefined
  connection.on('error', (error: Error) => {
    reason = error
  })
  try {
    await withDeadline(connection.connect(), withinMs)
    return connection
  } catch (error) {
    connection.disconnect()
    // Connecting says that it was closed; why is told before.
    throw reason ?? error
  }
}

const open = (address: RedisAddress, kind: RedisKind): RedisConnection =>
  address.kind === 'cluster' ? openCluster(address, kind) : openServer(address, kind)

const growing = (times: number) => Math.min(50 * 2 ** times, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 4)
const pauseOf = (kind: RedisKind) => (kind === 'visitor' ? () => null : growing)

function openServer({ kind: place, hosts, path, master, db, tls, user, sentinelUser }: RedisAddress, kind: RedisKind) {
  const options: Options = { ...commonOptions({ tls, user }, kind), ...byKind[kind], db, retryStrategy: pauseOf(kind) }
  if (place === 'socket') return new Redis(path, options)
  if (place === 'server') return new Redis({ ...options, ...hosts[0] })
  return new Redis({
    ...options,
    name: master,
    sentinels: hosts,
    sentinelRetryStrategy: pauseOf(kind),
    sentinelCommandTimeout: CONNECT_MS,
    ...(sentinelUser.username ? { sentinelUsername: sentinelUser.username } : {}),
    ...(sentinelUser.password ? { sentinelPassword: sentinelUser.password } : {}),
    ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  })
}

function openCluster({ hosts, tls, user }: RedisAddress, kind: RedisKind) {
  const { enableOfflineQueue = true, lazyConnect = false, ...options } = byKind[kind]
  return new Cluster(hosts, {
    enableOfflineQueue,
    lazyConnect,
    redisOptions: { ...commonOptions({ tls, user }, kind), ...options },
    clusterRetryStrategy: pauseOf(kind),
    // A certificate is made out for a name: names stay names.
    ...(tls ? { dnsLookup: (name, found) => found(null, name) } : {}),
  })
}

function commonOptions({ tls, user }: Pick<RedisAddress, 'tls' | 'user'>, kind: RedisKind) {
  let reconnectedAt = 0
  return {
    ...user,
    ...(tls ? { tls: {} } : {}),
    connectTimeout: CONNECT_MS,
    keepAlive: PULSE_MS,
    connectionName: `bluesky-connect-${kind}`,
    /** A server that became a replica keeps its connections: the address may lead to its successor. */
    reconnectOnError(error: Error) {
      if (wordOfRedis(error) !== 'read_only' || Date.now() - reconnectedAt < READ_ONLY_PAUSE_MS) return false
      reconnectedAt = Date.now()
      return true
    },
  } satisfies Options
}

export function wordOfRedis(error: Error): StoreWord {
  const { lastNodeError } = error as { lastNodeError?: Error }
  const text = `${error.message} ${lastNodeError?.message ?? ''}`
  if (/\b(READONLY|MISCONF|NOREPLICAS)\b/.test(text)) return 'read_only'
  if (/\bOOM\b/.test(text)) return 'full'
  if (/\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password/.test(text)) return 'refused'
  return /no answer in time|timed out|timeout|ETIMEDOUT/i.test(text) ? 'silent' : 'away'
}

const redisErrors = ['ReplyError', 'MaxRetriesPerRequestError', 'ClusterAllFailedError', 'ConnectionClosedError']

/** Whether it comes from the library, or from Redis through it. */
export const isOfRedis = ({ name, message }: Error): boolean =>
  redisErrors.includes(name) ||
  /^Connection is closed|^Stream isn't writeable|^Cluster isn't ready|^Command timed out|^Socket timeout|Cluster redirections/.test(
    message,
  )

export type RedisInfo = Map<string, string>

/** What a cluster's nodes and a single server say of themselves alike. */
export async function readInfo(redis: RedisConnection): Promise<RedisInfo> {
  const node = redis instanceof Cluster ? redis.nodes('master')[0] : redis
  const text = (await node?.info()) ?? ''
  return new Map(text.split(/\r?\n/).map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1)]))
}

/** A single server that is a part of a cluster refuses most commands. */
export const isNodeOfCluster = async (redis: RedisConnection): Promise<boolean> =>
  redis instanceof Redis && (await readInfo(redis)).get('cluster_enabled') === '1'
