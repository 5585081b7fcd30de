// Redis: does it answer and take writes, and does it neither throw jobs away nor lose them.
import { failed, ok, warning, type Verdict } from '../../src/examination.ts'
import { readInfo, type RedisConnection, type RedisInfo } from '../../src/redis.ts'
import { evictionOf, persistenceOf } from '../../src/redis-settings.ts'
import { shownRedis } from '../../src/redis-url.ts'
import type { Patient, Plan } from './examine.ts'
import { redisVerdict } from './stores.ts'

/** What the queues' library asks for. */
const OLDEST = [6, 2] as const
const FULL_SHARE = 0.9
const PROBE_SECONDS = 60

export function examineRedis({ redis, config }: Patient): Plan[] {
  const at = shownRedis(config.redis.address)
  const info = redis.then(async (opened) => {
    if ('why' in opened) return opened
    return readInfo(opened.redis).then(
      (info) => ({ info }),
      (error: Error) => ({ why: redisVerdict(error, at) }),
    )
  })
  const byInfo = (id: string, title: string, look: (info: RedisInfo) => Verdict): Plan => ({
    id,
    title,
    async look() {
      const told = await info
      return 'why' in told ? told.why : look(told.info)
    },
  })
  return [
    byInfo('redis', 'Redis', (info) => examineServer(info, at)),
    {
      id: 'redis_write',
      title: 'Redis writes',
      async look() {
        const opened = await redis
        if ('why' in opened) return opened.why
        return examineWrites(opened.redis, `${config.redis.prefix}:doctor`).catch((error: Error) =>
          redisVerdict(error, at),
        )
      },
    },
    byInfo('redis_eviction', 'Redis eviction', evictionOf),
    byInfo('redis_persistence', 'Redis persistence', persistenceOf),
    byInfo('redis_memory', 'Redis memory', examineMemory),
  ]
}

function examineServer(info: RedisInfo, at: string): Verdict {
  const valkey = info.get('valkey_version')
  const version = valkey ?? info.get('redis_version') ?? '0'
  const found = `${valkey ? 'Valkey ' : ''}${version} at ${at}, ${info.get('redis_mode') ?? 'standalone'}`
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
  if (isOld) return failed(found, `Use Redis ${OLDEST.join('.')} or newer, or Valkey.`)
  if (info.get('role') === 'slave') {
    return failed(`${found}, a replica`, 'Point REDIS_URL at the master, or make this one the master.')
  }
  return ok(found)
}

async function examineWrites(redis: RedisConnection, key: string): Promise<Verdict> {
  const startedAt = performance.now()
  await redis.set(key, 'ok', 'EX', PROBE_SECONDS)
  const read = await redis.get(key)
  await redis.del(key)
  if (read !== 'ok')
    return failed('what is written is not there afterwards', 'Find out what stands between us and Redis.')
  return ok(`written, read and removed in ${Math.round(performance.now() - startedAt)} ms`)
}

function examineMemory(info: RedisInfo): Verdict {
  const [used, most] = ['used_memory', 'maxmemory'].map((name) => Number(info.get(name) ?? 0)) as [number, number]
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`
  if (!most) return ok(`${megabytes(used)} used, without a limit of its own`)
  const found = `${megabytes(used)} of ${megabytes(most)} used`
  if (used / most < FULL_SHARE) return ok(found)
  return warning(
    found,
    'Raise maxmemory: a full Redis takes no jobs. ./service.sh status says what waits in the queues.',
  )
}
