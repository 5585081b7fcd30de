// What every process says of its health: /healthz, that it is alive, and /readyz, that the stores it stands on answer.
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
