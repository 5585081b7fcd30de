// An independent lookup of the identity behind a sign-in: where the account lives, in which state, and what its handle points to.
import { AsyncLocalStorage } from 'node:async_hooks'
import { didWebToUrl, isAtprotoDid, isAtprotoDidWeb } from '@atproto/did'
import type { Logger } from 'pino'
import type { Identity, RepoState, SessionSeen } from '../outcomes/evidence.ts'
import { HttpFault } from '../http/fault.ts'
import type { Http } from '../http/client.ts'
import { createDocumentLookup, findSignInUrl, knownEntryway } from './identity-document.ts'
import { createHandleLookup } from './identity-handle.ts'
import { readAudience } from './session.ts'
import { call, readVersion, repeats, type Called, type Target } from './xrpc.ts'

export interface IdentityLookupOptions {
  http: Pick<Http, 'fetch'>
  plcDirectoryUrl: string
  handleResolverUrl: string | null
  /** `address:port` of the name servers to ask instead of the system's */
  dnsServers?: string[]
  log: Pick<Logger, 'warn'>
}

export interface IdentityQuestion {
  /** handle, DID or e-mail address, cleaned */
  identifier: string
  /** DID that the channel belongs to, or that signed in: the handle is not asked then */
  knownDid?: string | null
  /** handle that the channel is shown by: that another one is the account's is confirmed, where a sign-in worked */
  knownHandle?: string | null
  /** origin of the server that was or would be asked to sign in */
  serviceUrl: string
  /** what that server was told in confidence, or told us: no address that repeats it is asked for, and nothing that does is found */
  secrets?: string[]
  signal: AbortSignal
}

/**
 * Nothing here throws: what cannot be had is absent, and `unavailable` says so where the reason will pass.
 * Nothing is kept between two calls: they are rare, and a person who has just repaired something must see it.
 */
export interface IdentityLookup {
  /** everything, for a step that failed without telling why */
  lookup(question: IdentityQuestion): Promise<Identity>
  /**
   * What a sign-in that worked cannot tell: that the account lives elsewhere by now, or that the handle is another account's.
   * One request to the directory; a handle that is not under the server's own name is asked besides, and so is a new one.
   */
  lookupAfterSignIn(
    question: IdentityQuestion & { session: Pick<SessionSeen, 'did'> & { accessJwt?: string } },
  ): Promise<Identity>
  /** the server that signs in for the identity; the one given when it does too, or when that cannot be told for sure */
  whereToSignIn(question: IdentityQuestion): Promise<string>
  close(): void
}

const LOOKUP_MS = 8_000
const WHERE_MS = 6_000
const AFTER_SIGN_IN_MS = 2_500
/** Of one request, so that a silent server leaves time for the others. */
const REQUEST_MS = 2_500
const MOST_BYTES = 256 * 1024

export function createIdentityLookup(options: IdentityLookupOptions): IdentityLookup {
  const { log, plcDirectoryUrl, handleResolverUrl, dnsServers } = options
  const inConfidence = new AsyncLocalStorage<string[]>()
  const http: Pick<Http, 'fetch'> = {
    fetch: async (input, init) => {
      const address = input instanceof Request ? input.url : String(input)
      if (repeats(address, inConfidence.getStore() ?? [])) throw new HttpFault('blocked', '', 'check', 'a secret in it')
      return options.http.fetch(input, { deadlineMs: REQUEST_MS, maxBodyBytes: MOST_BYTES, ...init })
    },
  }
  const handles = createHandleLookup({ http, handleResolverUrl, dnsServers })
  const readDocument = createDocumentLookup({ http, plcDirectoryUrl })

  /** Gathers until it is done or the time is over; either way, what was found by then counts. */
  async function gather(
    ms: number,
    question: IdentityQuestion,
    into: (found: Identity, here: Target) => Promise<unknown>,
  ): Promise<Identity> {
    const found: Identity = {}
    const { secrets = [] } = question
    const signal = AbortSignal.any([question.signal, AbortSignal.timeout(ms)])
    const over = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const here = { http, serviceUrl: question.serviceUrl, signal }
    const gathering = inConfidence
      .run(secrets, () => into(found, here))
      .catch((error: unknown) => log.warn({ err: error }, 'a lookup of an identity broke off'))
    await Promise.race([gathering, over])
    // A server that was told something in confidence may also write the records of an identity.
    if (repeats(JSON.stringify(found), secrets)) return {}
    const whole = found.did === null || found.didGone || found.pdsUrl !== undefined
    return { ...found, ...(signal.aborted && !whole ? { unavailable: true } : {}) }
  }

  async function identify(found: Identity, { identifier, knownDid }: IdentityQuestion, here: Target): Promise<void> {
    if (knownDid || identifier.startsWith('did:')) {
      found.did = knownDid || identifier
      return
    }
    if (!isHandle(identifier)) return
    const did = await handles.any(identifier, here.signal)
    if (did) {
      found.did = did
      return
    }
    // The handle of an account that is switched off leads nowhere (docs/at-protocol.md §4), but its server still knows it.
    const described = await call(here, (agent) => agent.com.atproto.repo.describeRepo({ repo: identifier }))
    found.repoHere = stateOf(described, { active: true })
    const told = described.data?.did ?? did
    if (told === undefined) found.unavailable = true
    else found.did = told
  }

  async function addDocument(found: Identity, did: string, question: IdentityQuestion, signal: AbortSignal) {
    const { identifier, knownDid } = question
    const document = await readDocument(did, signal)
    if (document.kind === 'unavailable') found.unavailable = true
    if (document.kind === 'gone') found.didGone = true
    if (document.kind === 'broken') found.pdsUrl = null
    if (document.kind !== 'read') return
    const [first] = document.handles
    if (first) found.documentHandle = first
    // Whose account it is does not hang on the handle then.
    if (isHandle(identifier) && !knownDid) found.handleConfirmed = document.handles.includes(identifier)
    found.pdsUrl = document.pdsUrl
  }

  /** The handle of the record, where it leads to the account in return. */
  async function addCurrentHandle(found: Identity, did: string, signal: AbortSignal): Promise<void> {
    const { documentHandle } = found
    if (documentHandle && (await handles.any(documentHandle, signal)) === did) found.currentHandle = documentHandle
  }

  /**
   * A server may have more than one address, so two of them are compared by what the server calls itself. Anybody can call
   * a server of their own what another one is called: this only judges what a refusal or a session means. Where a password
   * goes hangs on addresses alone (`whereToSignIn`), and tokens stay with the address that gave them out.
   * @param audience whom the session that it gave out is for
   */
  async function addSameness(found: Identity, pdsUrl: string, here: Target, audience: string | null): Promise<void> {
    if (knownEntryway(pdsUrl)) return
    const name = audience ?? (await readName(here))
    if (!name) return
    found.sameServer = addressOf(name) === pdsUrl || name === (await readName({ ...here, serviceUrl: pdsUrl }))
  }

  async function addEntryway(found: Identity, pdsUrl: string, { serviceUrl, signal }: Target): Promise<void> {
    found.entrywayUnknown = true
    const signInUrl = await findSignInUrl({ http, signal }, pdsUrl, serviceUrl)
    if (!signInUrl) return
    found.entrywayUnknown = false
    found.signInUrl = signInUrl
    // A server behind an entryway hands sign-ins on to it, also those for its neighbours.
    if (signInUrl !== pdsUrl) found.servedByEntryway = [serviceUrl, knownEntryway(serviceUrl)].includes(signInUrl)
  }

  /**
   * The record of an identity; where its server has another address than the one that was asked, who signs in for that one.
   * @param more what else to find out of a server with another address
   */
  async function addHome(
    found: Identity,
    did: string,
    question: IdentityQuestion,
    here: Target,
    more: (pdsUrl: string) => Promise<unknown>[] = () => [],
  ) {
    await addDocument(found, did, question, here.signal)
    const { pdsUrl } = found
    if (!pdsUrl || pdsUrl === here.serviceUrl) return
    await Promise.all([addEntryway(found, pdsUrl, here), ...more(pdsUrl)])
  }

  async function addAccount(found: Identity, question: IdentityQuestion, here: Target): Promise<void> {
    await identify(found, question, here)
    const { did } = found
    if (!did) return
    const addStateHere = async () => {
      found.repoHere ??= await readState(here, did)
    }
    const addStateThere = async (pdsUrl: string) => {
      found.repoThere = await readState({ ...here, serviceUrl: pdsUrl }, did)
    }
    const addThere = (pdsUrl: string) => [addStateThere(pdsUrl), addSameness(found, pdsUrl, here, null)]
    await Promise.all([addStateHere(), addHome(found, did, question, here, addThere)])
    if (found.pdsUrl === here.serviceUrl && found.repoHere) found.repoThere = found.repoHere
    if (found.handleConfirmed === false) await addCurrentHandle(found, did, here.signal)
  }

  async function addVersion(found: Identity, here: Target): Promise<void> {
    const version = await readVersion(here)
    if (version) found.version = version
  }

  return {
    lookup: (question) =>
      gather(LOOKUP_MS, question, (found, here) =>
        Promise.all([addVersion(found, here), addAccount(found, question, here)]),
      ),

    lookupAfterSignIn: (question) =>
      gather(AFTER_SIGN_IN_MS, question, (found, here) => {
        const { identifier, knownDid, knownHandle, session } = question
        const addHandle = async () => {
          const did = await handles.own(identifier, here.signal)
          if (did) found.did = did
        }
        const ownName = identifier.endsWith(`.${new URL(here.serviceUrl).hostname}`)
        const asksHandle = isHandle(identifier) && !ownName && !knownDid
        const addAccount = async () => {
          const sameness = (pdsUrl: string) => [addSameness(found, pdsUrl, here, readAudience(session.accessJwt ?? ''))]
          await addHome(found, session.did, question, here, sameness)
          const isNew = knownHandle !== undefined && knownHandle !== found.documentHandle
          if (isNew) await addCurrentHandle(found, session.did, here.signal)
        }
        return Promise.all([addAccount(), ...(asksHandle ? [addHandle()] : [])])
      }),

    async whereToSignIn(question) {
      const { identifier, knownDid, serviceUrl } = question
      const found = await gather(WHERE_MS, question, async (found, here) => {
        const did = knownDid || (isHandle(identifier) ? await handles.any(identifier, here.signal) : identifier)
        if (did?.startsWith('did:')) await addHome(found, did, question, here)
      })
      // A handle can be pointed at anybody's account; only one that the account names in return decides where a password goes.
      const sure = knownDid || found.handleConfirmed !== false
      if (sure && found.servedByEntryway) return serviceUrl
      return (sure && (found.signInUrl ?? found.pdsUrl)) || serviceUrl
    },

    close: () => handles.close(),
  }
}

const isHandle = (identifier: string) => !identifier.startsWith('did:') && !identifier.includes('@')

/** What a server calls itself. */
async function readName(target: Target): Promise<string | null> {
  const { data } = await call<unknown>({ ...target, tolerant: true }, (agent) =>
    agent.com.atproto.server.describeServer(),
  )
  const did = (data as { did?: unknown } | undefined)?.did
  return isAtprotoDid(did) ? did : null
}

const addressOf = (name: string) => (isAtprotoDidWeb(name) ? didWebToUrl(name).origin : null)

/** `com.atproto.sync.getRepoStatus`: the account's state, which a server tells everybody. */
export async function readState(target: Target, did: string): Promise<RepoState> {
  const called = await call(target, (agent) => agent.com.atproto.sync.getRepoStatus({ did }))
  return stateOf(called, called.data)
}

const statesByName: Record<string, RepoState> = {
  RepoNotFound: 'not_found',
  AccountNotFound: 'not_found',
  RepoTakendown: 'takendown',
  AccountTakedown: 'takendown',
  RepoSuspended: 'suspended',
  RepoDeactivated: 'deactivated',
  AccountDeactivated: 'deactivated',
}
const inactiveStates: RepoState[] = ['deactivated', 'takendown', 'suspended', 'deleted']

/** @param told what a successful answer says of the repository */
function stateOf({ answer }: Called<unknown>, told: { active: boolean; status?: string } | undefined): RepoState {
  if (answer.kind === 'ok') {
    return told?.active ? 'active' : (inactiveStates.find((state) => state === told?.status) ?? 'unknown')
  }
  if (answer.kind !== 'error') return 'unknown'
  if (/could not find repo|repo not found/i.test(answer.message)) return 'not_found'
  return statesByName[answer.error] ?? 'unknown'
}
