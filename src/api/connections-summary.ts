// The numbers above the admin's list: counts by status, outcome and hour, and the incident if there is one.
import type { ApiContext } from '../app.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import type { Summary } from '../contract.ts'
import { countAsked, countConnections, tallyConnects } from '../db/connections.ts'
import { COUNTED_HOURS, countedFrom, countedOf, findIncident } from '../incident.ts'
import { readOptions } from '../options.ts'

const HOUR_MS = 3600_000
/** How long a summary is good for, at least; one that was hard to get is kept ten times as long as it took. */
const KEPT_MS = 2_000
const KEPT_TIMES = 10

const listed = ['action_required', 'failed', 'retrying', 'connecting', 'verifying', 'connected'] as const

export function connectionSummary(context: Pick<ApiContext, 'db' | 'config'>): () => Promise<Summary> {
  let kept: Promise<Summary> | undefined
  let goodUntil = 0
  return () => {
    const startedAt = performance.now()
    if (kept && startedAt < goodUntil) return kept
    const made = summarize(context, new Date())
    kept = made
    goodUntil = Infinity
    made.then(
      () => (goodUntil = performance.now() + Math.max(KEPT_MS, KEPT_TIMES * (performance.now() - startedAt))),
      () => (goodUntil = 0),
    )
    return made
  }
}

async function summarize(context: Pick<ApiContext, 'db' | 'config'>, at: Date): Promise<Summary> {
  const firstHour = countedFrom(at).getTime()
  const [options, counts, tallies, asked] = await Promise.all([
    readOptions(context),
    countConnections(context.db),
    tallyConnects(context.db, new Date(firstHour)),
    countAsked(context.db),
  ])
  const serviceUrl = options['bluesky_service-url'].effective
  const ended = countedOf(tallies)
  const total = (rows: { count: number }[]) => rows.reduce((sum, { count }) => sum + count, 0)
  const split = (rows: typeof ended) => ({
    connected: total(rows.filter(({ connected }) => connected)),
    failed: total(rows.filter(({ connected }) => !connected)),
  })
  const codes = new Set(counts.flatMap(({ code }) => code ?? []))
  const hours = Array.from({ length: COUNTED_HOURS }, (_, index) => firstHour + index * HOUR_MS)
  return {
    byStatus: listed.map((status) => ({ status, count: total(counts.filter((each) => each.status === status)) })),
    byOutcome: [...codes]
      .map((code) => {
        const { title, fixBy } = outcomes[code]
        return { code, title, fixBy, count: total(counts.filter((each) => each.code === code)) }
      })
      .toSorted((a, b) => b.count - a.count),
    byHour: hours.map((hour) => ({
      at: new Date(hour).toISOString(),
      ...split(ended.filter((row) => row.at.getTime() >= hour && row.at.getTime() < hour + HOUR_MS)),
    })),
    asked,
    serviceUrl,
    atServiceUrl: split(ended.filter((row) => row.serviceUrl === serviceUrl)),
    incident: findIncident(ended),
  }
}
