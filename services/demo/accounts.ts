// Accounts of a local PDS, made and changed over XRPC as anybody would.
import { randomBytes, randomUUID } from 'node:crypto'
import type { PdsNetwork } from './pds.ts'

export type Account = { pdsUrl: string; did: string; handle: string; password: string; accessJwt: string }

export class XrpcError extends Error {
  readonly status: number
  readonly error: string | undefined
  constructor(method: string, status: number, body: { error?: string; message?: string }) {
    super(`${method} answered ${status} ${body.error ?? ''} ${body.message ?? ''}`.trim())
    this.status = status
    this.error = body.error
  }
}

const answerTimeoutMs = 30_000

type XrpcCall = {
  query?: Record<string, string>
  body?: unknown
  picture?: Uint8Array<ArrayBuffer>
  post?: true
  authorization?: string
}

/**
 * A GET, or a POST when there is a body or a picture, which is a PNG, or when it has to be one without.
 * Throws an `XrpcError` for any answer that is not a success.
 */
export const xrpc = async <T>(pdsUrl: string, method: string, call: XrpcCall = {}): Promise<T> => {
  const url = new URL(`/xrpc/${method}`, pdsUrl)
  url.search = new URLSearchParams(call.query).toString()
  const headers: Record<string, string> = {}
  if (call.authorization) headers['authorization'] = call.authorization
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  if (call.picture) headers['content-type'] = 'image/png'
  const body = call.picture ?? JSON.stringify(call.body)
  const response = await fetch(url, {
    headers,
    signal: AbortSignal.timeout(answerTimeoutMs),
    ...(call.post || body !== undefined ? { method: 'POST' } : {}),
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const answer = (
    response.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : {}
  ) as object
  if (!response.ok) throw new XrpcError(method, response.status, answer)
  return answer as T
}

const bearer = (account: Pick<Account, 'accessJwt'>) => `Bearer ${account.accessJwt}`

type NewAccount = { handle: string; password: string; recoveryKey?: string }

export const createAccount = async (pdsUrl: string, wanted: NewAccount): Promise<Account & { email: string }> => {
  const email = `${randomUUID()}@example.com`
  const made = await xrpc<{ did: string; accessJwt: string }>(pdsUrl, 'com.atproto.server.createAccount', {
    body: { ...wanted, email },
  })
  const { handle, password } = wanted
  return { pdsUrl, did: made.did, handle, email, password, accessJwt: made.accessJwt }
}

type Session = { did: string; accessJwt: string; active?: boolean; status?: string }

/** The session, or undefined if the PDS refuses the credentials. A taken down account signs in with its main password. */
export const signIn = async (pdsUrl: string, identifier: string, password: string): Promise<Session | undefined> => {
  try {
    return await xrpc<Session>(pdsUrl, 'com.atproto.server.createSession', {
      body: { identifier, password, allowTakendown: true },
    })
  } catch (error) {
    if (error instanceof XrpcError && error.status === 401) return undefined
    throw error
  }
}

/** The account that a handle leads to, as this PDS knows it. */
export const findDid = async (pdsUrl: string, handle: string): Promise<string | undefined> => {
  try {
    return (await xrpc<{ did: string }>(pdsUrl, 'com.atproto.identity.resolveHandle', { query: { handle } })).did
  } catch (error) {
    if (error instanceof XrpcError && error.status === 400) return undefined
    throw error
  }
}

/** Needs an account that was signed in with its main password: an app password cannot make another. */
export const createAppPassword = async (account: Account, options: { privileged?: boolean } = {}): Promise<string> => {
  const made = await xrpc<{ password: string }>(account.pdsUrl, 'com.atproto.server.createAppPassword', {
    authorization: bearer(account),
    // Two of one name are refused.
    body: { name: `app-${randomBytes(6).toString('hex')}`, privileged: options.privileged ?? false },
  })
  return made.password
}

/** Takes all app passwords back, as the owner does. */
export const revokeAppPasswords = async (account: Account): Promise<void> => {
  const authorization = bearer(account)
  const { passwords } = await xrpc<{ passwords: { name: string }[] }>(
    account.pdsUrl,
    'com.atproto.server.listAppPasswords',
    { authorization },
  )
  for (const { name } of passwords) {
    await xrpc(account.pdsUrl, 'com.atproto.server.revokeAppPassword', { authorization, body: { name } })
  }
}

/** What others see of an account. */
export const putProfile = async (
  account: Account,
  displayName: string,
  picture?: Uint8Array<ArrayBuffer>,
): Promise<void> => {
  const authorization = bearer(account)
  const uploaded =
    picture && (await xrpc<{ blob: object }>(account.pdsUrl, 'com.atproto.repo.uploadBlob', { authorization, picture }))
  const record = { $type: 'app.bsky.actor.profile', displayName, ...(uploaded ? { avatar: uploaded.blob } : {}) }
  const body = { repo: account.did, collection: 'app.bsky.actor.profile', rkey: 'self', record }
  await xrpc(account.pdsUrl, 'com.atproto.repo.putRecord', { authorization, body })
}

/** What the owner does to pause an account; its app passwords stay. */
export const deactivate = (account: Account) =>
  xrpc<object>(account.pdsUrl, 'com.atproto.server.deactivateAccount', { authorization: bearer(account), body: {} })

/** What the owner does to use a paused account again. */
export const activate = (account: Account) =>
  xrpc<object>(account.pdsUrl, 'com.atproto.server.activateAccount', { authorization: bearer(account), post: true })

/** What an identity has to say of an account, as the server wants it that hosts it. */
export type Credentials = {
  rotationKeys: string[]
  alsoKnownAs: string[]
  verificationMethods: Record<string, string>
  services: Record<string, { type: string; endpoint: string }>
}

/**
 * What the owner does to move to another server: a copy there, an identity that names it, and the account here switched off.
 * @param sign makes the identity say what the new server wants
 * @returns the account at the new server, where it has no app passwords
 */
export const moveTo = async (
  account: Account,
  pdsUrl: string,
  sign: (credentials: Credentials) => Promise<void>,
): Promise<Account> => {
  const { did, handle, password } = account
  const { did: aud } = await xrpc<{ did: string }>(pdsUrl, 'com.atproto.server.describeServer')
  const { token } = await xrpc<{ token: string }>(account.pdsUrl, 'com.atproto.server.getServiceAuth', {
    query: { aud, lxm: 'com.atproto.server.createAccount' },
    authorization: bearer(account),
  })
  const { accessJwt } = await xrpc<{ accessJwt: string }>(pdsUrl, 'com.atproto.server.createAccount', {
    authorization: `Bearer ${token}`,
    body: { did, handle, password, email: `${randomUUID()}@example.com` },
  })
  const there = { pdsUrl, did, handle, password, accessJwt }
  const repo = await fetch(new URL(`/xrpc/com.atproto.sync.getRepo?did=${did}`, account.pdsUrl))
  await fetch(new URL('/xrpc/com.atproto.repo.importRepo', pdsUrl), {
    method: 'POST',
    headers: { authorization: bearer(there), 'content-type': 'application/vnd.ipld.car' },
    body: await repo.arrayBuffer(),
  })
  await sign(
    await xrpc<Credentials>(pdsUrl, 'com.atproto.identity.getRecommendedDidCredentials', {
      authorization: bearer(there),
    }),
  )
  await activate(there)
  await deactivate(account)
  return there
}

const asAdmin = (pds: Pick<PdsNetwork, 'adminPassword'>) =>
  `Basic ${Buffer.from(`admin:${pds.adminPassword}`).toString('base64')}`

/** Gives an account another handle, in its identity too. */
export const rename = (
  pds: Pick<PdsNetwork, 'adminPassword'>,
  account: Pick<Account, 'did' | 'pdsUrl'>,
  handle: string,
) =>
  xrpc<object>(account.pdsUrl, 'com.atproto.admin.updateAccountHandle', {
    authorization: asAdmin(pds),
    body: { did: account.did, handle },
  })

const setTakedown = (
  pds: Pick<PdsNetwork, 'adminPassword'>,
  account: Pick<Account, 'did' | 'pdsUrl'>,
  applied: boolean,
) =>
  xrpc<object>(account.pdsUrl, 'com.atproto.admin.updateSubjectStatus', {
    authorization: asAdmin(pds),
    body: { subject: { $type: 'com.atproto.admin.defs#repoRef', did: account.did }, takedown: { applied } },
  })

/** What a moderator does to suspend an account: its sessions end, and app passwords are refused like wrong ones. */
export const takeDown = (pds: Pick<PdsNetwork, 'adminPassword'>, account: Pick<Account, 'did' | 'pdsUrl'>) =>
  setTakedown(pds, account, true)

export const restore = (pds: Pick<PdsNetwork, 'adminPassword'>, account: Pick<Account, 'did' | 'pdsUrl'>) =>
  setTakedown(pds, account, false)
