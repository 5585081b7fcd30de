// The embedded MongoDB as a foreground program, for the process supervisor.
import { startMongo } from './mongo.ts'
import { dataDir } from './programs.ts'
import { runServer } from './run-server.ts'

await runServer((port) => startMongo({ dataDir: dataDir('mongo'), port, durable: true, log: console.log }))
