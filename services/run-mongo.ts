// The embedded MongoDB as a foreground program, for the process supervisor.
import path from 'node:path'
import { startMongo } from './mongo.ts'
import { runtimeDir } from './paths.ts'
import { runServer } from './run-server.ts'

await runServer((port) =>
  startMongo({ dataDir: path.join(runtimeDir, 'data', 'mongo'), port, durable: true, log: console.log }),
)
