// The embedded Redis as a foreground program, for the process supervisor.
import { startRedis } from './redis.ts'
import { dataDir } from '../processes/programs.ts'
import { runServer } from '../processes/run-server.ts'

await runServer((port) => startRedis({ dataDir: dataDir('redis'), port, durable: true, log: console.log }))
