// The recurring work: brings back steps whose job was lost, whose next attempt has come or which an admin set going, ends what removed users leave, and destroys passwords in time.
import { listLapsed, takeLapsed } from '../src/db/lease.ts'
import type { MailDoc } from '../src/db/mails.ts'
import { listUnplanned, planChecks } from '../src/db/checks.ts'
import { forgetOld } from '../src/db/retention.ts'
import { listMarked, markGone, removeSome } from '../src/db/removed-users.ts'
import { expirePasswords } from '../src/db/steps.ts'
import { endRetryOrder, findRetryOrder, retrySome } from '../src/db/retries.ts'
import type { Context } from '../src/context.ts'
import { announce } from '../src/events.ts'
import { enqueue, enqueueMail, stepNames, type StepName } from '../src/jobs.ts'
import { mailKinds } from '../src/mail/kinds.ts'
import { nextCheckAt } from '../src/schedule.ts'
import { readOptions } from '../src/options.ts'
import { measureGivenUp } from './measure.ts'
import { tellOnce } from './notices.ts'

const PAGE = 500
const AT_ONCE = 20
const GONE_EVERY_MS = 5 * 60_000
const GONE_PAGE = 5_000
const FORGET_EVERY_MS = 60_000
const FORGET_PAGE = 1_000
const NEVER = new Date(8.64e15)

/**
 * Begins some of what an admin set going: all of it at once would be one long write, and a storm of sign-ins.
 * While Bluesky connections are paused it waits.
 */
async function retry(context: Context, at: Date): Promise<void> {
  const { db } = context
  const order = await findRetryOrder(db)
  if (!order) return
  const options = await readOptions(context)
  if (options.bluesky_integration_status.effective === 'disabled') return
  const { filter, requestId } = order.retry
  const serviceUrl = options['bluesky_service-url'].effective
  const found = await retrySome(db, filter, { serviceUrl, requestId, at }, PAGE)
  if (found < PAGE) await endRetryOrder(db, order)
}

/** Mails whose job was lost or whose next try has come. Where e-mail is off they wait. */
async function bringBackMails(context: Context, at: Date): Promise<void> {
  const { db, config } = context
  if (!config.mail) return
  const fields = { kind: 1, requestId: 1, 'lease.generation': 1 }
  const lapsed = await listLapsed<Pick<MailDoc, '_id' | 'kind' | 'requestId' | 'lease'>>(
    db.mails,
    'mail',
    at,
    PAGE,
    fields,
  )
  if (lapsed.length === 0 || (await takeLapsed(db.mails, lapsed, at)) === 0) return
  for (let start = 0; start < lapsed.length; start += AT_ONCE) {
    await Promise.all(
      lapsed
        .slice(start, start + AT_ONCE)
        .map(({ _id: mailId, kind, requestId }) => enqueueMail(context, { mailId, requestId }, mailKinds[kind])),
    )
  }
}

/** Of users who are removed: their channels leave every list, and begin to be disconnected in this round. */
async function removeUsers({ db, log }: Context, at: Date): Promise<void> {
  let left = PAGE
  for (const marked of await listMarked(db, at, AT_ONCE)) {
    if (left === 0) return
    const removed = await removeSome(db, marked, at, left)
    left -= removed
    if (removed > 0)
      log.info({ userId: marked._id, requestId: marked.requestId, removed }, 'channels of a removed user')
  }
}

/**
 * Walks over the owners of all channels, a page at a time, and marks those who are not there.
 * @returns look at the next page, where its time has come
 */
export function createWalk(startedAt: Date) {
  let after = ''
  let nextAt = startedAt.getTime() + GONE_EVERY_MS
  return async ({ db, stores }: Pick<Context, 'db' | 'stores'>, at: Date): Promise<void> => {
    if (at.getTime() < nextAt) return
    nextAt = at.getTime() + GONE_EVERY_MS
    try {
      after = (await markGone(db, after, at, GONE_PAGE)) ?? ''
    } catch (error) {
      stores.report(error, 'the look for users who are gone broke off')
    }
  }
}

/** Deletes what is too old, a page in a while: as much as comes in on a busy day goes on the day when it is too old. */
export function createForgetting() {
  let nextAt = 0
  return async ({ db, config, log }: Pick<Context, 'db' | 'config' | 'log'>, at: Date): Promise<void> => {
    if (at.getTime() < nextAt) return
    nextAt = at.getTime() + FORGET_EVERY_MS
    try {
      const gone = await forgetOld(db, config.keepDays, at, FORGET_PAGE)
      // Where a page was full there is more.
      if (Math.max(...Object.values(gone)) === FORGET_PAGE) nextAt = 0
      if (Object.values(gone).some((count) => count > 0)) log.info(gone, 'forgot what was too old')
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'the look for what is too old broke off')
    }
  }
}

/** Steps whose time has come are put into their queue. @returns how many */
async function bringBack(context: Context, step: StepName, at: Date): Promise<number> {
  const { db } = context
  const lapsed = await listLapsed(db.channels, step, at, PAGE)
  if (lapsed.length === 0 || (step === 'check' && (await mayNotCheck(context)))) return 0
  const taken = await takeLapsed(db.channels, lapsed, at)
  // Which of them another process took meanwhile does not matter: the queue takes a step once.
  for (let start = 0; start < lapsed.length; start += AT_ONCE) {
    if (taken === 0) break
    await Promise.all(
      lapsed
        .slice(start, start + AT_ONCE)
        .map(({ _id, lease: { generation }, userId, requestId }) =>
          enqueue(context, step, { channelId: _id.toHexString(), generation, userId, requestId }),
        ),
    )
  }
  context.metrics.broughtBack(step, taken)
  return taken
}

/** While Bluesky connections are paused nothing is asked; and what waits in a long queue would only be brought back again. */
async function mayNotCheck(context: Context): Promise<boolean> {
  const { waiting = 0, prioritized = 0 } = await context.queues.check.getJobCounts('waiting', 'prioritized')
  if (waiting + prioritized >= PAGE) return true
  return (await readOptions(context)).bluesky_integration_status.effective === 'disabled'
}

/** Channels from before there were checks, or of a longer interval, are given a time, page by page. */
export async function planMissing({ db, config, log }: Context, signal: AbortSignal, at = new Date()): Promise<void> {
  const { checks } = config
  const latest = checks.intervalMs > 0 ? new Date(at.getTime() + checks.intervalMs) : NEVER
  while (!signal.aborted) {
    const unplanned = await listUnplanned(db, latest, PAGE)
    if (unplanned.length === 0) return
    const planned = unplanned.map((channel) => ({
      channel,
      at: nextCheckAt(channel._id.toHexString(), channel.sessionEndsAt ?? null, checks, at),
    }))
    const { modifiedCount } = await planChecks(db, planned)
    if (modifiedCount === 0) return
    log.info({ planned: modifiedCount }, 'checks planned')
  }
}

/**
 * One round. An enqueue does nothing while the job of that generation is alive, so a round too many costs nothing.
 * @returns how many steps were brought back
 */
export async function sweepOnce(context: Context, at = new Date()): Promise<number> {
  const { db, config, log, stores } = context
  const brokeOff = (what: string) => (error: unknown) => stores.report(error, `${what} broke off`)
  // Whatever is wrong with an order, lost steps are brought back all the same.
  await retry(context, at).catch(brokeOff('an order to run again'))
  await removeUsers(context, at).catch(brokeOff('a removal'))
  await bringBackMails(context, at).catch(brokeOff('the look for mails'))
  await tellOnce(context, at).catch(brokeOff('the look for what to tell by mail'))
  const counts = await Promise.all(stepNames.map((step) => bringBack(context, step, at)))
  const taken = counts.reduce((sum, count) => sum + count, 0)
  const expired = await expirePasswords(db, new Date(at.getTime() - config.retry.giveUpAfterMs))
  for (const channel of expired) {
    await announce(context, { userId: channel.userId, channelId: channel._id.toHexString() })
    await measureGivenUp(context, channel)
  }
  if (taken > 0 || expired.length > 0) log.info({ broughtBack: taken, passwordsDestroyed: expired.length }, 'sweep')
  return taken
}

/** A timer of this process, not a scheduler kept in Redis: wiping Redis must not stop it. */
export function startSweep(context: Context): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const walk = createWalk(new Date())
  const forget = createForgetting()
  // Beside the rounds: of a million channels it takes minutes.
  const planning = planMissing(context, stopping.signal).catch((error: unknown) =>
    context.stores.report(error, 'the planning of checks broke off'),
  )
  const round = () => {
    running = walk(context, new Date())
      .then(() => forget(context, new Date()))
      .then(() => sweepOnce(context))
      .then(
        () => context.metrics.swept(true),
        (error: unknown) => {
          context.metrics.swept(false)
          context.stores.report(error, 'sweep broke off')
        },
      )
      .finally(() => {
        if (!stopping.signal.aborted) timer = setTimeout(round, context.config.sweep.intervalMs)
      })
  }
  round()
  return {
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await Promise.all([planning, running])
    },
  }
}
