// MongoDB and Redis for the time of one command: the configured ones, the running embedded ones, or embedded ones that it starts.
import type { Settings } from './settings.ts'
import { dataDir } from '../processes/programs.ts'
import type { StartedServer } from '../processes/run-server.ts'
import { listProcesses } from '../processes/supervisor.ts'
import { mongoUrl, startMongo } from '../stores/mongo.ts'
import { redisSocket, startRedis } from '../stores/redis.ts'

/** @param work gets what a program of `workers/` has to be told of the stores */
export async function withStores<T>(
  settings: Settings,
  work: (stores: { mongoUrl: string; env: Record<string, string> }) => Promise<T>,
): Promise<T> {
  const online = (await listProcesses()).filter(({ state }) => state === 'online').map(({ name }) => name)
  const started: StartedServer[] = []
  const options = (name: 'mongo' | 'redis') => ({ dataDir: dataDir(name), durable: true, log: () => undefined })
  const configured = settings.get('MONGODB_URL')
  const env: Record<string, string> = {}
  try {
    if (!configured) {
      if (!online.includes('mongo')) started.push(await startMongo(options('mongo')))
      env['MONGODB_URL'] = mongoUrl(dataDir('mongo'))
    }
    if (!settings.get('REDIS_URL')) {
      if (!online.includes('redis')) started.push(await startRedis(options('redis')))
      env['REDIS_URL'] = redisSocket(dataDir('redis'))
    }
    return await work({ mongoUrl: configured ?? mongoUrl(dataDir('mongo')), env })
  } finally {
    for (const server of started.toReversed()) await server.stop()
  }
}
