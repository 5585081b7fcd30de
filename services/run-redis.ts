// The embedded Redis as a foreground program, for the process supervisor.
import path from 'node:path'
import { startRedis } from './redis.ts'
import { runtimeDir } from './paths.ts'
import { runServer } from './run-server.ts'

await runServer((port) =>
  startRedis({ dataDir: path.join(runtimeDir, 'data', 'redis'), port, durable: true, log: console.log }),
)
