// What becomes of a step that the gate does not let through: it gives its slot back and comes again, without having used up a try.
import { DelayedError, type Job } from 'bullmq'
import type { Step } from '../../src/outcomes/evidence.ts'
import type { Channel } from '../../src/db/channels.ts'
import { releaseStep, retryRemoved, settleStep, type AheadChannel } from '../../src/db/steps.ts'
import type { Db } from '../../src/db/open.ts'
import { announce } from '../../src/events.ts'
import type { JobPayload } from '../../src/jobs.ts'
import type { Full, Waits } from './gate.ts'
import type { WorkerContext } from '../run-job.ts'

/** An account that moves is followed after that, or at once by a new run. */
const FOUND_FOR_MS = 3600_000

/** After the time for which a job is parked, before the sweep believes that it was lost. */
const PARKED_GRACE_MS = 10_000

/**
 * A short wait stays in the queue, a longer one is written down and brought back by the sweep.
 * @returns for the log; with `full`, the job has to be parked
 */
export async function wait(
  context: WorkerContext,
  channel: AheadChannel,
  step: Step,
  wanted: Full | Waits,
): Promise<object> {
  const { db, config } = context
  const at = new Date()
  const nextTryAt = new Date(at.getTime() + wanted.waitMs)
  if (wanted.reason === 'full') {
    const kept = await releaseStep(db, channel, new Date(nextTryAt.getTime() + PARKED_GRACE_MS))
    return kept ? { full: wanted } : { skipped: 'overtaken by a newer run' }
  }
  const inTime = nextTryAt.getTime() <= channel.submittedAt.getTime() + config.retry.giveUpAfterMs
  const server = wanted.origin
  const seconds = String(Math.ceil(wanted.waitMs / 1000))
  const params = { server, identifier: channel.identifier, seconds, reference: channel.requestId }
  const settled = await settleStep(db, channel, {
    status: inTime ? 'retrying' : 'failed',
    nextTryAt: inTime ? nextTryAt : null,
    keepPassword: inTime,
    waiting: true,
    outcome: { code: wanted.code, step, params, at },
  })
  const userId = channel.userId
  if (settled) await announce(context, { userId, channelId: channel._id.toHexString() })
  return { waits: wanted.reason, outcome: wanted.code, server, waitMs: wanted.waitMs }
}

/** Where sign-ins follow the identity: has its server been looked up lately? */
export const knowsServer = ({ serverFoundAt, outcome }: Pick<Channel, 'serverFoundAt' | 'outcome'>): boolean =>
  Date.now() - (serverFoundAt?.getTime() ?? 0) < FOUND_FOR_MS && outcome?.code !== 'identity_lookup_unavailable'

/** A removal waits unseen: its user has seen the channel go. @returns as `wait` does */
export async function waitRemoved(db: Db, channel: Channel, wanted: Full | Waits): Promise<object> {
  const graceMs = wanted.reason === 'full' ? PARKED_GRACE_MS : 0
  await retryRemoved(db, channel, new Date(Date.now() + wanted.waitMs + graceMs), 0)
  return wanted.reason === 'full'
    ? { full: wanted }
    : { waits: wanted.reason, server: wanted.origin, waitMs: wanted.waitMs }
}

/**
 * Before a step begins: must it wait, as far as this process knows?
 * @returns what `wait` returns; null when it can begin
 */
export async function waitAhead(
  context: WorkerContext,
  step: Step,
  { channelId, run }: JobPayload,
): Promise<object | null> {
  const { hosts, config } = context
  if (!hosts.crowded()) return null
  const peeked = await context.peek(channelId)
  if (!peeked) return null
  const { channel, options } = peeked
  if (channel.run !== run || channel.step !== step || (channel.nextTryAt && channel.nextTryAt > new Date())) return null
  const { followIdentity } = config.bluesky
  if (step === 'connect' && followIdentity && !knowsServer(channel)) return null
  const signInUrl = followIdentity ? channel.serviceUrl : options['bluesky_service-url'].effective
  // It is not going to be asked.
  if (step === 'connect' && channel.refusedBy === signInUrl) return null
  const origin = step === 'connect' ? signInUrl : (channel.pdsUrl ?? channel.serviceUrl)
  const wanted = await hosts.mustWait({ step, origin })
  if (!wanted) return null
  return wanted.reason === 'full' ? { full: wanted } : wait(context, channel, step, wanted)
}

/** Gives the slot back; the gate calls the job as soon as there is a place, else it comes by itself. @throws always */
export async function park(job: Job, token: string | undefined, { waitMs, park: untilCalled }: Full): Promise<never> {
  await job.moveToDelayed(Date.now() + waitMs, token)
  // Where it is not waiting any more there is nothing to call.
  untilCalled(() => void job.promote().catch(() => {}))
  throw new DelayedError()
}
