// A MongoDB of a test's own, whose parts can be killed, and that is started again on its data as a supervisor would.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { startMongo } from '../../services/stores/mongo.ts'

export interface MongoServer {
  url: string
  /** Ends a part of it as a power cut does, each time the next one: mongod, or PostgreSQL and FerretDB. @returns when it works again */
  crash(): Promise<void>
  /** @returns when it works, however often it has to be started for that */
  works(): Promise<void>
}

const AGAIN_MS = 500

/** Ends with the test. What it has said yes to is on its disk. @param within a folder */
export async function startMongoServer(within = tmpdir()): Promise<MongoServer> {
  const dir = await mkdtemp(join(within, 'bluesky-connect-mongo-'))
  const start = () => startMongo({ dataDir: join(dir, 'data'), durable: true, log: () => {} })
  let isOver = false
  let crashes = 0
  let server = await start()
  let working = Promise.resolve()
  const startAgain = async (): Promise<void> => {
    if (isOver) return
    const next = await start().catch(() => sleep(AGAIN_MS, null))
    if (!next) return startAgain()
    server = next
  }
  const keep = async (): Promise<void> => {
    await server.ended
    if (isOver) return
    working = server.stop().then(startAgain)
    await working
    return keep()
  }
  const keeping = keep()
  onTestFinished(async () => {
    isOver = true
    await working
    await server.stop()
    await keeping
    await rm(dir, { recursive: true, force: true })
  })
  const works = () => working
  return {
    url: server.url,
    works,
    async crash() {
      await works()
      const { pids, ended } = server
      process.kill(pids[crashes++ % pids.length] ?? 0, 'SIGKILL')
      await ended
      // Whoever keeps it has heard of that first.
      await sleep(0)
      await works()
    },
  }
}
