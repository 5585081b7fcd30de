// MongoDB and Redis for the tests: as containers where a Docker engine answers, else those of `services/`.
import { join } from 'node:path'
import type { ContainerRuntimeClient } from 'testcontainers'
import { startMongo } from '../../services/stores/mongo.ts'
import { startRedis } from '../../services/stores/redis.ts'
import { withDeadline } from '../../src/deadline.ts'

export interface Stores {
  kind: 'containers' | 'services'
  mongoUrl: string
  redisUrl: string
  stop(): Promise<void>
}

/** `TEST_STORES`: containers or services, and nothing else; empty: containers where they can be had. */
export async function startStores(dir: string): Promise<Stores> {
  const wanted = process.env.TEST_STORES || 'any'
  if (!['any', 'containers', 'services'].includes(wanted)) {
    throw new Error('TEST_STORES is not usable: expected containers or services')
  }
  const containers = wanted === 'services' ? null : await startContainers()
  if (containers) return containers
  if (wanted === 'containers') {
    throw new Error('TEST_STORES=containers, and no Docker engine answers here that can run them')
  }
  return startServices(dir)
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

const ENGINE_ANSWERS_MS = 5_000
const REGISTRY_ANSWERS_MS = 5_000
const DOWNLOAD_MS = 300_000
const STARTED_MS = 60_000

/** Image names by variable, because not every engine can pull. @returns null where no engine answers or it cannot run them */
async function startContainers(): Promise<Stores | null> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  const engine = await withDeadline(getContainerRuntimeClient(), ENGINE_ANSWERS_MS).catch(() => null)
  if (!engine) return null
  const started = await Promise.allSettled([
    startContainer(engine, process.env.MONGO_IMAGE || 'mongo:8', 27017),
    startContainer(engine, process.env.REDIS_IMAGE || 'redis:8', 6379, [
      'redis-server',
      '--maxmemory-policy',
      'noeviction',
    ]),
  ])
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.container] : []))
  const stop = async () => {
    await Promise.all(running.map((container) => container.stop()))
  }
  const [mongo, redis] = started
  if (mongo.status === 'rejected' || redis.status === 'rejected') {
    const why = started.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message.trim()] : []))
    console.log(
      `A Docker engine answers, but it cannot run the stores, so those of services/ are used: ${why.join('; ')}`,
    )
    await stop()
    return null
  }
  return {
    kind: 'containers',
    mongoUrl: `mongodb://${mongo.value.address}/test`,
    redisUrl: `redis://${redis.value.address}`,
    stop,
  }
}

async function startContainer(engine: ContainerRuntimeClient, image: string, port: number, command: string[] = []) {
  const { GenericContainer, Wait } = await import('testcontainers')
  await bringImage(engine, image).catch((error: Error) => {
    throw new Error(`${image} cannot be had: ${error.message.trim()}`)
  })
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withCommand(command)
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(STARTED_MS)
    .start()
  return { container, address: `${container.getHost()}:${container.getMappedPort(port)}` }
}

/** A registry that does not answer costs seconds; one that does may take its time for the download. */
async function bringImage({ image, container: { dockerode } }: ContainerRuntimeClient, name: string): Promise<void> {
  const { ImageName } = await import('testcontainers')
  if (await image.exists(ImageName.fromString(name))) return
  const download = await withDeadline(dockerode.pull(name), REGISTRY_ANSWERS_MS)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  dockerode.modem.followProgress(download, (error) => (error ? reject(error) : resolve()))
  await withDeadline(promise, DOWNLOAD_MS)
}
