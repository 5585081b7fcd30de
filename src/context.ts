// Opens what both kinds of process stand on (log, MongoDB, Redis, queues) and closes it in the reverse order.
import { Redis } from 'ioredis'
import { pino, type Logger } from 'pino'
import type { Config } from './config.ts'
import { openDb, type Db } from './db/open.ts'
import { withDeadline } from './deadline.ts'
import { openQueues, type Queues } from './jobs.ts'
import { createSeal, type Seal } from './seal.ts'
import { withoutCredentials } from './without-credentials.ts'

export interface Context<C extends Config = Config> {
  config: C
  log: Logger
  db: Db
  /** fails fast: for the front door, which must not hang when Redis is away */
  redis: Redis
  queues: Queues
  seal: Seal
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

/** @throws when MongoDB or Redis does not answer within five seconds, with the address (without credentials) in words */
export async function openContext<C extends Config>(config: C, log: Logger): Promise<Context<C>> {
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.toReversed()) await step()
    undo.length = 0
  }
  try {
    const db = await openDb(config.mongo.url).catch((error: Error) => {
      throw new Error(`MongoDB at ${withoutCredentials(config.mongo.url)} does not answer: ${error.name}`)
    })
    undo.push(() => db.connection.close())
    const redis = new Redis(config.redis.url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true })
    // Without a listener a lost connection would end the process; readiness tells that it is away.
    redis.on('error', (error: Error) => log.warn({ reason: error.message }, 'redis'))
    undo.push(() => redis.disconnect())
    await withDeadline(redis.connect(), 5_000).catch((error: Error) => {
      throw new Error(`Redis at ${withoutCredentials(config.redis.url)} does not answer: ${error.message}`)
    })
    const queues = openQueues({ connection: redis, prefix: config.redis.prefix })
    for (const queue of Object.values(queues))
      queue.on('error', (error) => log.warn({ reason: error.message }, 'queue'))
    undo.push(() => Promise.all(Object.values(queues).map((queue) => queue.close())))
    return { config, log, db, redis, queues, seal: createSeal(config.sealingKey), close }
  } catch (error) {
    await close()
    throw error
  }
}
