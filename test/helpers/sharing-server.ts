// A server for test/services/listen.test.ts that shares its port with others, and leaves it on SIGTERM as the API does.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from '../../src/listen.ts'

const server = createServer((_request, response) => void sleep(5).then(() => response.end('ok')))
const leave = await listen(server, { port: Number(process.argv[2]), host: '127.0.0.1' })
server.on('close', () => process.exit(0))
process.on('SIGTERM', () => void leave().then(() => server.closeIdleConnections()))
process.send?.('listening')
