// The embedded Redis as a foreground program, for the process supervisor.
import { startRedis } from './redis.ts'
import { dataDir } from '../processes/programs.ts'
import { runServer } from '../processes/run-server.ts'

await runServer(() => startRedis({ dataDir: dataDir('redis'), durable: true, log: console.log }))
