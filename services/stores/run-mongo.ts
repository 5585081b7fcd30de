// The embedded MongoDB as a foreground program, for the process supervisor.
import { startMongo } from './mongo.ts'
import { dataDir } from '../processes/programs.ts'
import { runServer } from '../processes/run-server.ts'

await runServer(() => startMongo({ dataDir: dataDir('mongo'), durable: true, log: console.log }))
