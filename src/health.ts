// What every process says of its health: /healthz, that it is alive, and /readyz, that the stores it stands on answer.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Context } from './context.ts'
import { withDeadline } from './deadline.ts'

type State = 'ok' | 'unavailable'

/** @returns null for any other path */
export async function health(
  { db, redis }: Pick<Context, 'db' | 'redis'>,
  path: string,
): Promise<{ status: number; body: object } | null> {
  if (path === '/healthz') return { status: 200, body: { status: 'ok' } }
  if (path !== '/readyz') return null
  const stateOf = async (work: Promise<unknown>): Promise<State> =>
    withDeadline(work, 2_000).then(
      () => 'ok',
      () => 'unavailable',
    )
  const ping = db.connection.db?.command({ ping: 1 }) ?? Promise.reject(new Error('not connected'))
  const [mongodb, cache] = await Promise.all([stateOf(ping), stateOf(redis.ping())])
  const status: State = mongodb === 'ok' && cache === 'ok' ? 'ok' : 'unavailable'
  return { status: status === 'ok' ? 200 : 503, body: { status, mongodb, redis: cache } }
}

/** A process's own address, which is not the one that people reach. @returns the port, and how to close it */
export async function openHealthServer(
  context: Pick<Context, 'config' | 'db' | 'redis'>,
): Promise<{ port: number; close(): void }> {
  const { port, address } = context.config.health
  const server = createServer((request, response) => {
    void health(context, request.url ?? '').then((found) => {
      const { status, body } = found ?? { status: 404, body: { status: 'not found' } }
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
