// MongoDB and Redis for the tests: as containers where a Docker engine answers, else those of `services/`.
import { join } from 'node:path'
import { startMongo } from '../../services/mongo.ts'
import { startRedis } from '../../services/redis.ts'

export interface Stores {
  kind: 'containers' | 'services'
  mongoUrl: string
  redisUrl: string
  stop(): Promise<void>
}

export async function startStores(dir: string): Promise<Stores> {
  return (await startContainers()) ?? (await startServices(dir))
}

async function startServices(dir: string): Promise<Stores> {
  const options = (name: string) => ({ dataDir: join(dir, name), durable: false, log: () => {} })
  const [mongo, redis] = await Promise.all([startMongo(options('mongo')), startRedis(options('redis'))])
  return {
    kind: 'services',
    mongoUrl: mongo.url,
    redisUrl: redis.url,
    stop: async () => {
      await Promise.all([mongo.stop(), redis.stop()])
    },
  }
}

/** Image names by variable, because not every engine can pull. @returns null where no engine answers or it has no image */
async function startContainers(): Promise<Stores | null> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers')
  const client = await getContainerRuntimeClient().catch(() => null)
  if (!client) return null
  const start = (image: string, port: number, command?: string[]) => {
    const container = new GenericContainer(image).withExposedPorts(port).withWaitStrategy(Wait.forListeningPorts())
    return (command ? container.withCommand(command) : container).withStartupTimeout(60_000).start()
  }
  const started = await Promise.allSettled([
    start(process.env.MONGO_IMAGE || 'mongo:8', 27017),
    start(process.env.REDIS_IMAGE || 'redis:8', 6379, ['redis-server', '--maxmemory-policy', 'noeviction']),
  ])
  const [mongo, redis] = started.map((each) => (each.status === 'fulfilled' ? each.value : null))
  const stop = async () => {
    await Promise.all([mongo?.stop(), redis?.stop()])
  }
  if (!mongo || !redis) {
    console.log('A Docker engine answers, but it cannot run the images; the stores of services/ are used.')
    await stop()
    return null
  }
  return {
    kind: 'containers',
    mongoUrl: `mongodb://${mongo.getHost()}:${mongo.getMappedPort(27017)}/test`,
    redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
    stop,
  }
}
