// Runs one job: claims its step, passes the gate, asks, diagnoses, records the attempt, keeps or settles, announces.
import { UnrecoverableError, type Job } from 'bullmq'
import { Types } from 'mongoose'
import { endSession, readProfile } from '../src/bluesky/session.ts'
import type { Options } from '../src/contract.ts'
import { dropOldAttempts, KEPT } from '../src/db/attempts.ts'
import { isInStep, type Channel, type ChannelDoc, type StoredOutcome } from '../src/db/channels.ts'
import { dropFormer } from '../src/db/kept-sessions.ts'
import { claimStep, postponeStep, releaseStep, settleRemoval, settleStep } from '../src/db/steps.ts'
import { withDeadline } from '../src/deadline.ts'
import { announce, type ChannelChange } from '../src/events.ts'
import { jobs, startStep, type StepName, type JobPayload } from '../src/jobs.ts'
import { haveSameEffect, readOptions } from '../src/options.ts'
import { diagnose, lookupFor, outcomes, type OutcomeCode } from '../src/outcomes/catalogue.ts'
import { nextLookAt } from '../src/schedule.ts'
import { limitOf, namesSeen } from '../src/outcomes/evidence.ts'
import { answerOf, recordAttempt } from './attempt.ts'
import { decide, mayGetWell } from './decision.ts'
import { leaveFormerSessions } from './former-sessions.ts'
import type { Told } from './gate/gate.ts'
import { toldBy } from './gate/told.ts'
import { keepWaiting, park, waitAhead } from './gate/waiting.ts'
import { measureStep } from './measure.ts'
import { lineOf, type Result } from './result.ts'
import { isChecked, settleCheck, tellsNothing } from './check.ts'
import type { Asked, Kept, Step, WorkerContext } from './step.ts'
import { SealError } from './unseal.ts'

/** A step that was claimed more often without coming to an end seems to bring its worker down: it ends as `unknown`. */
const MOST_CLAIMS = 5
/** After the deadline of a job, before the sweep believes that its worker died. */
const DEADLINE_GRACE_MS = 5_000
/** After the deadline of a job: one that has not ended by then never does, and as long as it runs no other one is taken. */
const ENDLESS_AFTER_MS = 60_000
const BROKEN_OFF_MS = 5_000
/** A check that the pause found in its queue; the sweep brings none back meanwhile. */
const PAUSED_MS = 60_000
/** By then another worker has renewed the session, or is dead soon. */
const BUSY_MS = 1_000

/** One log line each, with the ids that lead back to the request. */
export async function runJob(
  context: WorkerContext,
  name: StepName,
  step: Step,
  job: Job<JobPayload>,
  token?: string,
): Promise<void> {
  const parsed = jobs[name].payload.safeParse(job.data)
  if (!parsed.success) throw new UnrecoverableError(`the payload of ${name} is not what it should be`)
  const { version: _, ...payload } = parsed.data
  const about = { job: name, jobId: job.id, ...payload }
  const log = context.log.child(about)
  const startedAt = performance.now()
  const waitedMs = Date.now() - job.timestamp
  const line = (fields: object) => ({ ...fields, waitedMs, durationMs: Math.round(performance.now() - startedAt) })
  let result: Result
  try {
    result = await takeTurn({ ...context, log }, name, step, payload)
  } catch (error) {
    context.metrics.stepBrokeOff(name)
    const store = context.stores.of(error)
    if (store) store.report(error, 'job broke off', line(about))
    else log.error(line({ err: error }), 'job broke off')
    throw error
  }
  if ('wait' in result) context.metrics.stepWaited(name, result.wait.kind === 'full' ? 'full' : result.wait.reason)
  if (result.kind === 'parked') return park(job, token, result.wait)
  log.info(line(lineOf(result)), 'job')
}

/** A step under way for a channel that is claimed. */
interface Running {
  name: StepName
  step: Step
  channel: ChannelDoc
  options: Options
  startedAt: Date
  signal: AbortSignal
}

type Outcome = Omit<StoredOutcome, 'step'>

/** What it was answered, what that comes to, and the server that it is about. */
interface Ended {
  asked: Asked
  code: OutcomeCode
  origin: string
}

/** What has to wait for a server takes no place of its user; what runs holds one. */
async function takeTurn(context: WorkerContext, name: StepName, step: Step, payload: JobPayload): Promise<Result> {
  const ahead = await waitAhead(context, name, step, payload)
  if (ahead) return ahead
  const place = await context.gate.takePlace(jobs[name].queue, payload.userId)
  if (place.kind === 'full') return { kind: 'parked', wait: place }
  try {
    const running = runStep(context, name, step, payload)
    return await withDeadline(running, jobs[name].deadlineMs + ENDLESS_AFTER_MS, 'the step does not end')
  } finally {
    place.leave()
  }
}

async function runStep(context: WorkerContext, name: StepName, step: Step, payload: JobPayload): Promise<Result> {
  const startedAt = new Date()
  const { deadlineMs } = jobs[name]
  const signal = AbortSignal.timeout(deadlineMs)
  const until = new Date(startedAt.getTime() + deadlineMs + DEADLINE_GRACE_MS)
  const { channelId, generation } = payload
  const key = { _id: new Types.ObjectId(channelId), step: name, lease: { generation } }
  const reading = readOptions(context)
  // Awaited after the claim, where a failure is one of the attempt; until then it must not be an unhandled rejection.
  reading.catch(() => {})
  const claimed = await claimStep(context.db, key, { at: startedAt, until })
  if (!claimed) return { kind: 'skipped' }
  const { channel, changed } = claimed
  try {
    // The step does not wait for it.
    const announced = changed ? announceChange(context, channel) : undefined
    const running = { name, step, channel, options: await reading, startedAt, signal }
    const result = await attempt(context, running)
    measureStep(context.metrics, running, result)
    await announced
    return result
  } catch (error) {
    // A fault of our own or of a store: the sweep begins again, the claims bound how often.
    const at = new Date(Date.now() + BROKEN_OFF_MS * channel.lease.claims)
    await postponeStep(context.db, channel, at).catch(() => {})
    throw error
  }
}

async function attempt(context: WorkerContext, running: Running): Promise<Result> {
  const { name, step, channel, options, signal } = running
  const untried = (code: OutcomeCode) =>
    end(context, running, { asked: { kind: 'known', code }, code, origin: channel.serviceUrl })
  if (channel.lease.claims > MOST_CLAIMS) return untried('unknown')
  await leaveFormerSessions(context, channel)
  const paused = options.bluesky_integration_status.effective === 'disabled'
  if (paused && name === 'check') return comeBack(context, channel, PAUSED_MS)
  if (paused && name !== 'disconnect') return untried('integration_disabled')

  const where = step.where(context, channel, options)
  const there = where.kind === 'unknown' ? await where.find(context, signal) : where
  const { origin } = there
  const serviceUrl = options['bluesky_service-url'].effective
  const { userId, did, identifier } = channel
  // Only a sign-in that worked leaves a DID with a channel.
  const who = { userId, identity: did ?? identifier, isOwner: did !== null }
  const visit = { job: name, serviceUrl, ...who, ...there }
  const entered = there.kind === 'server' ? await context.gate.enter(visit) : null
  if (entered && entered.kind !== 'entered') return keepWaiting(context, channel, entered)
  let told: Told = { kind: 'nothing' }
  let ended: Ended | null = null
  try {
    const asking = { origin, isAsked: entered !== null, options, signal }
    const asked = await step.ask(context, channel, asking).catch((error) => unreadable(context, error))
    if (asked.kind !== 'busy') {
      const code = asked.kind === 'known' ? asked.code : diagnose(asked.seen)
      if (asked.kind === 'seen') told = toldBy(asked, code, origin)
      ended = { asked, code, origin }
    }
  } finally {
    await entered?.leave(told)
  }
  if (!ended) return comeBack(context, channel, BUSY_MS)
  return end(context, running, { ...ended, code: await conclude(context, channel, ended) })
}

/** The step was not begun after all. */
async function comeBack({ db }: WorkerContext, channel: Channel, waitMs: number): Promise<Result> {
  await releaseStep(db, channel, new Date(Date.now() + waitMs))
  return { kind: 'skipped' }
}

/** A sealed value that cannot be opened now cannot be later: trying again would only be a loop. @throws any other error */
function unreadable({ log }: WorkerContext, error: unknown): Asked {
  if (!(error instanceof SealError)) throw error
  log.error({ reason: error.message }, 'a sealed value cannot be opened')
  return { kind: 'known', code: 'secret_unreadable' }
}

/** What the answer leaves open is looked up, once; the server that was asked waits for none of it. */
async function conclude({ http, identity }: WorkerContext, { outcome, fault }: ChannelDoc, { asked, code }: Ended) {
  if (asked.kind === 'known' || !asked.question) return code
  const { seen, question, signedIn } = asked
  const { knownDid = null, secrets, signal } = question
  const lookup = lookupFor(seen, code, (fault ?? outcome)?.code)
  if (!lookup) return code
  if (lookup === 'after_sign_in' && signedIn) {
    const { session, pdsUrl } = signedIn
    const [found, profile] = await Promise.all([
      identity.lookupAfterSignIn({ ...question, session }),
      readProfile({ http, serviceUrl: pdsUrl, signal }, session.did, secrets),
    ])
    seen.identity = found
    if (profile) signedIn.profile = profile
  } else {
    seen.identity = await identity.lookup({ ...question, knownDid: signedIn?.session.did ?? knownDid })
  }
  return diagnose(seen)
}

/** Records the attempt, writes how it ended, and tells whoever has to know. */
async function end(context: WorkerContext, running: Running, { asked, code, origin }: Ended): Promise<Result> {
  const { name, channel, startedAt } = running
  const at = new Date()
  const answer = answerOf(asked)
  const attempted = { outcome: code, server: origin, answer }
  const { good, goesOn } = outcomes[code]
  const identifier = channel.handle ?? channel.identifier
  const names = asked.kind === 'seen' ? namesSeen(asked.seen, identifier) : {}
  const params = { server: origin, identifier, ...names, reference: channel.requestId }
  if (name === 'disconnect')
    return { ...(await endRemoval(context, running, asked, { code, params, at })), ...attempted }
  const homeUnknown = asked.kind === 'seen' && asked.seen.identity?.entrywayUnknown === true
  const step = name === 'check' ? 'verify' : name
  const outcome = { code, step, params, at, ...(homeUnknown ? { homeUnknown } : {}) }
  const ended = { outcome, serviceUrl: origin, answer, startedAt }
  const recorded = tellsNothing(channel, code) ? undefined : recordAttempt(context, channel, ended)
  // Whoever sees an end finds its attempt; a step that goes on is not held up.
  if (!goesOn) await recorded
  const write = good ? keep : settle
  const [written] = await Promise.all([write(context, running, asked, outcome), recorded])
  if (written.kind !== 'kept') return { kind: written.kind, ...attempted }
  const now = written.channel
  await (isInStep(now) ? startStep(context, now) : announceChange(context, now))
  const mergedInto = now._id.toHexString()
  if (!now._id.equals(channel._id)) await announceChange(context, channel, { removed: { mergedInto } })
  if (recorded && now.attemptCount > KEPT) await dropOldAttempts(context.db, channel._id)
  return { kind: good ? 'kept' : 'settled', status: now.status, ...attempted }
}

async function keep(context: WorkerContext, running: Running, asked: Asked, outcome: Outcome): Promise<Kept> {
  const { step, channel, signal } = running
  let kept: Kept | undefined
  try {
    kept = await step.keep(context, channel, asked, outcome)
    return kept
  } finally {
    // Nobody knows whether a write that broke off was made: what is noted is left to whoever takes the step next.
    const isLeft = kept === undefined && asked.kind === 'seen' && asked.signedIn?.isNoted === true
    if (kept?.kind !== 'kept' && !isLeft) await endOpened(context, channel, asked, signal)
  }
}

async function settle(context: WorkerContext, running: Running, asked: Asked, outcome: StoredOutcome): Promise<Kept> {
  const { db } = context
  const { channel, options, signal } = running
  if (isChecked(channel))
    return settleCheck(context, channel, { outcome, recorded: !tellsNothing(channel, outcome.code), ...seenBy(asked) })
  const decided = decideOn(context, channel, asked, outcome)
  // What the admin has to repair may have been repaired while the step was under way.
  const forAdmin = decided.status === 'action_required' && decided.keepPassword
  const repaired = forAdmin && !haveSameEffect(options, await readOptions(context))
  const decision = repaired ? { ...decided, status: 'retrying' as const, nextTryAt: outcome.at } : decided
  const { learnt } = seenBy(asked)
  const isBroken = channel.step === 'verify' && channel.lastVerifiedAt !== null && decision.nextTryAt === null
  const lookAt = nextLookAt(channel._id.toHexString(), context.config.checks, outcome.at)
  const checkAt = isBroken && mayGetWell(outcome.code) ? lookAt : null
  const [settled] = await Promise.all([
    settleStep(db, channel, { ...decision, outcome, attempted: true, learnt, checkAt }),
    endOpened(context, channel, asked, signal),
  ])
  return settled ? { kind: 'kept', channel: settled } : { kind: 'overtaken' }
}

const seenBy = (asked: Asked) =>
  asked.kind === 'seen' ? { limit: limitOf(asked.seen), learnt: asked.learnt ?? {} } : { limit: null, learnt: {} }

function decideOn({ config }: WorkerContext, { lease, submittedAt }: ChannelDoc, asked: Asked, { code, at }: Outcome) {
  const { limit } = seenBy(asked)
  return decide({ code, failures: lease.failures, submittedAt, limit }, config.retry, at)
}

/** A session that is not kept is not left open either; that it cannot be ended changes nothing. */
async function endOpened(
  { db, http, log }: WorkerContext,
  channel: Channel,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  if (asked.kind !== 'seen' || !asked.signedIn) return
  const { serviceUrl } = asked.seen
  const { session, sealed } = asked.signedIn
  const { ended } = await endSession({ http, serviceUrl, signal }, session)
  if (!ended) return log.warn({ server: serviceUrl, ended }, 'a session that is not kept could not be ended')
  // Left there, it is ended once more by the next claim, which servers take.
  await dropFormer(db, channel, sealed).catch(() => {})
}

/** A removal leaves no attempt; how it ended is told to its owner, where it was asked for by a person. */
async function endRemoval(context: WorkerContext, running: Running, asked: Asked, outcome: Outcome) {
  const { channel, step } = running
  if (outcomes[outcome.code].good) {
    await step.keep(context, channel, asked, outcome)
    if (channel.removal) await announceChange(context, channel, { removalEnded: true })
    return { kind: 'forgotten' as const, ended: outcome.code === 'session_ended' }
  }
  const { nextTryAt } = decideOn(context, channel, asked, outcome)
  // Where its time is over there is one more attempt, which goes nowhere and forgets it.
  await settleRemoval(context.db, channel, nextTryAt ?? outcome.at, true)
  return { kind: 'settled' as const, status: channel.status }
}

const announceChange = (
  context: WorkerContext,
  { userId, _id }: Channel,
  more: Pick<ChannelChange, 'removed' | 'removalEnded'> = {},
) => announce(context, { userId, channelId: _id.toHexString(), ...more })
