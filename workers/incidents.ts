// Finds incidents, stores them, closes those that are over, and tells administrators by mail. Of all processes one looks, every few seconds.
import type { Context } from '../src/context.ts'
import type { FoundIncident } from '../src/incident.ts'
import { tallyConnects } from '../src/db/connections.ts'
import {
  canStillRun,
  closeIncident,
  endTelling,
  endWatch,
  findCommon,
  listOpenIncidents,
  listSpent,
  listUntold,
  MOST_OPEN,
  noteIncident,
  openIncident,
  takeWatch,
  type IncidentDoc,
} from '../src/db/incidents.ts'
import { lookSooner } from '../src/db/servers.ts'
import { openSubscription } from '../src/db/subscriptions.ts'
import { listAdmins } from '../src/db/users.ts'
import { countedFrom, countedOf, findIncidents } from '../src/incident.ts'
import { sendMail } from '../src/mail/send.ts'
import type { ToldIncident } from '../src/mail/notices.ts'
import { followMend } from '../src/mend.ts'
import { outcomes } from '../src/outcomes/catalogue.ts'
import { unsubscribeUrl } from '../src/unsubscribe.ts'
import { findCause } from './incident-cause.ts'
import { startRounds } from './rounds.ts'

/** Longer than MongoDB may count. */
export const TAKEN_MS = 60_000
export const AGAIN_MS = 5_000
/** A look that was hard to make is made more seldom. */
const AGAIN_TIMES = 20
/** One that comes and goes within that time is one incident. */
export const OVER_MS = 15 * 60_000
/** While it waits for a server, that is looked at so often. */
const LOOK_MS = 5 * 60_000
/** That it is over is no news where nobody looked for so long. */
const STALE_MS = 24 * 3600_000
const ADMINS = 500

type Needs = Pick<Context, 'config' | 'db' | 'queues' | 'log' | 'stores' | 'seal'>

/** @returns false where no look was due */
export async function watchOnce(context: Needs, at = new Date()): Promise<boolean> {
  const { db } = context
  const until = new Date(at.getTime() + TAKEN_MS)
  if (!(await takeWatch(db, at, until))) return false
  // Of one that is closed now, the beginning was told before.
  await tellAdmins(context)
  const startedAt = performance.now()
  // Before the connects are counted: whatever ended again by then is among them.
  const open = await listOpenIncidents(db)
  const followed = await Promise.all(
    open.map(async (incident) => ({ incident, course: await followMend(db, incident, at) })),
  )
  const from = countedFrom(at)
  const spent = await listSpent(db, from)
  const ended = countedOf(await tallyConnects(db, from))
  const found = findIncidents(ended.filter((tally) => tally.at >= (spent.get(tally.serviceUrl) ?? from)))
  // Whatever fails at a server, its users meet one incident there: the one that most connects fail by.
  const worst = new Map(found.toReversed().map((incident) => [incident.server, incident]))
  for (const { incident, course } of followed) {
    await follow(context, { incident, course, now: worst.get(incident.server) }, at)
  }
  const known = new Set(open.map(({ server }) => server))
  const begun = [...worst.values()].filter(({ server }) => !known.has(server)).slice(0, MOST_OPEN - open.length)
  for (const incident of begun) await begin(context, incident, at)
  const againMs = Math.max(AGAIN_MS, AGAIN_TIMES * (performance.now() - startedAt))
  await tellAdmins(context)
  await endWatch(db, until, new Date(at.getTime() + againMs))
  return true
}

interface Followed {
  incident: IncidentDoc
  course: IncidentDoc['course']
  /** absent: the rule finds it no more */
  now: FoundIncident | undefined
}

/** It keeps the name and the beginning that it was told with. */
async function follow(context: Needs, { incident, course, now }: Followed, at: Date): Promise<void> {
  const { db } = context
  if (outcomes[incident.code].fixBy === 'time') await lookSooner(db, incident.server, at, LOOK_MS)
  const isSpent = now !== undefined && !(course && course.toGo > 0) && !(await canGoOn(db, incident, now, at))
  if (now && !isSpent) {
    const { connects, failed } = now
    const common = course ? incident.common : await findCommon(db, incident)
    await noteIncident(db, incident, { connects, failed, common, course, seenAt: at })
    return
  }
  const unseenMs = at.getTime() - incident.seenAt.getTime()
  const isMended = course !== null && course.toGo === 0
  if (unseenMs < OVER_MS && !isMended && !isSpent) {
    await noteIncident(db, incident, { course })
    return
  }
  const tells = context.config.mail !== null && unseenMs < STALE_MS
  // What failed until then says nothing of how it goes on.
  const over = { closedAt: at, course, ...(now ? { spent: true as const } : {}) }
  await closeIncident(db, incident, over, tells ? { at, what: 'closed' } : null)
  context.log.info({ server: incident.server, code: incident.code }, 'an incident is over')
}

/** It can run again, or somebody has failed lately. */
const canGoOn = (db: Needs['db'], { server, since, code }: IncidentDoc, now: FoundIncident, at: Date) =>
  canStillRun(db, { server, since }, [code, now.code], new Date(at.getTime() - OVER_MS))

async function begin(context: Needs, incident: FoundIncident, at: Date): Promise<void> {
  const { db, config, log } = context
  const { server, code, connects, failed, before } = incident
  const since = new Date(incident.since)
  const [common, change] = await Promise.all([findCommon(db, { server, code, since }), findCause(context, incident)])
  const counted = { server, code, since, connects, failed, before, common, change, foundAt: at, seenAt: at }
  const isNew = await openIncident(db, {
    ...counted,
    ...(config.mail ? { tell: { at, what: 'opened' as const } } : {}),
  })
  if (isNew) log.info({ server, code }, 'an incident began')
}

const told = ({ server, since, connects, failed, before, code }: IncidentDoc): ToldIncident => ({
  server,
  since: since.toISOString(),
  connects,
  failed,
  before,
  code,
})

/** As often as it runs, each administrator gets one mail of what began or ended in the same look. */
async function tellAdmins(context: Needs): Promise<void> {
  const { db, config, log } = context
  if (!config.mail) return
  for (const [time, incidents] of Map.groupBy(await listUntold(db), ({ tell }) => tell?.at.getTime() ?? 0)) {
    const those = (what: 'opened' | 'closed') => incidents.filter(({ tell }) => tell?.what === what).map(told)
    const params = { opened: those('opened'), closed: those('closed') }
    for (const userId of await listAdmins(db, ADMINS)) {
      const { key, off } = await openSubscription(db, userId)
      if (off.includes('incidents')) continue
      await sendMail(context, {
        id: `incidents-${userId}-${time}`,
        kind: 'incidents',
        userId,
        params,
        link: unsubscribeUrl(config, { userId, key, topic: 'incidents' }),
        requestId: 'incidents',
      })
    }
    await endTelling(db, incidents)
    const servers = (of: ToldIncident[]) => of.map(({ server }) => server)
    log.info({ opened: servers(params.opened), closed: servers(params.closed) }, 'told administrators of incidents')
  }
}

export const startIncidentWatch = (context: Needs) =>
  startRounds(context, () => watchOnce(context), 'the look for incidents broke off')
