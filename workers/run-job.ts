// Around every handler: checks the payload, claims the step, sets the deadline, records the attempt, turns outcomes into state.
import { UnrecoverableError, type Job } from 'bullmq'
import type { Appview } from '../src/bluesky/appview.ts'
import type { Evidence, Limit, Step } from '../src/outcomes/evidence.ts'
import type { Http } from '../src/http/client.ts'
import type { IdentityLook } from '../src/bluesky/identity.ts'
import type { OutcomeCode, OutcomeParams } from '../src/outcomes/catalogue.ts'
import type { Context } from '../src/context.ts'
import type { Options } from '../src/contract.ts'
import { addAttempt, dropOldAttempts, type AttemptDoc } from '../src/db/attempts.ts'
import type { Channel, ChannelWithSecrets } from '../src/db/channels.ts'
import { claimStep, postpone, settleStep } from '../src/db/steps.ts'
import { announce } from '../src/events.ts'
import { jobs, type JobName, type JobPayload } from '../src/jobs.ts'
import { haveSameEffect, readOptions } from '../src/options.ts'
import type { Full, HostGate, Waits } from './gate/gate.ts'
import { decide } from './decision.ts'
import type { Peek } from './gate/read-ahead.ts'
import { park, wait, waitAhead } from './gate/waiting.ts'

/** What a worker stands on. */
export interface WorkerContext extends Context {
  http: Http
  identity: IdentityLook
  appview: Appview
  hosts: HostGate
  peek: Peek
}

/** How a try of a step ended, as its handler tells it. */
export interface StepEnd {
  code: OutcomeCode
  params: OutcomeParams
  answer: AttemptDoc['answer']
  limit?: Limit | null
  /** the server that was asked, where it is not the channel's */
  serviceUrl?: string
  handle?: string
  /** the server that refused the password */
  refusedBy?: string
  verifiedAt?: Date
  /** the step is over and the channel is in the next one already: nothing to settle */
  moved?: Channel
}

export type StepHandler = (
  context: WorkerContext,
  channel: ChannelWithSecrets,
  signal: AbortSignal,
  options: Options,
) => Promise<StepEnd | Full | Waits>
export type JobHandler = (context: WorkerContext, payload: JobPayload, signal: AbortSignal) => Promise<object>

/** A step that was begun this often without coming to an end takes its worker down with it. */
const MOST_STARTS = 5
/** After the deadline of a job, before the sweep believes that its worker died. */
const DEADLINE_GRACE_MS = 5_000
const BROKEN_OFF_MS = 5_000

/** Runs one job. One log line each, with the ids that lead back to the request. */
export async function runJob(
  context: WorkerContext,
  handler: JobHandler,
  job: Job<JobPayload>,
  token?: string,
): Promise<void> {
  const name = job.name as JobName
  const parsed = jobs[name].payload.safeParse(job.data)
  if (!parsed.success) throw new UnrecoverableError(`the payload of ${name} is not what it should be`)
  const { channelId, run, requestId } = parsed.data
  const log = context.log.child({ job: name, jobId: job.id, channelId, run, requestId })
  const startedAt = performance.now()
  const waitedMs = Date.now() - job.timestamp
  const line = (fields: object) => ({ ...fields, waitedMs, durationMs: Math.round(performance.now() - startedAt) })
  let told: { full?: Full }
  try {
    const signal = AbortSignal.timeout(jobs[name].deadlineMs)
    told = await handler({ ...context, log }, { ...parsed.data }, signal)
  } catch (error) {
    log.error(line({ err: error }), 'job broke off')
    throw error
  }
  if (told.full) return park(job, token, told.full)
  log.info(line(told), 'job')
}

/** Makes the handler of a job out of the handler of a step. */
export function stepHandler(step: Step, handle: StepHandler): JobHandler {
  return async (context, payload, signal) => {
    const { db, config } = context
    const { channelId, run, requestId } = payload
    const waits = await waitAhead(context, step, payload)
    if (waits) return waits
    const startedAt = new Date()
    const until = new Date(startedAt.getTime() + jobs[step].deadlineMs + DEADLINE_GRACE_MS)
    const reading = readOptions(context)
    const [channel] = await Promise.all([
      claimStep(db, { id: channelId, run, step, at: startedAt, until }),
      // A fault of this one is a fault of the try, which is begun again soon.
      reading.catch(() => {}),
    ])
    if (!channel) return { skipped: 'nothing to do' }
    // Nothing of the step waits for it.
    const announced = announce(context, { userId: channel.userId, channelId })

    const begin = async () => tryStep(context, channel, await reading, handle, signal)
    const end = await begin().catch(async (error: unknown) => {
      // A fault of our own or of a store: the sweep begins again, `starts` bounds how often.
      await postpone(db, channel, new Date(Date.now() + BROKEN_OFF_MS * channel.starts)).catch(() => {})
      throw error
    })
    await announced
    if ('go' in end) return wait(context, channel, step, end)
    const at = new Date()
    const serviceUrl = end.serviceUrl ?? channel.serviceUrl
    const attempt = addAttempt(db, {
      channelId: channel._id,
      step,
      run,
      requestId,
      startedAt,
      durationMs: at.getTime() - startedAt.getTime(),
      outcome: end.code,
      serviceUrl,
      answer: end.answer,
    })
    // A line too few in the details is no reason to run the step again.
    await attempt.catch((error: Error) => context.log.warn({ channelId, reason: error.message }, 'attempt not kept'))
    const told = { outcome: end.code, server: serviceUrl, answer: end.answer }
    if (end.moved) return told

    const { tries, submittedAt } = channel
    const decided = decide({ code: end.code, tries, submittedAt, limit: end.limit ?? null }, config.retry, at)
    // What the admin has to repair may have been repaired while the step was under way.
    const forAdmin = decided.status === 'action_required' && decided.keepPassword
    const repaired = forAdmin && !haveSameEffect(await reading, await readOptions(context))
    const decision = repaired ? { ...decided, status: 'retrying' as const, nextTryAt: at } : decided
    const settled = await settleStep(db, channel, {
      ...decision,
      outcome: { code: end.code, step, params: { ...end.params, reference: requestId }, at },
      ...(end.handle ? { handle: end.handle } : {}),
      ...(end.refusedBy ? { refusedBy: end.refusedBy } : {}),
      ...(end.verifiedAt ? { verifiedAt: end.verifiedAt } : {}),
    })
    if (settled) await announce(context, { userId: channel.userId, channelId })
    await dropOldAttempts(db, channel._id)
    return { ...told, status: settled ? decision.status : 'overtaken by a newer run' }
  }
}

async function tryStep(
  context: WorkerContext,
  channel: ChannelWithSecrets,
  options: Options,
  handle: StepHandler,
  signal: AbortSignal,
): Promise<StepEnd | Full | Waits> {
  const params = { server: channel.serviceUrl, identifier: channel.identifier }
  if (channel.starts > MOST_STARTS) return { code: 'unknown', params, answer: null }
  if (options.bluesky_integration_status.effective === 'disabled') {
    return { code: 'integration_disabled', params, answer: null }
  }
  return handle(context, channel, signal, options)
}

/** Without digits: a server may answer with the app password that it was sent, which nobody knows any more by then. */
const errorName = /^[A-Za-z][A-Za-z_]{0,63}$/
/** An app password that has no digit. */
const likePassword = /^([a-z]{16}|[A-Z]{16})$/

/** The short form of an answer that an attempt keeps: never a message, which may repeat what was sent. */
export function summarize(
  { call, answer }: Pick<Evidence, 'call' | 'answer'>,
  durationMs: number,
): AttemptDoc['answer'] {
  const safeName = (name: string) => (errorName.test(name) && !likePassword.test(name) ? name : null)
  return {
    call,
    status: answer.kind === 'fault' ? null : answer.status,
    error: answer.kind === 'error' ? safeName(answer.error) : null,
    detail: answer.kind === 'fault' ? answer.fault.reason : answer.kind === 'invalid' ? 'unexpected body' : null,
    durationMs,
  }
}

export const limitOf = ({ answer }: Pick<Evidence, 'answer'>): Limit | null =>
  answer.kind === 'error' ? answer.limit : null
