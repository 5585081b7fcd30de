// Signs in at a server with an app password, refreshes and ends sessions, and reads who signed in.
import { z } from 'zod'
import type { SessionSeen } from './evidence.ts'
import { call, type Called, type Target } from './xrpc.ts'

/** What is kept, sealed, of a session. */
export const Session = z.object({
  accessJwt: z.string().min(1).max(20_000),
  refreshJwt: z.string().min(1).max(20_000),
  did: z.string().startsWith('did:').max(2048),
})
export type Session = z.infer<typeof Session>

const Answered = Session.extend({
  handle: z.string().max(2048),
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

/** `com.atproto.server.createSession`, once. */
export async function signIn(target: Target, identifier: string, password: string): Promise<SignIn> {
  const called = await call<unknown>(target, (agent) => agent.com.atproto.server.createSession({ identifier, password }))
  return readSession(called, target.serviceUrl)
}

/** `com.atproto.server.refreshSession`: a new session in exchange for the refresh token. */
export async function refresh(target: Target, session: Session): Promise<SignIn> {
  const called = await call<unknown>(target, (agent) =>
    agent.com.atproto.server.refreshSession(undefined, { headers: bearer(session.refreshJwt) }),
  )
  return readSession(called, target.serviceUrl)
}

/** `com.atproto.server.deleteSession`; idempotent on the reference server (facts 3). */
export const endSession = (target: Target, session: Session): Promise<Called<unknown>> =>
  call<unknown>(target, async (agent) => ({
    data: await agent.com.atproto.server.deleteSession(undefined, { headers: bearer(session.refreshJwt) }),
  }))

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Display name and avatar out of the public profile record, as far as they are to be had; never a reason to fail. */
export async function readProfile(
  target: Target,
  did: string,
): Promise<{ displayName: string | null; avatar: string | null }> {
  const { data } = await call<unknown>(target, (agent) =>
    agent.com.atproto.repo.getRecord({ repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' }),
  )
  const profile = Profile.safeParse(data).data?.value
  const cid = profile?.avatar && String(profile.avatar.ref)
  return {
    displayName: profile?.displayName?.trim().slice(0, 200) || null,
    avatar: cid ? `${target.serviceUrl}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}` : null,
  }
}

const Profile = z.object({
  value: z.object({
    displayName: z.string().optional().catch(undefined),
    avatar: z.object({ ref: z.unknown() }).optional().catch(undefined),
  }),
})

function readSession(called: Called<unknown>, serviceUrl: string): SignIn {
  if (called.answer.kind !== 'ok') return called
  const parsed = Answered.safeParse(called.data)
  if (!parsed.success) {
    return { ...called, answer: { kind: 'invalid', status: called.answer.status, detail: 'no session in the answer' } }
  }
  const { handle, active, status, didDoc, ...session } = parsed.data
  return {
    ...called,
    session,
    seen: { did: session.did, handle, active, status: status ?? null, scope: readScope(session.accessJwt) },
    pdsUrl: pdsOf(didDoc) ?? serviceUrl,
  }
}

/** The `scope` claim, only to explain: the fields of a token are not a promise (facts 3). */
function readScope(jwt: string): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const scope = (claims as { scope?: unknown } | null)?.scope
    return typeof scope === 'string' ? scope : null
  } catch {
    return null
  }
}

const DidDoc = z.object({
  service: z.array(z.object({ id: z.string(), type: z.string(), serviceEndpoint: z.unknown() })),
})

/** Origin of the `#atproto_pds` service of a DID document. */
export function pdsOf(didDoc: unknown): string | null {
  const services = DidDoc.safeParse(didDoc).data?.service
  const endpoint = services?.find(({ id, type }) => id.endsWith('#atproto_pds') && type === 'AtprotoPersonalDataServer')
    ?.serviceEndpoint
  const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null
  return url && /^https?:$/.test(url.protocol) ? url.origin : null
}
