// Opens MongoDB and Redis for the doctor: once each, giving up soon, and telling why as a verdict.
import type { WorkerConfig } from '../../src/config.ts'
import { connectDb, type Db } from '../../src/db/open.ts'
import { withDeadline } from '../../src/deadline.ts'
import { failed, type Verdict } from '../../src/examination.ts'
import { visitRedis, type RedisConnection } from '../../src/redis.ts'
import { shownRedis } from '../../src/redis-url.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'

/** Each store is open, or there is a verdict that says why not. */
export interface Stores {
  mongo: Promise<{ db: Db } | { why: Verdict }>
  redis: Promise<{ redis: RedisConnection } | { why: Verdict }>
}

const OPEN_MS = 4_000

export function openStores(config: WorkerConfig): Stores & { close(): Promise<void> } {
  const mongoUrl = config.mongo.url
  const opening = connectDb(mongoUrl, {
    serverSelectionTimeoutMS: OPEN_MS,
    connectTimeoutMS: OPEN_MS,
    autoCreate: false,
    maxPoolSize: 8,
  })
  const visiting = visitRedis(config.redis.address, OPEN_MS)
  return {
    mongo: withDeadline(opening, OPEN_MS + 1_000).then(
      (db) => ({ db }),
      (error: Error) => ({ why: mongoVerdict(error, withoutCredentials(mongoUrl)) }),
    ),
    redis: visiting.then(
      (redis) => ({ redis }),
      (error: Error) => ({ why: redisVerdict(error, shownRedis(config.redis.address)) }),
    ),
    async close() {
      await visiting.then((redis) => redis.disconnect()).catch(() => {})
      await withDeadline(
        opening.then(({ connection }) => connection.close(true)),
        500,
      ).catch(() => {})
    },
  }
}

interface StoreError extends Error {
  code?: number | string
  codeName?: string
}

/** Bad credentials are another thing than silence. */
export function mongoVerdict(error: StoreError, at: string): Verdict {
  const refused = error.codeName === 'AuthenticationFailed' || error.code === 18 || /authenticat/i.test(error.message)
  if (refused) return failed(`${at} refuses the credentials`, 'Check user, password and authSource in MONGODB_URL.')
  if (error.codeName === 'Unauthorized' || error.code === 13) {
    return failed(`${at} does not let its user do that`, 'Give the user of MONGODB_URL the role readWrite on it.')
  }
  if (/ServerSelection|Network|no answer in time/.test(`${error.name} ${error.message}`)) {
    return failed(
      `${at} does not answer`,
      'Check that MongoDB runs and that this machine reaches it; the address is MONGODB_URL. Nothing is lost: work goes on when it is back.',
    )
  }
  return failed(`${at} answers with an error (${error.codeName ?? error.name})`, 'Look at the log of MongoDB.')
}

export function redisVerdict(error: StoreError, at: string): Verdict {
  const [word = ''] = error.message.split(' ', 1)
  if (['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(word) || /invalid password/i.test(error.message)) {
    return failed(
      `${at} refuses the credentials (${word})`,
      'Check user and password in REDIS_URL, and what its ACL allows.',
    )
  }
  if (word === 'READONLY') {
    return failed(
      `${at} is a replica and takes no writes`,
      'Point REDIS_URL at the master, or make this one the master.',
    )
  }
  if (word === 'OOM') {
    return failed(`${at} is full and takes no writes`, 'Raise maxmemory, or find what else lies in that Redis.')
  }
  const code = typeof error.code === 'string' ? ` (${error.code})` : ''
  return failed(
    `${at} does not answer${code}`,
    'Check that Redis runs and that this machine reaches it; the address is REDIS_URL. Nothing is lost: the sweep brings back what waited there.',
  )
}
