// Counts all channels for the admin's list. Of all processes one does, as often as it is little work.
import type { Context } from '../src/context.ts'
import { countAll, extendCount, keepCount, takeCount } from '../src/db/kept-counts.ts'
import { startRounds } from './rounds.ts'

/** Longer than MongoDB may count a part of them. */
const TAKEN_MS = 60_000
const AGAIN_MS = 5_000
/** What was hard to count is counted more seldom. */
const AGAIN_TIMES = 20

type Needs = Pick<Context, 'config' | 'db' | 'stores'>

/** @returns false where no count was due, or another process took it over */
export async function countOnce({ db }: Pick<Needs, 'db'>, at = new Date()): Promise<boolean> {
  const startedAt = performance.now()
  const after = (ms: number) => new Date(at.getTime() + (performance.now() - startedAt) + ms)
  let until = after(TAKEN_MS)
  if (!(await takeCount(db, at, until))) return false
  const rows = await countAll(db, at, () => {
    const before = until
    until = after(TAKEN_MS)
    return extendCount(db, before, until)
  })
  if (!rows) return false
  const againMs = Math.max(AGAIN_MS, AGAIN_TIMES * (performance.now() - startedAt))
  await keepCount(db, until, { at, rows, lookAt: after(againMs) })
  return true
}

export const startConnectionCounts = (context: Needs) =>
  startRounds(context, () => countOnce(context), 'the count of channels broke off')
