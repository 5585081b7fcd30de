// Tells whether the stores that a process stands on answer.
import type { Context } from './context.ts'
import { withDeadline } from './deadline.ts'

export interface Readiness {
  status: 'ok' | 'unavailable'
  mongodb: 'ok' | 'unavailable'
  redis: 'ok' | 'unavailable'
}

export async function checkReady({ db, redis }: Pick<Context, 'db' | 'redis'>): Promise<Readiness> {
  const answers = async (work: Promise<unknown> | undefined) => {
    if (!work) return 'unavailable' as const
    return withDeadline(work, 2_000).then(
      () => 'ok' as const,
      () => 'unavailable' as const,
    )
  }
  const [mongodb, cache] = await Promise.all([answers(db.connection.db?.command({ ping: 1 })), answers(redis.ping())])
  return { status: mongodb === 'ok' && cache === 'ok' ? 'ok' : 'unavailable', mongodb, redis: cache }
}
