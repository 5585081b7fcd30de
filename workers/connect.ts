// The connect step: signs in with the app password, keeps the session, destroys the password.
import { namesSeen, needsLook, type IdentityQuestion } from '../src/bluesky/identity.ts'
import { diagnose, refusedSignIn, type OutcomeCode } from '../src/outcomes/catalogue.ts'
import { endSession, readProfile, signIn } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { Channel, ChannelWithSecrets } from '../src/db/channels.ts'
import { keepServer, mergeInto, toVerifying } from '../src/db/steps.ts'
import { announce } from '../src/events.ts'
import { startStep } from '../src/jobs.ts'
import { limitOf, stepHandler, summarize, type StepEnd, type WorkerContext } from './run-job.ts'
import { visit } from './gate/visit.ts'
import { knowsServer } from './gate/waiting.ts'

export const connect = stepHandler('connect', async (context, channel, signal, options) => {
  const { identifier, refusedBy } = channel
  const sealed = channel.secrets?.password
  // Only a channel that waited too long comes here without its password.
  if (!sealed) return { code: 'unknown', params: { server: channel.serviceUrl, identifier }, answer: null }
  const password = await context.secrets.open('password', channel._id.toHexString(), sealed)
  const knownDid = channel.did ?? (identifier.startsWith('did:') ? identifier : null)
  const asked = { identifier, knownDid, serviceUrl: options['bluesky_service-url'].effective, signal }
  const serviceUrl = await findServer(context, channel, asked)
  const question = { ...asked, serviceUrl }
  const namedByAccount = serviceUrl !== asked.serviceUrl
  if (refusedBy === serviceUrl) return lookAgain(context, question, password)
  return visit(context.hosts, { step: 'connect', origin: serviceUrl, identifier }, () =>
    signInAndKeep(context, channel, { ...question, namedByAccount }, password),
  )
})

/**
 * By default the setting as it is now, whatever it was at the submit. What an identity names is kept on the channel for
 * a while: many that wait for one server shall not look again whenever they come back.
 */
async function findServer({ config, db, identity }: WorkerContext, channel: Channel, asked: IdentityQuestion) {
  const follows = config.bluesky.followIdentity
  if (follows && knowsServer(channel)) return channel.serviceUrl
  const serviceUrl = follows ? await identity.whereToSignIn(asked) : asked.serviceUrl
  if (follows || serviceUrl !== channel.serviceUrl) {
    await keepServer(db, channel, serviceUrl, follows ? new Date() : null)
  }
  return serviceUrl
}

/** This server has refused the password already, only the reason is missing: it is not sent there a second time. */
async function lookAgain(context: WorkerContext, question: IdentityQuestion, password: string): Promise<StepEnd> {
  const { serviceUrl, identifier, knownDid = null } = question
  const seen: Evidence = {
    step: 'connect',
    serviceUrl,
    call: 'createSession',
    answer: { kind: 'error', status: 401, error: 'AuthenticationRequired', message: '', xrpc: true, limit: null },
    expectedDid: knownDid,
    identity: await context.identity.look({ ...question, secrets: [password] }),
  }
  const params = { server: serviceUrl, identifier, ...namesSeen(seen) }
  return { code: conclude(context, seen), params, answer: null, serviceUrl, refusedBy: serviceUrl }
}

/**
 * Where sign-ins follow the identity, no setting is to blame for one that went elsewhere: where it belongs could not be
 * looked up in time, and is looked up anew.
 */
function conclude({ config }: Pick<WorkerContext, 'config'>, seen: Evidence): OutcomeCode {
  const code = diagnose(seen)
  return code === 'wrong_server' && config.bluesky.followIdentity ? 'identity_lookup_unavailable' : code
}

async function signInAndKeep(
  context: WorkerContext,
  channel: ChannelWithSecrets,
  { namedByAccount, ...question }: IdentityQuestion & { namedByAccount: boolean },
  password: string,
): Promise<StepEnd> {
  const { db, http, secrets, identity } = context
  const { serviceUrl, identifier, signal, knownDid = null } = question
  const channelId = channel._id.toHexString()
  const params = { server: serviceUrl, identifier }
  const target = { http, serviceUrl, signal }

  const signedIn = await signIn(target, identifier, password)
  const seen: Evidence = {
    step: 'connect',
    serviceUrl,
    namedByAccount,
    call: 'createSession',
    answer: signedIn.answer,
    byEmail: identifier.includes('@') && !knownDid,
    expectedDid: knownDid,
    ...(signedIn.seen ? { session: signedIn.seen } : {}),
  }
  const answer = summarize(seen, signedIn.durationMs)
  const { session, pdsUrl } = signedIn
  const told = [password, ...(session ? [session.accessJwt, session.refreshJwt] : [])]
  if (needsLook(seen)) {
    seen.identity = await identity.look({ ...question, knownDid: session?.did ?? knownDid, secrets: told })
  }
  const good = session && pdsUrl && diagnose(seen) === 'signed_in'
  const [found, profile] = good
    ? await Promise.all([
        identity.lookAfterSignIn({ ...question, session, secrets: told }),
        readProfile({ ...target, serviceUrl: pdsUrl }, session.did, told),
      ])
    : []
  if (found) seen.identity = found
  const code = conclude(context, seen)
  if (!session || !signedIn.seen || !profile || code !== 'signed_in') {
    // A session that is not kept is not left open either; that it cannot be ended changes nothing.
    if (session) await endSession(target, session)
    const end = { code, params: { ...params, ...namesSeen(seen) }, answer, limit: limitOf(seen), serviceUrl }
    return refusedSignIn(seen) ? { ...end, refusedBy: serviceUrl } : end
  }

  const { did } = session
  // What the identity says of its server counts more than what a server says.
  const hostUrl = seen.identity?.pdsUrl ?? pdsUrl ?? serviceUrl
  const account = { did, handle: signedIn.seen.handle, serviceUrl, pdsUrl: hostUrl, ...profile }
  const seal = (id: string) => secrets.seal('session', id, JSON.stringify({ ...session, serviceUrl }))
  const at = new Date()
  const next = await toVerifying(db, channel, { ...account, sealedSession: await seal(channelId) }, at)
  if (!next) {
    // Overtaken by a newer run, which signs in by itself.
    await endSession(target, session)
    return { code, params, answer, serviceUrl, moved: channel }
  }
  if (!('sameAs' in next)) {
    await startStep(context, next)
    return { code, params, answer, serviceUrl, moved: next }
  }
  const older = next.sameAs.toHexString()
  const survivor = await mergeInto(
    db,
    channel,
    next.sameAs,
    { ...account, sealedSession: await seal(older) },
    channel.requestId,
    at,
  )
  if (!survivor) throw new Error('the channel to merge into changed meanwhile')
  await startStep(context, survivor)
  await announce(context, { userId: channel.userId, channelId, removed: { mergedInto: older } })
  return { code, params, answer, serviceUrl, moved: survivor }
}
