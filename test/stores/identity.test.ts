// Two installations on one Redis or one MongoDB are found when the second one starts; a single one never is, whatever it lost.
import { randomBytes } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { ConfigError, readWorkerConfig, type WorkerConfig } from '../../src/config.ts'
import { openContext, type Context } from '../../src/context.ts'
import { joinInstallation } from '../../src/installation.ts'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { collectLog } from '../helpers/log.ts'
import { startRedisServer } from '../helpers/redis-servers.ts'

const stores = inject('stores')
/** Of these processes, so that nobody has to wait for long. */
const BEAT_MS = 400
const newName = () => `t${randomBytes(6).toString('hex')}`
const newDatabase = () => stores.mongoUrl.replace(/\/[^/]*$/, `/${newName()}`)

/** One process of an installation. */
async function processOn(env: { MONGODB_URL: string; REDIS_URL: string; QUEUE_PREFIX: string }) {
  const config = readWorkerConfig({ ...newSealingKeys(), ...env })
  const log = collectLog()
  const context: Context<WorkerConfig> = await openContext(config, log.logger, 60_000)
  const failed = Promise.withResolvers<Error>()
  let leave = async () => {}
  onTestFinished(async () => {
    await leave()
    if (context.stores.mongodb.word === 'ok') await context.db.connection.dropDatabase()
    await context.close()
  })
  return {
    context,
    failed: failed.promise,
    join: async () => {
      ;({ leave } = await joinInstallation(context, failed.resolve, BEAT_MS))
    },
  }
}

const here = () => ({ MONGODB_URL: newDatabase(), REDIS_URL: stores.redisUrl, QUEUE_PREFIX: newName() })

test('another database on the same Redis and prefix is refused, with a sentence', async () => {
  const env = here()
  const [one, other] = [await processOn(env), await processOn({ ...env, MONGODB_URL: newDatabase() })]
  await one.join()
  const refused = await other.join().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect((refused as Error).message).toContain('Another installation works on this Redis with another MongoDB')
}, 120_000)

test('another Redis on the same database is refused, with a sentence', async () => {
  const env = here()
  const redis = await startRedisServer()
  const [one, other] = [await processOn(env), await processOn({ ...env, REDIS_URL: `redis://127.0.0.1:${redis.port}` })]
  await one.join()
  await expect(other.join()).rejects.toThrow('Another installation works on this MongoDB with another Redis')
}, 120_000)

test('two that start at the same moment find each other soon', async () => {
  const env = here()
  const [one, other] = [await processOn(env), await processOn({ ...env, MONGODB_URL: newDatabase() })]
  const joined = await Promise.allSettled([one.join(), other.join()])
  const errors = joined.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  const found = errors[0] ?? (await Promise.race([one.failed, other.failed]))
  expect(found).toBeInstanceOf(ConfigError)
}, 120_000)

test('a single one goes on after its Redis was wiped, and starts anew after its database was', async () => {
  const env = here()
  const [one, other] = [await processOn(env), await processOn(env)]
  await one.join()
  const keys = await one.context.redis.keys(`${env.QUEUE_PREFIX}:*`)
  await one.context.redis.del(...keys)
  await other.join()
  const restored = await processOn({ ...env, MONGODB_URL: newDatabase() })
  // As after a restore: the processes of before have stopped, and are known to Redis alone.
  await other.context.redis.zadd(`${env.QUEUE_PREFIX}:processes`, Date.now(), 'a process of before')
  await expect(processOn({ ...env }).then(({ join }) => join())).resolves.toBeUndefined()
  expect(restored.context.processId).not.toBe(one.context.processId)
}, 120_000)
