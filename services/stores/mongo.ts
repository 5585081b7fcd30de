// MongoDB for whoever configured none: a genuine mongod if one can be had, else DocumentDB behind FerretDB.
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Child } from '../processes/child.ts'
import { bringDatabases } from '../bring/databases.ts'
import { debianObstacle } from '../bring/debian.ts'
import { ServiceError } from '../errors.ts'
import { bringFerretdb, startFerretdb } from './ferretdb.ts'
import { bringMongod, startMongod } from './mongod.ts'
import { makeSocketDir, socketDirFor } from '../paths.ts'
import { clearSocket } from '../processes/ports.ts'
import type { StartedServer } from '../processes/run-server.ts'
import { startPostgres } from './postgres.ts'

const DATABASE = 'bluesky-connect'

export type ServerOptions = {
  dataDir: string
  /** False: faster, and nothing survives a crash of the machine. For tests. */
  durable: boolean
  log: (line: string) => void
}

/** With the processes that it consists of. */
type StartedMongo = StartedServer & { pids: number[] }

type Engine = { kind: 'mongod'; program: string } | { kind: 'documentdb' }

/** Brings what `startMongo` needs, so that a later start does not have to wait for it. */
export async function bringMongo(dataDir: string): Promise<Engine> {
  // Data stay with the engine that wrote them, also when another one turns up later.
  const program = existsSync(documentdbDir(dataDir)) ? undefined : await bringMongod()
  if (program) return { kind: 'mongod', program }
  if (existsSync(mongodDir(dataDir))) {
    throw new ServiceError(
      `The data in ${mongodDir(dataDir)} need MongoDB itself, which is no longer to be had on this machine.`,
    )
  }
  const obstacle = debianObstacle()
  if (obstacle) {
    throw new ServiceError(
      `There is no MongoDB on this machine, and none can be brought: ${obstacle}. ` +
        'Install MongoDB (so that mongod is on PATH), or set MONGODB_URL in .env.',
    )
  }
  const results = await Promise.allSettled([bringDatabases(), bringFerretdb()])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return { kind: 'documentdb' }
}

/** A server on a socket that only this user can reach, and that ends with this process, however this process ends. */
export async function startMongo({ dataDir, durable, log }: ServerOptions): Promise<StartedMongo> {
  const engine = await bringMongo(dataDir)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const socketDir = makeSocketDir(dataDir)
  const socket = mongoSocket(dataDir)
  await clearSocket('MongoDB', socket)
  const url = mongoUrl(dataDir)
  const removeSockets = () => rm(socketDir, { recursive: true, force: true })
  if (engine.kind === 'mongod') {
    const child = await startMongod({ program: engine.program, dataDir: mongodDir(dataDir), socket, log })
    return {
      url,
      pids: [child.pid],
      ended: child.ended,
      async stop() {
        await child.stop()
        await removeSockets()
      },
    }
  }
  const postgres = await startPostgres({
    dataDir: documentdbDir(dataDir),
    socketDir: path.join(socketDir, 'postgres'),
    durable,
    log,
  })
  let ferretdb: Child
  try {
    const stateDir = path.join(dataDir, 'ferretdb')
    ferretdb = await startFerretdb({ postgresDir: postgres.socketDir, stateDir, socket, log })
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return {
    url,
    pids: [postgres.child.pid, ferretdb.pid],
    ended: Promise.race([postgres.child.ended, ferretdb.ended]),
    async stop() {
      await ferretdb.stop()
      await postgres.stop()
      await removeSockets()
    },
  }
}

export function mongoSocket(dataDir: string): string {
  return path.join(socketDirFor(dataDir), 'mongo.sock')
}

export function mongoUrl(dataDir: string): string {
  return `mongodb://${encodeURIComponent(mongoSocket(dataDir))}/${DATABASE}`
}

function documentdbDir(dataDir: string): string {
  return path.join(dataDir, 'documentdb')
}

function mongodDir(dataDir: string): string {
  return path.join(dataDir, 'mongod')
}
