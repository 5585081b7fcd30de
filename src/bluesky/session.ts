// Signs in at a server with an app password, refreshes and ends sessions, and reads who signed in.
import { INVALID_HANDLE, isValidDid, isValidHandle } from '@atproto/syntax'
import { z } from 'zod'
import { originOf } from '../input/service-url.ts'
import { shownName } from '../input/shown.ts'
import type { Answer, SessionSeen } from '../outcomes/evidence.ts'
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

/** The one server whose version nothing is known of, and whose scopes are. */
const ENTRYWAY = 'https://bsky.social'
/** Versions of the servers whose scopes tell an app password from the main one: reference, rsky, Tranquil, Custos, blue-nile. */
const tellsPasswordsApart = /^(git-|\d+\.\d+\.\d+([-+]|$)|(tranquil|custos|atompds)\b)/i

/** `com.atproto.server.createSession`, once; at a server that knows its accounts by less than their handle, once more. */
export async function signIn(target: Target, identifier: string, password: string): Promise<SignIn> {
  const first = await createSession(target, identifier, password)
  const localName = wantsLocalName(first.answer) && !/[:@]/.test(identifier) && (await localNameOf(target, identifier))
  const signedIn = localName ? await createSession(target, localName, password) : first
  const { seen } = signedIn
  if (seen?.scope !== 'com.atproto.access' || target.serviceUrl === ENTRYWAY) return signedIn
  const believed = tellsPasswordsApart.test(await readVersion(target))
  return believed ? signedIn : { ...signedIn, seen: { ...seen, scope: null } }
}

async function createSession(target: Target, identifier: string, password: string): Promise<SignIn> {
  const called = await call<unknown>({ ...target, secrets: [password], tolerant: true }, (agent) =>
    agent.com.atproto.server.createSession({ identifier, password }),
  )
  return readSession(called, target.serviceUrl, [password])
}

/** How openfederation refuses a full handle as well as a wrong password; nobody else says it so. */
const wantsLocalName = (answer: Answer) =>
  answer.kind === 'error' && answer.error === 'Unauthorized' && answer.message === 'Invalid credentials'

const Described = z.object({ availableUserDomains: z.array(z.string().startsWith('.').min(2)) })

/** The handle without the server's own domain; null where it has another. */
async function localNameOf(target: Target, handle: string): Promise<string | null> {
  const { data } = await call<unknown>({ ...target, tolerant: true }, (agent) =>
    agent.com.atproto.server.describeServer(),
  )
  const domain = Described.safeParse(data).data?.availableUserDomains.find((own) => handle.endsWith(own))
  return (domain && handle.slice(0, -domain.length)) || null
}

/** `com.atproto.server.refreshSession`: a new session in exchange for the refresh token. */
export async function refresh(target: Target, session: Session): Promise<SignIn> {
  const called = await call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.server.refreshSession(undefined, { headers: bearer(session.refreshJwt) }),
  )
  return readSession(called, target.serviceUrl, [session.accessJwt, session.refreshJwt])
}

export interface SessionEnd extends Called<unknown> {
  /** false: the server took no token for it, so that the session ends by its own time */
  ended: boolean
}

/**
 * `com.atproto.server.deleteSession`, with the refresh token. Some want the access token (Tranquil, cocoon, bluepds), which
 * may be over and is renewed then (docs/at-protocol.md §3).
 */
export async function endSession(target: Target, session: Session): Promise<SessionEnd> {
  const first = await deleteSession(target, session, session.refreshJwt)
  if (isOver(first.answer)) return { ...first, ended: true }
  if (!isRefusal(first.answer)) return first
  const second = await deleteSession(target, session, session.accessJwt)
  if (!isRefusal(second.answer)) return second
  const { session: renewed, answer, durationMs } = await refresh(target, session)
  if (renewed) return deleteSession(target, renewed, renewed.accessJwt)
  return isRefusal(answer) ? { ...second, ended: isOver(answer) } : { answer, durationMs, ended: false }
}

async function deleteSession(target: Target, session: Session, token: string): Promise<SessionEnd> {
  const called = await call<unknown>(inSession(target, session), async (agent) => ({
    data: await agent.com.atproto.server.deleteSession(undefined, { headers: bearer(token) }),
  }))
  return { ...called, ended: called.answer.kind === 'ok' }
}

const isOver = (answer: Answer) => answer.kind === 'error' && answer.error === 'ExpiredToken'

/** Of the token that was sent: another may be taken. */
export const isRefusal = (answer: Answer) =>
  answer.kind === 'error' && [400, 401, 403].includes(answer.status) && answer.limit === null

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
    displayName: shownName(profile?.displayName?.trim().slice(0, 200)),
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

/** What stands in a token is no promise (docs/at-protocol.md §3): it is read only to explain. */
function readClaims(jwt: string): { scope?: unknown; aud?: unknown; exp?: unknown } {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? claims : {}
  } catch {
    return {}
  }
}
const textOf = (claim: unknown) => (typeof claim === 'string' ? claim : null)
export const readScope = (jwt: string) => textOf(readClaims(jwt).scope)
/** What the server that the token is for calls itself. */
export const readAudience = (jwt: string) => textOf(readClaims(jwt).aud)

/** When the session ends that nobody renews; null where the token does not say. */
export function endOf({ refreshJwt }: Session): Date | null {
  const { exp } = readClaims(refreshJwt)
  const at = new Date(typeof exp === 'number' ? exp * 1000 : Number.NaN)
  return Number.isNaN(at.getTime()) ? null : at
}

/** Clocks differ. */
const CLOCKS_DIFFER_MS = 300_000

/** Was a refresh refused because the session has had its time? rsky says the same of one that was revoked. */
export function ranOut(session: Session, answer: Answer, at = Date.now()): boolean {
  const end = endOf(session)
  if (end) return end.getTime() < at + CLOCKS_DIFFER_MS
  return answer.kind === 'error' && answer.error === 'ExpiredToken' && !/revoked/i.test(answer.message)
}

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
