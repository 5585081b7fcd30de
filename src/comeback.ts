// How a server stands that passes by itself what it has: who has put it aside, who waits for it, and whether it is back.
import type { Db } from './db/open.ts'
import { countWaiting, findLastConnected, type IncidentDoc } from './db/incidents.ts'
import { listBreakers } from './db/processes.ts'
import type { ServerDoc } from './db/servers.ts'
import { outcomes } from './outcomes/catalogue.ts'
import { findings } from './outcomes/findings.ts'

export interface Comeback {
  /** worker processes that have put it aside */
  breakers: number
  /** when the first of them tries it again; null: with the next connection */
  triedAt: Date | null
  waiting: number
  nextTryAt: Date | null
  /** it has answered since the last of them failed, and nobody has put it aside */
  back: boolean
}

/** @returns null where time alone mends nothing */
export async function findComeback(
  db: Db,
  { server, code }: Pick<IncidentDoc, 'server' | 'code'>,
  look: Pick<ServerDoc, 'finding' | 'lookedAt'> | null,
  at: Date,
): Promise<Comeback | null> {
  if (outcomes[code].fixBy !== 'time') return null
  const [breakers, { count, nextTryAt, failedAt }, connectedAt] = await Promise.all([
    listBreakers(db, server, at),
    countWaiting(db, { server, code }),
    findLastConnected(db, server),
  ])
  const later = breakers.filter((until) => until > at).map(Number)
  const answered = [connectedAt, look?.finding && findings[look.finding].tone === 'good' ? look.lookedAt : null]
  return {
    breakers: breakers.length,
    triedAt: later.length > 0 ? new Date(Math.min(...later)) : null,
    waiting: count,
    nextTryAt,
    back: later.length === 0 && failedAt !== null && answered.some((time) => time && time > failedAt),
  }
}
