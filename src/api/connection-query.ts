// What the admin asks of the list, as the database takes it: filter, text, and where a page ended.
import type { ApiContext } from '../app.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../outcomes/catalogue.ts'
import { channelStatuses, type ConnectionFilter as FilterShape, type ConnectionSort } from '../contract.ts'
import { isServer, type ConnectionFilter } from '../db/connection-filter.ts'
import type { Position } from '../db/connections.ts'
import type { Db } from '../db/open.ts'
import { findUserIds } from '../db/users.ts'
import { AppError } from '../errors.ts'
import { asciiOf, readIdentifier } from '../input/identifier.ts'

/** @returns null when nothing can fit */
export async function storedFilter(
  { db }: Pick<ApiContext, 'db'>,
  asked: FilterShape,
): Promise<ConnectionFilter | null> {
  const { status, outcome, fixBy, server, user, asked: forHelp, unseen, q, from, to } = asked
  let codes: OutcomeCode[] | undefined
  let statuses = status
  if (outcome || fixBy) {
    codes = outcomeCodes.filter(
      (code) =>
        (!outcome || outcome.includes(code)) &&
        (!fixBy || (fixBy.includes(outcomes[code].fixBy) && !outcomes[code].good)),
    )
    // A failure is never that of a connected channel, so those need not be searched for one.
    const good = codes.some((code) => outcomes[code].good)
    const bad = codes.some((code) => !outcomes[code].good)
    statuses = (status ?? [...channelStatuses]).filter((each) => (each === 'connected' ? good : bad))
  }
  const userId = user?.includes('@') ? (await findUserIds(db, user.trim().toLowerCase(), 1))[0] : user
  const text = q === undefined ? undefined : searched(q)
  if (codes?.length === 0 || statuses?.length === 0 || (user !== undefined && userId === undefined)) return null
  return {
    ...(statuses ? { statuses } : {}),
    ...(codes ? { codes } : {}),
    ...(server ? { serviceUrl: await originOf(db, server) } : {}),
    ...(userId ? { userId } : {}),
    ...(forHelp ? { asked: true as const } : {}),
    ...(unseen ? { unseen: true as const } : {}),
    ...(text ? { text } : {}),
    ...(from ? { from: new Date(from) } : {}),
    ...(to ? { to: new Date(to) } : {}),
  }
}

/** A whole account in any of the ways in which it is copied, or the beginning of one. */
function searched(q: string): string {
  const read = readIdentifier(q)
  return 'identifier' in read ? read.identifier : asciiOf(q.trim().replace(/^@/, '').toLowerCase())
}

/** A host, as the list shows it, is that of a safe address unless channels are at the other alone, as in a trial. */
async function originOf(db: Db, server: string): Promise<string> {
  const text = server.trim()
  if (/^https?:\/\//i.test(text)) return URL.parse(text)?.origin ?? text
  const [safe, other] = ['https', 'http'].map((scheme) => URL.parse(`${scheme}://${text}`)?.origin ?? text)
  if (safe === undefined || other === undefined) return text
  return !(await isServer(db, safe)) && (await isServer(db, other)) ? other : safe
}

export const writeCursor = ({ rank, since, id, asOf, key }: Position) =>
  Buffer.from([rank, since.getTime(), id, asOf.getTime(), ...(key === undefined ? [] : [key])].join(' ')).toString(
    'base64url',
  )

/** @throws AppError bad_request */
export function readCursor(cursor: string, sort?: ConnectionSort): Position {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const [, rank, since, id, asOf, key] = /^([0-3]) (\d{1,15}) ([0-9a-f]{24}) (\d{1,15})(?: (\S*))?$/.exec(text) ?? []
  const isKeyed = sort === 'server' || sort === 'outcome'
  if (!rank || !since || !id || !asOf || isKeyed !== (key !== undefined)) {
    throw new AppError('bad_request', 'The cursor is not one of ours.')
  }
  const position = { rank: Number(rank), since: new Date(Number(since)), id, asOf: new Date(Number(asOf)) }
  return key === undefined ? position : { ...position, key }
}
