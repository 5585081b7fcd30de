// Signs in at a server with an app password, refreshes and ends sessions, and reads who signed in.
import { INVALID_HANDLE, isValidDid, isValidHandle } from '@atproto/syntax'
import { z } from 'zod'
import { originOf } from '../input/service-url.ts'
import type { SessionSeen } from '../outcomes/evidence.ts'
import { call, readVersion, repeats, type Called, type Target } from './xrpc.ts'

/** As it may stand in a header, whatever a server gives out for a token. */
const token = z.string().regex(/^[\x21-\x7e]{1,20000}$/)

const Session = z.object({
  accessJwt: token,
  refreshJwt: token,
  did: z.string().refine((did) => isValidDid(did)),
})
export type Session = z.infer<typeof Session>

/** What is kept, sealed, of a session: also where it began, because no other server shall see its tokens. */
export const KeptSession = Session.extend({ serviceUrl: z.url().optional() })

const Answered = Session.extend({
  handle: z.string().refine(isValidHandle).catch(INVALID_HANDLE),
  active: z.boolean().default(true).catch(true),
  status: z.string().max(100).nullish().catch(null),
  didDoc: z.unknown().optional(),
})

export interface SignIn extends Called<unknown> {
  session?: Session
  seen?: SessionSeen
  /** origin of the server that hosts the account, as the answer names it, else the one that was asked */
  pdsUrl?: string
}

/** Servers that give every session the scope of the main password, though it may be an app password's (Cirrus). */
const oneScopeForAll = /^(cirrus|cocoon|millipds)\b/i

/** `com.atproto.server.createSession`, once. */
export async function signIn(target: Target, identifier: string, password: string): Promise<SignIn> {
  const called = await call<unknown>({ ...target, secrets: [password], tolerant: true }, (agent) =>
    agent.com.atproto.server.createSession({ identifier, password }),
  )
  const signedIn = readSession(called, target.serviceUrl, [password])
  const { seen } = signedIn
  const tellsNothing = seen?.scope === 'com.atproto.access' && oneScopeForAll.test(await readVersion(target))
  return seen && tellsNothing ? { ...signedIn, seen: { ...seen, scope: null } } : signedIn
}

/** `com.atproto.server.refreshSession`: a new session in exchange for the refresh token. */
export async function refresh(target: Target, session: Session): Promise<SignIn> {
  const called = await call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.server.refreshSession(undefined, { headers: bearer(session.refreshJwt) }),
  )
  return readSession(called, target.serviceUrl, [session.accessJwt, session.refreshJwt])
}

/** `com.atproto.server.deleteSession`; idempotent on the reference server (docs/at-protocol.md §3). */
export const endSession = (target: Target, session: Session): Promise<Called<unknown>> =>
  call<unknown>(inSession(target, session), async (agent) => ({
    data: await agent.com.atproto.server.deleteSession(undefined, { headers: bearer(session.refreshJwt) }),
  }))

/** A call that goes out with a token of the session. */
export const inSession = (target: Target, { accessJwt, refreshJwt }: Session) => ({
  ...target,
  secrets: [accessJwt, refreshJwt],
  tolerant: true,
})

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export interface Profile {
  displayName: string | null
  avatar: string | null
}

const nameless: Profile = { displayName: null, avatar: null }

/** Display name and avatar out of the public profile record. @returns null where that cannot be had: never a reason to fail */
export async function readProfile(target: Target, did: string, secrets: string[] = []): Promise<Profile | null> {
  const { answer, data } = await call<unknown>(target, (agent) =>
    agent.com.atproto.repo.getRecord({ repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' }),
  )
  if (answer.kind === 'error' && answer.error === 'RecordNotFound') return nameless
  if (answer.kind !== 'ok') return null
  const profile = ProfileRecord.safeParse(data).data?.value
  const cid = readCid(profile?.avatar?.ref)
  if (repeats(`${profile?.displayName} ${cid}`, secrets)) return nameless
  return {
    displayName: profile?.displayName?.trim().slice(0, 200) || null,
    avatar: cid ? `${target.serviceUrl}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}` : null,
  }
}

const ProfileRecord = z.object({
  value: z.object({
    displayName: z.string().optional().catch(undefined),
    avatar: z.object({ ref: z.unknown() }).optional().catch(undefined),
  }),
})

/** What a stranger put in the place of a link may be anything, even what cannot be made into text. */
function readCid(ref: unknown): string | null {
  try {
    const text = String(ref)
    return /^[a-zA-Z0-9]{20,200}$/.test(text) ? text : null
  } catch {
    return null
  }
}

/** @param sent what was sent in confidence: names that repeat it, or a token, are shown and logged nowhere */
function readSession(called: Called<unknown>, serviceUrl: string, sent: string[]): SignIn {
  const { answer, durationMs } = called
  if (answer.kind !== 'ok') return { answer, durationMs }
  const invalid = (detail: string): SignIn => ({
    answer: { kind: 'invalid', status: answer.status, detail },
    durationMs,
  })
  const parsed = Answered.safeParse(called.data)
  if (!parsed.success) return invalid('no session in the answer')
  const { handle, active, status, didDoc, ...session } = parsed.data
  const pdsUrl = pdsOf(didDoc) ?? serviceUrl
  if (repeats(`${session.did} ${handle} ${pdsUrl}`, [...sent, session.accessJwt, session.refreshJwt])) {
    return invalid('a secret in a name')
  }
  return {
    answer,
    durationMs,
    session,
    seen: {
      did: session.did,
      handle,
      active,
      status: status?.toLowerCase() ?? null,
      scope: readScope(session.accessJwt),
    },
    pdsUrl,
  }
}

/** A claim of a token, only to explain: the fields of a token are not a promise (docs/at-protocol.md §3). */
function readClaim(jwt: string, name: 'scope' | 'aud'): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const claim = (claims as Record<string, unknown> | null)?.[name]
    return typeof claim === 'string' ? claim : null
  } catch {
    return null
  }
}
export const readScope = (jwt: string) => readClaim(jwt, 'scope')
/** What the server that the token is for calls itself. */
export const readAudience = (jwt: string) => readClaim(jwt, 'aud')

const DidDoc = z.object({
  // One that is not understood takes none of the others away.
  service: z.array(z.object({ id: z.string(), type: z.string(), serviceEndpoint: z.unknown() }).nullable().catch(null)),
})

type Service = z.infer<typeof DidDoc>['service'][number]

/** Origin of the `#atproto_pds` service of a DID document. */
export function pdsOf(didDoc: unknown): string | null {
  const services = DidDoc.safeParse(didDoc).data?.service
  const isPds = (one: Service) => one?.id.endsWith('#atproto_pds') && one.type === 'AtprotoPersonalDataServer'
  const endpoint = services?.find(isPds)?.serviceEndpoint
  const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null
  return url && /^https?:$/.test(url.protocol) ? originOf(url) : null
}
