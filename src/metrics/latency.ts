// Measures how long MongoDB and Redis take to answer, by what their clients tell of each command.
import type { Command } from 'ioredis'
import type { Db } from '../db/open.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisConnection } from '../redis.ts'

/** The driver tells of commands where it was opened with `monitorCommands`. */
export function measureMongo({ mongoAnswered }: Pick<Metrics, 'mongoAnswered'>, db: Db): void {
  const client = db.connection.getClient()
  client.on('commandSucceeded', ({ commandName, duration }) => mongoAnswered(commandName, true, duration))
  client.on('commandFailed', ({ commandName, duration }) => mongoAnswered(commandName, false, duration))
}

/** Every command goes through `sendCommand`, those of pipelines and scripts too. */
export function measureRedis({ redisAnswered }: Pick<Metrics, 'redisAnswered'>, redis: RedisConnection): void {
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command: Command, ...more: [never?]) => {
    const startedAt = performance.now()
    const sent = send(command, ...more)
    command.promise.then(
      () => redisAnswered(true, performance.now() - startedAt),
      () => redisAnswered(false, performance.now() - startedAt),
    )
    return sent
  }
}
