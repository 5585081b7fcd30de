// Finds out whether another installation works on the same MongoDB or Redis: each process tells in both that it is alive.
//
// An id that is kept in the stores would not do: a copy of a database has the id of the original, and a wiped Redis none.
// A process that tells in one store that it goes on, and in the other one never, stands on another store there.
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from './config.ts'
import type { Context } from './context.ts'
import { forgetProcess, listBeats, writeProcess } from './db/processes.ts'
import { isNodeOfCluster } from './redis.ts'
import { redisWarnings } from './redis-settings.ts'

const BEAT_MS = 5_000
/** After two beats of theirs, all processes of one installation are in both stores. */
const WATCHED_BEATS = 2.5
const GONE_MS = 300_000

type Needs = Pick<Context, 'config' | 'db' | 'redis' | 'stores' | 'log' | 'processId'>

/**
 * Resolves when both stores are there and nobody else works on them; from then on it tells that this process is alive.
 * @param fail called where it turns out later that somebody does: both began at the same moment
 * @throws ConfigError where somebody does
 */
export async function joinInstallation(
  context: Needs,
  fail: (error: Error) => void,
  beatMs = BEAT_MS,
): Promise<{ leave(): Promise<void> }> {
  const { stores, redis, processId, db } = context
  while (true) {
    await Promise.all([stores.mongodb.back(), stores.redis.back()])
    try {
      await lookAround(context, beatMs)
      break
    } catch (error) {
      if (error instanceof ConfigError) throw error
      stores.report(error, 'the look for other installations broke off')
      await sleep(beatMs)
    }
  }

  const key = keyOf(context)
  const beat = async () => {
    if (stores.mongodb.word !== 'ok' || stores.redis.word !== 'ok') return
    try {
      await writeProcess(db, processId, true)
      const now = Date.now()
      await redis
        .pipeline()
        .zadd(key, now, processId)
        .zremrangebyscore(key, 0, now - GONE_MS)
        .exec()
    } catch (error) {
      stores.report(error, 'this process could not tell that it is alive')
    }
  }
  await beat()
  const timer = setInterval(() => void beat(), beatMs).unref()
  const again = setTimeout(() => {
    watchOthers(context, beatMs).catch((error: Error) => {
      if (error instanceof ConfigError) fail(error)
    })
  }, WATCHED_BEATS * beatMs).unref()
  return {
    async leave() {
      clearInterval(timer)
      clearTimeout(again)
      if (stores.redis.word === 'ok') await redis.zrem(key, processId).catch(() => {})
      if (stores.mongodb.word === 'ok') await forgetProcess(db, processId).catch(() => {})
    },
  }
}

/** @throws ConfigError */
async function lookAround(context: Needs, beatMs: number): Promise<void> {
  const { redis, log } = context
  if (await isNodeOfCluster(redis)) {
    throw new ConfigError('REDIS_URL is not usable: it names one server of a cluster. Write redis+cluster://… for it')
  }
  await watchOthers(context, beatMs)
  for (const warning of await redisWarnings(redis)) log.warn(warning)
}

const keyOf = ({ config }: Pick<Context, 'config'>) => `${config.redis.prefix}:processes`

/** Processes, each with what grows with every beat. */
type Beats = Map<string, number>

async function readBeats({ db, redis, ...context }: Needs): Promise<{ mongodb: Beats; redis: Beats }> {
  const [mongodb, scored] = await Promise.all([listBeats(db), redis.zrange(keyOf(context), '0', '-1', 'WITHSCORES')])
  const pairs = Array.from(
    { length: scored.length / 2 },
    (_, at) => [scored[2 * at], Number(scored[2 * at + 1])] as const,
  )
  return { mongodb, redis: new Map(pairs.map(([id = '', at]) => [id, at])) }
}

/** Where all are in both stores, which is nearly always so, it takes no time. @throws ConfigError */
async function watchOthers(context: Needs, beatMs: number): Promise<void> {
  const first = await readBeats(context)
  let strangers = { mongodb: onlyIn(first.mongodb, first.redis), redis: onlyIn(first.redis, first.mongodb) }
  const until = Date.now() + WATCHED_BEATS * beatMs
  while (strangers.mongodb.length + strangers.redis.length > 0) {
    await sleep(beatMs / 10)
    const now = await readBeats(context)
    strangers = {
      mongodb: strangers.mongodb.filter((id) => now.mongodb.has(id) && !now.redis.has(id)),
      redis: strangers.redis.filter((id) => now.redis.has(id) && !now.mongodb.has(id)),
    }
    if (Date.now() < until) continue
    const goesOn = (ids: string[], before: Beats, after: Beats) =>
      ids.some((id) => (after.get(id) ?? 0) > (before.get(id) ?? 0))
    if (goesOn(strangers.redis, first.redis, now.redis)) refuse(context, 'this Redis', 'another MongoDB')
    if (goesOn(strangers.mongodb, first.mongodb, now.mongodb)) refuse(context, 'this MongoDB', 'another Redis')
    return
  }
}

const onlyIn = (these: Beats, others: Beats) => [...these.keys()].filter((id) => !others.has(id))

function refuse({ config }: Needs, here: string, there: string): never {
  throw new ConfigError(
    `Another installation works on ${here} with ${there}: each would take the jobs of the other. Give every installation ` +
      `a database and a QUEUE_PREFIX of its own (here ${config.redis.prefix}); if this one was moved, stop its old processes first`,
  )
}
