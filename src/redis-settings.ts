// Whether Redis is set so that it neither throws jobs away nor loses them: said at the start and by the doctor.
import { ok, warning, type Verdict } from './examination.ts'
import { readInfo, type RedisConnection, type RedisInfo } from './redis.ts'

export function evictionOf(info: RedisInfo): Verdict {
  const policy = info.get('maxmemory_policy')
  if (!policy) return ok('the server does not say')
  if (policy === 'noeviction') return ok(policy)
  return warning(
    `${policy}: when it is full it throws jobs away`,
    'Set maxmemory-policy noeviction in redis.conf, and at once: CONFIG SET maxmemory-policy noeviction.',
  )
}

export function persistenceOf(info: RedisInfo): Verdict {
  const aof = info.get('aof_enabled')
  if (aof === undefined) return ok('the server does not say')
  if (info.get('aof_last_write_status') === 'err' || info.get('rdb_last_bgsave_status') === 'err') {
    return warning('the last write to its disk failed', 'Look at the disk of Redis and at its log.')
  }
  if (aof === '1') return ok('appendonly is on')
  return warning(
    'appendonly is off: after a crash the queues are empty until the sweep has filled them again, and limits begin anew',
    'Set appendonly yes in redis.conf, and at once: CONFIG SET appendonly yes.',
  )
}

/** A sentence for each thing that is not as docs/operations.md says. @throws what Redis answers */
export async function redisWarnings(redis: RedisConnection): Promise<string[]> {
  const info = await readInfo(redis)
  return [evictionOf(info), persistenceOf(info)].flatMap(({ found, todo }) => (todo ? `Redis: ${found}. ${todo}` : []))
}
