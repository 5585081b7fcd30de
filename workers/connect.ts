// The connect step: signs in with the app password, keeps the session, destroys the password.
import { INVALID_HANDLE } from '@atproto/syntax'
import { endOf, signIn, type Session, type SignIn } from '../src/bluesky/session.ts'
import type { Target } from '../src/bluesky/xrpc.ts'
import type { Channel, ChannelDoc } from '../src/db/channels.ts'
import { dropFormer, noteOpened } from '../src/db/kept-sessions.ts'
import { keepServer, mergeInto, toVerifying } from '../src/db/steps.ts'
import { outcomes } from '../src/outcomes/catalogue.ts'
import { refusedSignIn } from '../src/outcomes/detect.ts'
import { followsAccounts } from '../src/options.ts'
import type { Answer, Evidence } from '../src/outcomes/evidence.ts'
import type { Seal } from '../src/seal.ts'
import type { Asked, Asking, KnownDestination, Step, WorkerContext } from './step.ts'

/** How long the server that an identity names is not looked up again; a start by the owner does that at once. */
const FOUND_FOR_MS = 3600_000

/** Whether `serviceUrl` is what the identity names, looked up lately. */
const knowsServer = ({ serverFoundAt, outcome }: Channel) =>
  Date.now() - (serverFoundAt?.getTime() ?? 0) < FOUND_FOR_MS && !(outcome && outcomes[outcome.code].looksUpServerAnew)

/** A server that refused this password is not sent it again: the step looks up the reason and asks nobody. */
const towards = ({ refusedBy }: Channel, origin: string): KnownDestination => ({
  kind: refusedBy === origin ? 'nowhere' : 'server',
  origin,
})

const didOf = ({ did, identifier }: Channel) => did ?? (identifier.startsWith('did:') ? identifier : null)

/** Looks up where the identity signs in, and keeps it for the attempts that follow. */
async function findServer(
  { db, identity }: WorkerContext,
  channel: Channel,
  serviceUrl: string,
  signal: AbortSignal,
): Promise<KnownDestination> {
  const { identifier } = channel
  const origin = await identity.whereToSignIn({ identifier, knownDid: didOf(channel), serviceUrl, signal })
  await keepServer(db, channel, origin, new Date())
  return towards(channel, origin)
}

/**
 * The Service URL was changed after the submit: it gets the password where the account lives there, or where that cannot be
 * told. That goes by the address, because a server can call itself what it likes.
 */
async function checkHome(
  { identity }: WorkerContext,
  channel: Channel,
  serviceUrl: string,
  signal: AbortSignal,
): Promise<KnownDestination> {
  const { identifier } = channel
  const home = await identity.whereToSignIn({ identifier, knownDid: didOf(channel), serviceUrl, signal })
  return home === serviceUrl ? towards(channel, serviceUrl) : { kind: 'nowhere', origin: serviceUrl }
}

/** The refusal of a server that may not take DIDs at all (openfederation, bluepds: docs/at-protocol.md §1.1). */
const mayTakeNoDids = ({ answer }: SignIn) =>
  answer.kind === 'error' &&
  answer.status === 401 &&
  (answer.error === 'Unauthorized' || (answer.error === '' && answer.message === ''))

/**
 * An account that signed in before does so by its DID, because handles change. Where that is refused as by a server that
 * takes none, once more by the name that it goes by; every other refusal stands, because sign-ins are few.
 */
async function signInAs(target: Target, { did, handle, identifier }: Channel, password: string): Promise<SignIn> {
  const byDid = did ? await signIn(target, did, password) : null
  if (byDid && !mayTakeNoDids(byDid)) return byDid
  const name = identifier.includes('@') ? identifier : (handle ?? identifier)
  return signIn(target, name, password)
}

const sealFor = (seal: Seal, id: string, session: Session, serviceUrl: string) =>
  seal('session', id, JSON.stringify({ ...session, serviceUrl }))

/** The lookups that follow take their time: a worker that dies meanwhile leaves the session to whoever takes the step next. */
async function note({ db, seal, stores }: WorkerContext, channel: ChannelDoc, session: Session, serviceUrl: string) {
  const sealed = await sealFor(seal, channel._id.toHexString(), session, serviceUrl)
  // Where it fails, or nothing fits any more, the session is not kept but ended.
  const isNoted = await noteOpened(db, channel, sealed).catch((error: unknown) => {
    stores.report(error, 'a session that was opened is not noted')
    return false
  })
  return { sealed, isNoted }
}

const refused: Answer = {
  kind: 'error',
  status: 401,
  error: 'AuthenticationRequired',
  message: '',
  xrpc: true,
  limit: null,
}

async function askToSignIn(context: WorkerContext, channel: ChannelDoc, asking: Asking): Promise<Asked> {
  const { http, unseal } = context
  const { origin, isAsked, options, signal } = asking
  const { identifier } = channel
  // Destroyed, because it was waited for too long.
  if (!channel.secrets?.password) return { kind: 'known', code: 'unknown' }
  const password = await unseal('password', channel._id.toHexString(), channel.secrets.password)
  const knownDid = didOf(channel)
  const question = { identifier, knownDid, serviceUrl: origin, secrets: [password], signal }
  const about = {
    step: 'connect' as const,
    serviceUrl: origin,
    namedByAccount: origin !== options['bluesky_service-url'].effective,
    followsIdentity: followsAccounts(options),
    unasked: !isAsked && channel.refusedBy !== origin,
    call: 'createSession' as const,
    byEmail: identifier.includes('@') && !knownDid,
    expectedDid: knownDid,
  }
  const learnt = { serviceUrl: origin }
  if (!isAsked) {
    return { kind: 'seen', seen: { ...about, answer: refused }, durationMs: null, question, learnt }
  }

  const target = { http, serviceUrl: origin, signal }
  const { answer, durationMs, session, seen: sessionSeen, pdsUrl = origin } = await signInAs(target, channel, password)
  const seen: Evidence = { ...about, answer }
  if (!session || !sessionSeen) {
    const refusal = refusedSignIn(seen) ? { refusedBy: origin } : {}
    return { kind: 'seen', seen, durationMs, question, learnt: { ...learnt, ...refusal } }
  }
  return {
    kind: 'seen',
    seen: { ...seen, session: sessionSeen },
    durationMs,
    question: { ...question, secrets: [password, session.accessJwt, session.refreshJwt] },
    signedIn: { session, ...(await note(context, channel, session, origin)), handle: sessionSeen.handle, pdsUrl },
    learnt,
  }
}

export const connect: Step = {
  where(_context, channel, options) {
    const serviceUrl = options['bluesky_service-url'].effective
    if (!followsAccounts(options)) {
      // The setting as it is now, but a password that was meant for another server is not handed to whoever it names.
      if (channel.meantFor === serviceUrl) return towards(channel, serviceUrl)
      return { kind: 'unknown', find: (context, signal) => checkHome(context, channel, serviceUrl, signal) }
    }
    if (knowsServer(channel)) return towards(channel, channel.serviceUrl)
    return { kind: 'unknown', find: (context, signal) => findServer(context, channel, serviceUrl, signal) }
  },

  ask: askToSignIn,

  async keep({ db, seal }, channel, asked, { at }) {
    if (asked.kind !== 'seen' || !asked.signedIn) throw new Error('a sign-in without a session')
    const { seen, signedIn } = asked
    const { serviceUrl } = seen
    const { session, sealed, handle, pdsUrl, profile } = signedIn
    // The identity's document tells better where the account lives than the server that signed it in, unless that is the same.
    const { pdsUrl: documented, sameServer, servedByEntryway } = seen.identity ?? {}
    const home = sameServer && !servedByEntryway ? serviceUrl : (documented ?? pdsUrl)
    // A server that finds no handle to be the account's takes away none that we know.
    const named = handle === INVALID_HANDLE ? {} : { handle }
    const account = { serviceUrl, sessionEndsAt: endOf(session), did: session.did, pdsUrl: home, ...named }
    const signedInAs = { ...account, ...profile, sealedSession: sealed }
    const next = await toVerifying(db, channel, signedInAs, at)
    if (!next) return { kind: 'overtaken' }
    if (!('sameAs' in next)) return { kind: 'kept', channel: next }
    const sealedSession = await sealFor(seal, next.sameAs._id.toHexString(), session, serviceUrl)
    // From here on it is the older channel's, which the next claim of this one must not end.
    await dropFormer(db, channel, sealed)
    signedIn.isNoted = false
    const forOlder = { ...signedInAs, sealedSession }
    const survivor = await mergeInto(db, channel, next.sameAs, forOlder, at)
    if (!survivor) throw new Error('the channel to merge into changed meanwhile')
    return { kind: 'kept', channel: survivor }
  },
}
