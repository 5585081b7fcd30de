// Opens what both kinds of process stand on (log, MongoDB, Redis, queues) and closes it in the reverse order.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Telemetry } from 'bullmq'
import { pino, type Logger } from 'pino'
import { ConfigError, type Config } from './config.ts'
import { wordOfMongodb } from './db/fault.ts'
import { MigrationError } from './db/migrations.ts'
import { openDb, type Db } from './db/open.ts'
import { writeProcess } from './db/processes.ts'
import { withDeadline } from './deadline.ts'
import { openQueues, type Queues } from './jobs.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { readCounts, readQueues } from './metrics/counts.ts'
import { measureMongo, measureRedis } from './metrics/latency.ts'
import { openRedis, type RedisConnection } from './redis.ts'
import { shownRedis } from './redis-url.ts'
import { createSeal, type Seal } from './seal.ts'
import { createStores, sentenceOf, type Stores } from './stores.ts'
import { withoutCredentials } from './without-credentials.ts'

const PROBE_KEPT_MS = 60_000
const REDIS_READY_MS = 1_000

export interface Context<C extends Config = Config> {
  config: C
  log: Logger
  /** made anew at every start */
  processId: string
  /** how both are */
  stores: Stores
  db: Db
  /** fails fast: for the front door, which must not hang when Redis is away */
  redis: RedisConnection
  queues: Queues
  seal: Seal
  metrics: Metrics
  /** absent while nobody takes traces */
  telemetry?: Telemetry
  close(): Promise<void>
}

const secretKeys = [
  'password',
  'appPassword',
  'accessJwt',
  'refreshJwt',
  'secrets',
  'session',
  'authorization',
  'cookie',
]

/** Nobody hands a secret to the log; should anybody do it by mistake, values under these keys never reach a line. */
export const logOptions = {
  redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), remove: true },
  formatters: { level: (label: string) => ({ level: label }) },
  timestamp: pino.stdTimeFunctions.isoTime,
}

/** Said once at a start. */
export const MAIL_OFF = 'e-mail is off: MAIL_FROM and SMTP_URL are empty'

export const createLog = (level: string, name: string): Logger => pino({ ...logOptions, level, name })

/** What a process has before its stores are there. */
export type Beginning = Pick<Context, 'stores' | 'metrics' | 'telemetry'>

/** @param tracing absent while nobody takes traces */
export const begin = (config: Config, log: Logger, tracing?: { telemetry: Telemetry }): Beginning => ({
  stores: createStores(config, log),
  metrics: createMetrics(),
  ...(tracing ? { telemetry: tracing.telemetry } : {}),
})

/**
 * @param within how long to wait for the stores
 * @throws when one of them is not there by then, with its address (without credentials) and what it is, in words
 */
export async function openContext<C extends Config>(config: C, log: Logger, within = 5_000): Promise<Context<C>> {
  const context = await openStores(config, log, begin(config, log), within)
  try {
    await withDeadline(context.stores.redis.back(), within)
    return context
  } catch (error) {
    await context.close()
    const sentence = sentenceOf(`Redis at ${shownRedis(config.redis.address)}`, context.stores.redis.word)
    throw new Error(sentence, { cause: error })
  }
}

/** As `openContext`; waits for MongoDB alone, and without end unless that is said. Redis may come later. */
export async function openStores<C extends Config>(
  config: C,
  log: Logger,
  beginning: Beginning,
  within = Infinity,
): Promise<Context<C>> {
  const { stores, metrics, telemetry } = beginning
  const db = await stores.mongodb
    .arrive(() => openDb(config.mongo.url, { log, keepDays: config.keepDays }), within)
    .catch((error: Error) => {
      stores.close()
      if (error instanceof ConfigError || error instanceof MigrationError) throw error
      const sentence = sentenceOf(`MongoDB at ${withoutCredentials(config.mongo.url)}`, wordOfMongodb(error))
      throw new Error(`${sentence} (${error.name})`, { cause: error })
    })
  measureMongo(metrics, db)
  const processId = randomUUID()
  stores.mongodb.watch(() => writeProcess(db, processId, false))
  const redis = openRedis(config, log, 'producer')
  measureRedis(metrics, redis)
  let lastError: Error | undefined
  redis.on('error', (error: Error) => {
    lastError = error
    stores.redis.report(error, 'connection to Redis')
  })
  redis.on('ready', () => void stores.redis.look(0))
  stores.redis.watch(async () => {
    // What is asked of a connection that is not there fails without saying why.
    if (redis.status !== 'ready' && lastError) throw lastError
    await redis.set(`${config.redis.prefix}:probe`, 1, 'PX', PROBE_KEPT_MS)
  })
  // It is nearly always there, and what is told at the start reaches whoever listens.
  await withDeadline(once(redis, 'ready'), REDIS_READY_MS).catch(() => {})
  const queues = openQueues({
    connection: redis,
    prefix: config.redis.prefix,
    skipVersionCheck: true,
    ...(telemetry ? { telemetry } : {}),
  })
  for (const queue of Object.values(queues)) {
    queue.on('error', (error) => stores.redis.report(error, 'a queue', { queue: queue.name }))
  }
  metrics.watch({ queues: readQueues(queues), counts: readCounts(db) })
  return {
    ...beginning,
    config,
    log,
    processId,
    db,
    redis,
    queues,
    seal: createSeal(config.sealingKey),
    async close() {
      stores.close()
      await Promise.all(Object.values(queues).map((queue) => queue.close()))
      redis.disconnect()
      await db.connection.close()
    },
  }
}
