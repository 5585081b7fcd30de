// Streams the admin's list as a file that a spreadsheet can open without running anything out of it.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { Request, Response } from 'express'
import type { ApiContext } from '../app.ts'
import type { Connection } from '../contract.ts'
import type { ConnectionFilter } from '../db/connection-filter.ts'
import { listConnections, type Page } from '../db/connections.ts'
import { findEmails } from '../db/users.ts'
import { readOptions } from '../options.ts'
import { presentConnection } from './present.ts'

/** Spreadsheets hold little more; who needs other rows narrows the filter. */
export const MOST_ROWS = 100_000
const BATCH = 500
/** A reader that is too slow for that holds its place no longer. */
const LONGEST_MS = 10 * 60_000

const columns: Record<string, (connection: Connection) => string | null | undefined> = {
  status: ({ status }) => status,
  outcome: ({ outcome }) => outcome?.code,
  title: ({ outcome }) => outcome?.title,
  fixBy: ({ outcome }) => outcome?.fixBy,
  fix: ({ adminFix, outcome }) => adminFix ?? outcome?.fix,
  since: ({ since }) => since,
  nextTryAt: ({ nextTryAt }) => nextTryAt,
  user: ({ user }) => user.email,
  identifier: ({ identifier }) => identifier,
  handle: ({ handle }) => handle,
  did: ({ did }) => did,
  serviceUrl: ({ serviceUrl }) => serviceUrl,
  pdsUrl: ({ pdsUrl }) => pdsUrl,
  lastVerifiedAt: ({ lastVerifiedAt }) => lastVerifiedAt,
  fault: ({ fault }) => fault?.code,
  createdAt: ({ createdAt }) => createdAt,
  userId: ({ user }) => user.id,
  id: ({ id }) => id,
}

/** Text that a spreadsheet would take for a formula, also where it strips quotes or spaces first. */
const formula = /^(?:[\t\r\n]|[\s"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/
export const harmless = (text: string) => (formula.test(text) ? `'${text}` : text)

/** @param filter null when nothing can fit */
export async function sendCsv(
  context: ApiContext,
  filter: ConnectionFilter | null,
  request: Request,
  response: Response,
) {
  const { db } = context
  const at = new Date()
  const read = (after?: Page['next']): Promise<Page> | Page =>
    filter ? listConnections(db, filter, { limit: BATCH, after: after ?? undefined, at }) : { channels: [], next: null }
  // Before anything is sent, so that a filter that cannot be read is refused as such.
  const [first, options] = await Promise.all([read(), readOptions(context)])

  async function* rows(): AsyncGenerator<string[]> {
    let sent = 0
    for (let page = first; ; page = await read(page.next)) {
      const users = page.channels.map(({ userId }) => userId)
      const emails = await findEmails(db, users)
      for (const channel of page.channels) {
        const connection = presentConnection(channel, { emails, options })
        yield Object.values(columns).map((value) => harmless(value(connection) ?? ''))
      }
      sent += page.channels.length
      if (!page.next) return
      if (sent >= MOST_ROWS) {
        yield [`Cut after ${sent} rows: narrow the filter to get the others.`]
        return
      }
    }
  }

  response.set({
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="connections-${at.toISOString().slice(0, 10)}.csv"`,
  })
  // Without the mark at its beginning a spreadsheet does not see that the file is UTF-8.
  const csv = stringify({
    bom: true,
    header: true,
    columns: Object.keys(columns),
    quoted: true,
    record_delimiter: 'windows',
  })
  try {
    await pipeline(Readable.from(rows()), csv, response, { signal: AbortSignal.timeout(LONGEST_MS) })
  } catch (error) {
    // The response has begun: that it breaks off is all that can still be told.
    const tooSlow = error instanceof Error && error.name === 'AbortError'
    if (!response.closed && !tooSlow) request.log.error({ err: error }, 'the file broke off')
    response.destroy()
  }
}
