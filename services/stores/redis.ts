// Redis for whoever configured none: the one on PATH, else Debian's, else one that is built on the spot.
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { cachedDir } from '../bring/cache.ts'
import { withLock } from '../processes/lock.ts'
import { startChild, untilReady } from '../processes/child.ts'
import { bringDatabases } from '../bring/databases.ts'
import { debianObstacle, loaderCommand } from '../bring/debian.ts'
import { ServiceError } from '../errors.ts'
import { LOOPBACK, portToListenOn } from '../processes/ports.ts'
import type { StartedServer } from '../processes/run-server.ts'
import type { ServerOptions } from './mongo.ts'
import { findProgram } from '../run.ts'
import { withProgress } from '../say.ts'

const READY_MS = 60_000

/** Brings what `startRedis` needs; the answer is the command line that starts it. */
export async function bringRedis(): Promise<string[]> {
  const onPath = findProgram('redis-server') ?? findProgram('valkey-server')
  if (onPath) return [onPath]
  if (!debianObstacle()) {
    const dir = await bringDatabases()
    return [...loaderCommand(dir), path.join(dir, 'usr/bin/redis-server')]
  }
  return [await build()]
}

async function build(): Promise<string> {
  const { RedisBinary } = await import('redis-memory-server')
  const downloadDir = cachedDir('redis')
  await mkdir(downloadDir, { recursive: true })
  try {
    return await withLock(cachedDir('redis.lock'), () =>
      withProgress('Building Redis', () => RedisBinary.getPath({ downloadDir })),
    )
  } catch (error) {
    throw new ServiceError(
      `There is no Redis on this machine, and none can be brought: ${(error as Error).message}. ` +
        'Install Redis or Valkey (so that redis-server or valkey-server is on PATH), or set REDIS_URL in .env.',
    )
  }
}

/** A server on the loopback interface that ends with this process, however this process ends. */
export async function startRedis({ dataDir, port, durable, log }: ServerOptions): Promise<StartedServer> {
  const [command, ...args] = await bringRedis()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const listenPort = await portToListenOn('Redis', port)
  const options = {
    port: String(listenPort),
    bind: LOOPBACK,
    dir: dataDir,
    // Queues must neither lose nor forget a job.
    'maxmemory-policy': 'noeviction',
    appendonly: durable ? 'yes' : 'no',
    save: '',
    loglevel: 'notice',
  }
  const optionArgs = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const child = startChild(command as string, [...args, ...optionArgs], { name: 'redis', log })
  await untilReady(child, 'Redis', READY_MS, () => answersPing(listenPort))
  return { url: redisUrl(listenPort), ended: child.ended, stop: () => child.stop() }
}

// While it still loads its data it takes connections, but answers something else.
async function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: 2_000 })
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', (data) => answer(data.toString().startsWith('+PONG')))
    socket.on('error', () => answer(false))
    socket.on('close', () => answer(false))
    socket.on('timeout', () => answer(false))
  })
}

export function redisUrl(port: number): string {
  return `redis://${LOOPBACK}:${port}`
}
