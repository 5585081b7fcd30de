// What came just before an incident: the newest change of an option that can explain it, or else the start of a process.
import type { Context } from '../src/context.ts'
import type { Incident } from '../src/contract.ts'
import { listOrders } from '../src/db/audit.ts'
import type { Before } from '../src/db/incidents.ts'
import { optionKeys } from '../src/db/options.ts'
import { findLastStart } from '../src/db/processes.ts'
import { readOptions } from '../src/options.ts'

/** A wrong address may be saved long before the first who connects. */
const CHANGE_MS = 24 * 3600_000
/** A start that has something to do with it shows it soon. */
const START_MS = 15 * 60_000
const CHANGES = 10

type Needs = Pick<Context, 'db' | 'config'>

export async function findCause(
  context: Needs,
  { server, since }: Pick<Incident, 'server' | 'since'>,
): Promise<Before | null> {
  const { db } = context
  const at = new Date(since)
  const before = (ms: number) => new Date(at.getTime() - ms)
  const { 'bluesky_service-url': url } = await readOptions(context)
  const leadsThere = ({ option, to }: Pick<Before, 'option' | 'to'>) =>
    option === 'bluesky_service-url' && (to || url.unsaved) === server
  const orders = (await listOrders(db, [...optionKeys], before(CHANGE_MS), at, CHANGES)).filter((one) => one.at <= at)
  // What sends sign-ins to that server says more than whatever else happened since.
  const found = orders.find(leadsThere) ?? orders.find(({ option }) => option !== 'bluesky_service-url')
  const change = found && {
    at: found.at,
    actor: found.actor,
    option: found.option,
    from: found.from,
    to: found.to,
  }
  const startedAt = await findLastStart(db, before(START_MS), at)
  if (change && (leadsThere(change) || !startedAt || change.at > startedAt)) return change
  return startedAt && { at: startedAt, actor: '', option: '', from: '', to: '' }
}
