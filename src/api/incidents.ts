// /api/admin/incidents: those that go on, with what mends them and how that goes, and those that are over.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { PageQuery, type Incident, type IncidentPage, type OpenIncidents } from '../contract.ts'
import { listOpenIncidents, listPastIncidents, type IncidentDoc } from '../db/incidents.ts'
import { countRetriable } from '../db/retries.ts'
import { findServer } from '../db/servers.ts'
import { findComeback } from '../comeback.ts'
import { incidentText } from '../incident.ts'
import { chooseMend, followMend, listTrusted, type Mend } from '../mend.ts'
import { foreseeChange, readOptions } from '../options.ts'
import { checked, checkedId, requireAdmin } from './guards.ts'
import { kept } from './kept.ts'
import { presentCourse } from './present.ts'
import { presentLook } from './present-look.ts'

/** So long the end is told where the incident was. */
const ENDED_MS = 10 * 60_000

type Stores = Pick<ApiContext, 'db' | 'config'>

export function incidentRoutes(context: ApiContext): Router {
  const { db } = context
  const open = kept(() => readOpen(context))
  return Router()
    .get('/admin/incidents/open', async (request, response) => {
      await requireAdmin(context, request)
      response.json(await open())
    })
    .get('/admin/incidents', async (request, response) => {
      await requireAdmin(context, request)
      const { limit, cursor } = checked(PageQuery, request.query)
      const page = await listPastIncidents(db, limit + 1, cursor && checkedId(cursor, 'bad_request'))
      const incidents = page.slice(0, limit).map(presentPast)
      const nextCursor = page.length > limit ? (incidents.at(-1)?.id ?? null) : null
      response.json({ incidents, nextCursor } satisfies IncidentPage)
    })
}

async function readOpen(context: Stores): Promise<OpenIncidents> {
  const incidents = await presentIncidents(context, await listOpenIncidents(context.db))
  if (incidents.length > 0) return { incidents, ended: null }
  const [last] = await listPastIncidents(context.db, 1)
  const isNews = last?.closedAt && Date.now() - last.closedAt.getTime() < ENDED_MS
  return { incidents, ended: isNews ? presentPast(last) : null }
}

/** Those that go on, the worst first. */
export async function presentIncidents(context: Stores, incidents: IncidentDoc[]): Promise<Incident[]> {
  if (incidents.length === 0) return []
  const options = await readOptions(context)
  const trusted = await listTrusted(context.db, options)
  const shown = incidents.map(async (incident): Promise<Incident> => {
    const at = new Date()
    const [server, course] = await Promise.all([
      findServer(context.db, incident.server),
      followMend(context.db, incident, at),
    ])
    const comeback = await findComeback(context.db, incident, server, at)
    const mend = chooseMend(incident, options, trusted, comeback?.back === true)
    return {
      ...presented({ ...incident, course }),
      mend: { ...mend, retried: await countMended(context, incident, mend) },
      look: server && presentLook(server),
      comeback: comeback && {
        ...comeback,
        triedAt: comeback.triedAt?.toISOString() ?? null,
        nextTryAt: comeback.nextTryAt?.toISOString() ?? null,
      },
    }
  })
  return (await Promise.all(shown)).toSorted((a, b) => b.failed - a.failed)
}

function countMended(context: Stores, { code, server, since }: IncidentDoc, mend: Mend): Promise<number> | number {
  if (mend.option !== null) return foreseeChange(context, mend.option, mend.value)
  if (mend.kind !== 'try_again') return 0
  return countRetriable(context.db, { codes: [code], serviceUrl: server, from: since, asOf: new Date() })
}

const presentPast = (incident: IncidentDoc): Incident => ({
  ...presented(incident),
  mend: null,
  look: null,
  comeback: null,
})

function presented(incident: IncidentDoc): Omit<Incident, 'mend' | 'look' | 'comeback'> {
  const { _id, code, server, connects, failed, before, common, change, closedAt, course } = incident
  const since = incident.since.toISOString()
  const found = { code, server, since, connects, failed, before }
  return {
    id: _id.toHexString(),
    ...found,
    text: incidentText(found),
    closedAt: closedAt?.toISOString() ?? null,
    common: { ...common, answer: common.answer ?? null },
    change: change && { ...change, at: change.at.toISOString() },
    course: course && { ...presentCourse(course), actor: course.actor, at: course.at.toISOString() },
  }
}
