// The job that asks a server for the app passwords of a channel's account: its owner may choose one to delete with the channel.
import type { Job } from 'bullmq'
import { rememberAppPasswords, type KnownAppPasswords } from '../src/app-passwords.ts'
import { listAppPasswords } from '../src/bluesky/app-passwords.ts'
import { endSession, isRefusal, refresh, type Session } from '../src/bluesky/session.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { jobs, type JobPayload } from '../src/jobs.ts'
import { readOptions } from '../src/options.ts'
import { diagnose, outcomes } from '../src/outcomes/catalogue.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import { unsealSession } from './disconnect.ts'
import type { Told } from './gate/gate.ts'
import { toldBy } from './gate/told.ts'
import { renewalOf } from './renewal.ts'
import type { WorkerContext } from './step.ts'

const failed = (state: KnownAppPasswords['state']): KnownAppPasswords => ({ state, appPasswords: [] })

/** A question and no more: where its job gets lost, whoever waits asks again. */
export async function runListing(context: WorkerContext, { id, data }: Job<JobPayload>): Promise<void> {
  const { channelId } = data
  const signal = AbortSignal.timeout(jobs.list_app_passwords.deadlineMs)
  const known = await list(context, channelId, signal)
  await rememberAppPasswords(context, channelId, known)
  context.log.info({ job: 'list_app_passwords', jobId: id, ...data, state: known.state }, 'job')
}

async function list(context: WorkerContext, channelId: string, signal: AbortSignal): Promise<KnownAppPasswords> {
  const { http, gate } = context
  const channel = await readChannel(context, channelId)
  const sealed = channel?.secrets?.session
  const session = channel && (await unsealSession(context, channel._id, sealed))
  if (!session || !sealed) return failed('session_over')
  const signedInAt = session.serviceUrl ?? channel.serviceUrl
  const origin = channel.pdsUrl ?? signedInAt
  const options = await readOptions(context)
  const entered = await gate.enter({
    job: 'list_app_passwords',
    origin,
    ...(signedInAt === origin ? {} : { refreshesAt: signedInAt }),
    serviceUrl: options['bluesky_service-url'].effective,
    userId: channel.userId,
    identity: session.did,
    isOwner: true,
  })
  if (entered.kind !== 'entered') return failed('unanswered')
  let told: Told = { kind: 'nothing' }
  try {
    const renewed = await renew(context, channel, { session, sealed, signedInAt, signal })
    if (!('accessJwt' in renewed)) return renewed
    const { answer, durationMs, appPasswords } = await listAppPasswords({ http, serviceUrl: origin, signal }, renewed)
    const seen: Evidence = { step: 'disconnect', serviceUrl: origin, call: 'listAppPasswords', answer }
    const code = diagnose(seen)
    told = toldBy({ seen, durationMs }, code, origin)
    if (appPasswords) return { state: 'listed', appPasswords }
    return failed(outcomes[code].good ? 'refused' : 'unanswered')
  } finally {
    await entered.leave(told)
  }
}

interface Renewing {
  session: Session
  sealed: string
  signedInAt: string
  signal: AbortSignal
}

/**
 * First, because an access token outlives its app password: after a renewal the one that the session was opened with
 * exists, so that it is in the list, and where there is one alone it is that one.
 */
async function renew(context: WorkerContext, channel: ChannelDoc, of: Renewing): Promise<Session | KnownAppPasswords> {
  const { http } = context
  const { session, sealed, signedInAt, signal } = of
  const renewal = renewalOf(context, channel, sealed, signedInAt)
  if (!(await renewal.claim())) {
    const now = await readChannel(context, channel._id.toHexString())
    const other =
      now?.secrets?.session !== sealed && now && (await unsealSession(context, now._id, now.secrets?.session))
    return other || failed('unanswered')
  }
  const target = { http, serviceUrl: signedInAt, signal }
  const { answer, session: renewed } = await refresh(target, session)
  if (!renewed) return failed(isRefusal(answer) ? 'session_over' : 'unanswered')
  if (await renewal.keep(renewed)) return renewed
  await endSession(target, renewed)
  return failed('session_over')
}

const readChannel = ({ db }: WorkerContext, channelId: string) =>
  db.channels.findOne({ _id: channelId, live: true }).select('+secrets').lean<ChannelDoc>()
