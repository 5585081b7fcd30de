// Redis for whoever configured none: the one on PATH, else Debian's, else one that is built on the spot.
import { mkdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { unpackArchive } from '../bring/archive.ts'
import { bring } from '../bring/cache.ts'
import { startChild, untilReady } from '../processes/child.ts'
import { bringDatabases } from '../bring/databases.ts'
import { debianObstacle, loaderCommand } from '../bring/debian.ts'
import { ServiceError } from '../errors.ts'
import { makeSocketDir, socketDirFor } from '../paths.ts'
import { clearSocket } from '../processes/ports.ts'
import type { StartedServer } from '../processes/run-server.ts'
import type { ServerOptions } from './mongo.ts'
import { findProgram, mustRun } from '../run.ts'

const READY_MS = 60_000
const VERSION = '8.2.6'
const SOURCE = {
  url: `https://download.redis.io/releases/redis-${VERSION}.tar.gz`,
  sha256: '78dd7326c5c959202c6c3849d3ea9c61896d78d647c20f6542b52c0917f96eac',
}

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
  try {
    const dir = await bring({
      name: `redis-${VERSION}`,
      label: `Building Redis ${VERSION}`,
      needsMb: 500,
      async fill(partial, note) {
        await unpackArchive(partial, SOURCE)
        note('compiling')
        await mustRun('Building Redis', 'make', ['-C', partial, '-j2', 'MALLOC=libc', 'redis-server'])
      },
    })
    return path.join(dir, 'src/redis-server')
  } catch (error) {
    throw new ServiceError(
      `There is no Redis on this machine, and none can be brought: ${(error as Error).message}. ` +
        'Install Redis or Valkey (so that redis-server or valkey-server is on PATH), or set REDIS_URL in .env.',
    )
  }
}

/** A server on a socket that only this user can reach, and that ends with this process, however this process ends. */
export async function startRedis({ dataDir, durable, log }: ServerOptions): Promise<StartedServer> {
  const [command, ...args] = await bringRedis()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  makeSocketDir(dataDir)
  const socket = redisSocket(dataDir)
  await clearSocket('Redis', socket)
  const options = {
    // No port: other users of the machine could read every job through it.
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: dataDir,
    // Queues must neither lose nor forget a job.
    'maxmemory-policy': 'noeviction',
    appendonly: durable ? 'yes' : 'no',
    save: '',
    loglevel: 'notice',
  }
  const optionArgs = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const child = startChild(command as string, [...args, ...optionArgs], { name: 'redis', log })
  await untilReady(child, 'Redis', READY_MS, () => answersPing(socket))
  return {
    url: socket,
    ended: child.ended,
    async stop() {
      await child.stop()
      await rm(path.dirname(socket), { recursive: true, force: true })
    },
  }
}

// While it still loads its data it takes connections, but answers something else.
async function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, timeout: 2_000 })
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

/** Its path is what REDIS_URL takes. */
export function redisSocket(dataDir: string): string {
  return path.join(socketDirFor(dataDir), 'redis.sock')
}
