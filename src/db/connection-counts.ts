// How many channels fit: counted at once where they are few, else out of what a worker counts again and again.
import type { OutcomeCode } from '../outcomes/catalogue.ts'
import type { ChannelStatus } from '../contract.ts'
import type { PipelineStage } from 'mongoose'
import { anyRank, planned, type ConnectionFilter, type Lookup } from './connection-filter.ts'
import { countOf, keptCounts, told } from './kept-counts.ts'
import type { Db } from './open.ts'
import { COUNT_MS } from './query-limits.ts'
import { countRetriable, type RetryFilter } from './retries.ts'

/** Of what finds many, so many are looked at. */
const SOME = 1_000

interface Row {
  status: ChannelStatus
  code: OutcomeCode | null
  count: number
}

export interface Counted {
  rows: Row[]
  /** there are at least so many */
  more: boolean
  at: Date
}

/** Counts what fits a filter. @param now when it is asked */
export async function countConnections(db: Db, filter: ConnectionFilter | null, now: Date): Promise<Counted> {
  if (!filter) return { rows: [], more: false, at: now }
  const kept = await keptCounts(db)
  const rows = kept && told(kept.rows, filter)
  return kept && rows ? { rows, more: false, at: kept.at } : countNow(db, filter, { all: !kept, at: now })
}

/** @param all counts them all, however many they are */
export async function countNow(
  db: Db,
  filter: ConnectionFilter,
  { all, at }: { all: boolean; at: Date },
): Promise<Counted> {
  const { few, where, many } = await planned(db, filter, 'none')
  const fitting = { $match: { $and: [anyRank(filter), ...where] } }
  const grouped = { $group: { _id: { status: '$status', code: '$outcome.code' }, count: { $sum: 1 } } }
  const group = (index: Lookup['index'] | undefined, ...stages: PipelineStage[]) =>
    db.channels.aggregate<Group>([...stages, grouped], { maxTimeMS: COUNT_MS, ...(index ? { hint: index } : {}) })
  const counting = () => {
    if (few) return few.map(({ match, index }) => group(index, { $match: match }))
    if (all) return [group(undefined, fitting)]
    return many.map(({ match, index }) => group(index, { $match: match }, { $limit: SOME }, fitting))
  }
  const groups = (await Promise.all(counting())).flat()
  const rows = groups.map(({ _id, count }) => ({ ..._id, code: _id.code ?? null, count }))
  return { rows, more: !few && !all, at }
}

interface Group {
  _id: Pick<Row, 'status'> & { code?: OutcomeCode | null }
  count: number
}

/** How many can run again, and how many could but are of outcomes that the filter calls vain. */
export async function countAgain(db: Db, filter: RetryFilter): Promise<{ count: number; vain: number }> {
  const { vain = [], ...all } = filter
  const kept = await keptCounts(db)
  const rows = kept && told(kept.rows, filter)
  if (rows) {
    const again = rows.filter((row) => row.again)
    const isVain = ({ code }: Row) => code !== null && vain.includes(code)
    return { count: countOf(again.filter((row) => !isVain(row))), vain: countOf(again.filter(isVain)) }
  }
  const codes = vain.filter((code) => filter.codes?.includes(code) ?? true)
  const [count, ofVain] = await Promise.all([
    countRetriable(db, filter),
    codes.length > 0 ? countRetriable(db, { ...all, codes }) : 0,
  ])
  return { count, vain: ofVain }
}
