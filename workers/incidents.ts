// Tells administrators by mail when an incident begins and when it is over. Of all processes one looks, every minute or so.
import type { Context } from '../src/context.ts'
import type { Incident } from '../src/contract.ts'
import { tallyConnects } from '../src/db/connections.ts'
import {
  endIncidentTelling,
  keepWatch,
  takeWatch,
  type IncidentChange,
  type OpenIncident,
} from '../src/db/incidents.ts'
import { openSubscription } from '../src/db/subscriptions.ts'
import { listAdmins } from '../src/db/users.ts'
import { countedFrom, countedOf, findIncidents } from '../src/incident.ts'
import { sendMail } from '../src/mail/send.ts'
import type { ToldIncident } from '../src/mail/notices.ts'
import { unsubscribeUrl } from '../src/unsubscribe.ts'

/** Longer than MongoDB may count. */
export const TAKEN_MS = 60_000
export const AGAIN_MS = 60_000
/** A look that was hard to make is made more seldom. */
const AGAIN_TIMES = 20
/** One that comes and goes within that time is one incident. */
export const OVER_MS = 15 * 60_000
/** That it is over is no news where nobody looked for so long. */
const STALE_MS = 24 * 3600_000
/** In one mail; where so many servers fail, it is not the servers. */
const MOST = 20
const ADMINS = 500

type Needs = Pick<Context, 'config' | 'db' | 'queues' | 'log' | 'stores' | 'seal'>

/** @returns false where no look was due */
export async function watchOnce(context: Needs, at = new Date()): Promise<boolean> {
  const { db } = context
  const until = new Date(at.getTime() + TAKEN_MS)
  const watch = await takeWatch(db, at, until)
  if (!watch) return false
  if (watch.telling) await tellAdmins(context, watch.telling)
  const startedAt = performance.now()
  const found = findIncidents(countedOf(await tallyConnects(db, countedFrom(at))))
  const againMs = Math.max(AGAIN_MS, AGAIN_TIMES * (performance.now() - startedAt))
  const { open, opened, closed } = compare(watch.open, found, at)
  const telling = opened.length + closed.length > 0 ? { at, opened, closed } : null
  const lookAt = new Date(at.getTime() + againMs)
  if ((await keepWatch(db, until, { open, telling, lookAt })) && telling) await tellAdmins(context, telling)
  return true
}

/** Whatever fails at a server, its users meet one incident there: the one that most connects fail by. */
function compare(before: OpenIncident[], found: Incident[], at: Date) {
  const worst = new Map(found.toReversed().map((incident) => [incident.server, incident]))
  const known = new Set(before.map(({ server }) => server))
  const isOver = ({ seenAt }: OpenIncident) => at.getTime() - seenAt.getTime() >= OVER_MS
  const still = before.map((incident) => {
    const now = worst.get(incident.server)
    if (!now) return incident
    // It keeps the name and the beginning that it was told with.
    return { ...incident, connects: now.connects, failed: now.failed, seenAt: at }
  })
  const opened = [...worst.values()].filter(({ server }) => !known.has(server)).slice(0, MOST)
  const isNews = ({ seenAt }: OpenIncident) => at.getTime() - seenAt.getTime() < STALE_MS
  return {
    open: [...still.filter((incident) => !isOver(incident)), ...opened.map((one) => ({ ...told(one), seenAt: at }))],
    opened: opened.map(told),
    closed: still.filter((incident) => isOver(incident) && isNews(incident)).map(told),
  }
}

const told = ({ server, since, connects, failed, before, code }: Incident | OpenIncident): ToldIncident => ({
  server,
  since,
  connects,
  failed,
  before,
  code,
})

/** As often as it runs, each administrator gets one mail. */
async function tellAdmins(context: Needs, telling: IncidentChange): Promise<void> {
  const { db, config, log } = context
  const { at, opened, closed } = telling
  for (const userId of await listAdmins(db, ADMINS)) {
    const { key, off } = await openSubscription(db, userId)
    if (off.includes('incidents')) continue
    await sendMail(context, {
      id: `incidents-${userId}-${at.getTime()}`,
      kind: 'incidents',
      userId,
      params: { opened, closed },
      link: unsubscribeUrl(config, { userId, key, topic: 'incidents' }),
      requestId: 'incidents',
    })
  }
  await endIncidentTelling(db, telling)
  const servers = (incidents: ToldIncident[]) => incidents.map(({ server }) => server)
  log.info({ opened: servers(opened), closed: servers(closed) }, 'incidents')
}

/** Where e-mail is off nobody is told, and nobody looks. */
export function startIncidentWatch(context: Needs): { stop(): Promise<void> } {
  const { config, stores } = context
  let running: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = config.mail === null
  const round = () => {
    running = watchOnce(context)
      .catch((error: unknown) => stores.report(error, 'the look for incidents broke off'))
      .finally(() => {
        if (!stopped) timer = setTimeout(round, config.sweep.intervalMs)
      })
  }
  if (!stopped) round()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
