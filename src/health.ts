// What every process says of its health: /healthz, that it is alive, /readyz, whether the stores it stands on take writes, and /metrics.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from './config.ts'
import type { Metrics } from './metrics.ts'
import { respondWithMetrics } from './metrics/respond.ts'
import type { Stores } from './stores.ts'
import { commit, version } from './version.ts'

/** @returns null for any other path */
export async function health(
  { mongodb, redis }: Pick<Stores, 'mongodb' | 'redis'>,
  path: string,
  isServing = true,
): Promise<{ status: number; body: object } | null> {
  if (path === '/healthz') return { status: 200, body: { status: 'ok' } }
  if (path !== '/readyz') return null
  await Promise.all([mongodb.look(), redis.look()])
  const bad = [mongodb, redis].filter(({ word }) => word !== 'ok')
  const words = { mongodb: mongodb.word, redis: redis.word }
  if (bad.length === 0 && isServing) return { status: 200, body: { status: 'ok', ...words } }
  if (bad.length === 0) return { status: 503, body: { status: 'unavailable', ...words } }
  const since = new Date(Math.min(...bad.map((store) => store.since.getTime())))
  return { status: 503, body: { status: 'unavailable', ...words, since } }
}

/** A process's own address, which is not the one that people reach. @returns the port, and how to close it */
export async function openHealthServer(
  { health: { port, address } }: Pick<Config, 'health'>,
  { stores, metrics }: { stores: Stores; metrics: Metrics },
  isServing = () => true,
): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') return void respondWithMetrics(metrics, response)
    const about = request.url === '/version' ? { status: 200, body: { version, commit } } : null
    void health(stores, request.url ?? '', isServing()).then((found) => {
      const { status, body } = found ?? about ?? { status: 404, body: { status: 'not found' } }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
