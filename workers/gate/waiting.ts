// What becomes of a step that the gate does not let through: the worker is free for others, the step comes again, and no attempt is used up.
import { DelayedError, type Job } from 'bullmq'
import type { Channel, StoredOutcome } from '../../src/db/channels.ts'
import { announce } from '../../src/events.ts'
import { postponeCheck } from '../../src/db/checks.ts'
import { releaseStep, settleRemoval, settleStep } from '../../src/db/steps.ts'
import type { JobName, JobPayload } from '../../src/jobs.ts'
import { nextCheckAt } from '../../src/schedule.ts'
import { isChecked, settleCheck } from '../check.ts'
import { measureGivenUp } from '../measure.ts'
import type { Result } from '../result.ts'
import type { Step, WorkerContext } from '../step.ts'
import type { Full, Waits } from './gate.ts'

/** After the time for which a job is parked, before the sweep believes that it was lost. */
const PARKED_GRACE_MS = 10_000

/** Of a step that was claimed. A short wait stays in the queue, a longer one is written down and brought back by the sweep. */
export async function keepWaiting(context: WorkerContext, channel: Channel, wait: Full | Waits): Promise<Result> {
  if (wait.kind === 'waits') return writeWait(context, channel, wait)
  const kept = await releaseStep(context.db, channel, new Date(Date.now() + wait.waitMs + PARKED_GRACE_MS))
  return kept ? { kind: 'parked', wait } : { kind: 'skipped' }
}

async function writeWait(context: WorkerContext, channel: Channel, wait: Waits): Promise<Result> {
  const { db, config } = context
  const { _id, userId, step, identifier, submittedAt, requestId } = channel
  const at = new Date()
  const nextTryAt = new Date(at.getTime() + wait.waitMs)
  if (step === 'disconnect') {
    await settleRemoval(db, channel, nextTryAt, false)
    return { kind: 'waits', wait }
  }
  const outcome: StoredOutcome = {
    code: wait.code,
    step: step === 'connect' ? step : 'verify',
    params: { server: wait.origin, identifier, reference: requestId, ...wait.names },
    at,
  }
  if (isChecked(channel)) {
    await waitForCheck(context, channel, wait, outcome)
    return { kind: 'waits', wait }
  }
  const inTime = nextTryAt.getTime() <= submittedAt.getTime() + config.retry.giveUpAfterMs
  const settled = await settleStep(db, channel, {
    status: inTime ? 'retrying' : 'failed',
    nextTryAt: inTime ? nextTryAt : null,
    keepPassword: inTime,
    attempted: false,
    outcome,
    ...(step === 'connect' ? { learnt: { serviceUrl: wait.origin } } : {}),
  })
  if (settled?.status === 'failed') await measureGivenUp(context, settled)
  if (settled) await announce(context, { userId, channelId: _id.toHexString() })
  return { kind: 'waits', wait }
}

/** A breaker that is open is a fault that the check met; our own budgets are none of the server's. */
async function waitForCheck(context: WorkerContext, channel: Channel, wait: Waits, outcome: StoredOutcome) {
  const { db, config } = context
  const { at } = outcome
  const { _id, userId, fault = null, sessionEndsAt = null } = channel
  const channelId = _id.toHexString()
  const nextAt = new Date(at.getTime() + wait.waitMs)
  if (wait.reason === 'breaker_open') {
    const limit = { policy: null, endsAt: nextAt }
    await settleCheck(context, channel, { outcome, limit, learnt: {}, recorded: false })
  } else {
    // However long the line, its session does not end in it.
    const ownAt = nextCheckAt(channelId, sessionEndsAt, config.checks, at)
    const next = { nextAt: nextAt < ownAt ? nextAt : ownAt, failed: false }
    await postponeCheck(db, channel, { at, fault, ...next, attempted: false, learnt: {} })
  }
  await announce(context, { userId, channelId })
}

/** Before a claim, at next to no cost: must the step wait, as far as this process knows? @returns null when it can begin */
export async function waitAhead(
  context: WorkerContext,
  name: JobName,
  step: Step,
  { channelId, generation }: JobPayload,
): Promise<Result | null> {
  if (!context.gate.crowded()) return null
  const ahead = await context.readAhead(channelId)
  if (!ahead) return null
  const { channel, options } = ahead
  const itsTime = !channel.nextTryAt || channel.nextTryAt <= new Date()
  if (channel.lease.generation !== generation || channel.step !== name || !itsTime) return null
  const there = step.where(context, channel, options)
  if (there.kind !== 'server') return null
  const wait = context.gate.mustWait({ job: name, origin: there.origin })
  if (!wait) return null
  return wait.kind === 'full' ? { kind: 'parked', wait } : writeWait(context, channel, wait)
}

/** Puts the job back into its queue; the gate calls it as soon as there is a slot, else it comes by itself. @throws always */
export async function park(job: Job, token: string | undefined, { waitMs, onSlot }: Full): Promise<never> {
  await job.moveToDelayed(Date.now() + waitMs, token)
  // A job that has come by itself, or is gone, cannot be called any more, and need not be.
  onSlot(() => void job.promote().catch(() => {}))
  throw new DelayedError()
}
