// The numbers above the admin's list: counts by status, outcome and hour, and the incident if there is one.
import type { ApiContext } from '../app.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import type { Summary } from '../contract.ts'
import { countConnections } from '../db/connection-counts.ts'
import { countAsked } from '../db/connection-filter.ts'
import { tallyConnects } from '../db/connections.ts'
import { listOpenIncidents } from '../db/incidents.ts'
import { countOf } from '../db/kept-counts.ts'
import { COUNTED_HOURS, countedFrom, countedOf } from '../incident.ts'
import { readOptions } from '../options.ts'
import { presentIncidents } from './incidents.ts'
import { kept } from './kept.ts'

const HOUR_MS = 3600_000
/** The statuses of what is in the list. */
export const listed = ['action_required', 'failed', 'retrying', 'connecting', 'verifying', 'connected'] as const

export const connectionSummary = (context: Pick<ApiContext, 'db' | 'config'>): (() => Promise<Summary>) =>
  kept(() => summarize(context, new Date()))

async function summarize(context: Pick<ApiContext, 'db' | 'config'>, at: Date): Promise<Summary> {
  const firstHour = countedFrom(at).getTime()
  const [options, { rows: counts }, tallies, asked, incidents] = await Promise.all([
    readOptions(context),
    countConnections(context.db, {}, at),
    tallyConnects(context.db, new Date(firstHour)),
    countAsked(context.db),
    listOpenIncidents(context.db).then((open) => presentIncidents(context, open)),
  ])
  const serviceUrl = options['bluesky_service-url'].effective
  const ended = countedOf(tallies)
  const split = (rows: typeof ended) => ({
    connected: countOf(rows.filter(({ connected }) => connected)),
    failed: countOf(rows.filter(({ connected }) => !connected)),
  })
  const codes = new Set(counts.flatMap(({ status, code }) => (status === 'connected' ? [] : (code ?? []))))
  const hours = Array.from({ length: COUNTED_HOURS }, (_, index) => firstHour + index * HOUR_MS)
  return {
    byStatus: listed.map((status) => ({ status, count: countOf(counts.filter((each) => each.status === status)) })),
    byOutcome: [...codes]
      .map((code) => {
        const { title, fixBy } = outcomes[code]
        return { code, title, fixBy, count: countOf(counts.filter((each) => each.code === code)) }
      })
      .toSorted((a, b) => b.count - a.count),
    byHour: hours.map((hour) => ({
      at: new Date(hour).toISOString(),
      ...split(ended.filter((row) => row.at.getTime() >= hour && row.at.getTime() < hour + HOUR_MS)),
    })),
    asked,
    serviceUrl,
    atServiceUrl: split(ended.filter((row) => row.serviceUrl === serviceUrl)),
    incident: incidents[0] ?? null,
  }
}
