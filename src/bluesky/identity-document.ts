// Reads the public record (DID document) of an account: its handles, its server, and who signs in for that server.
import { didWebToUrl, isAtprotoDid, isAtprotoDidWeb } from '@atproto/did'
import { isValidHandle } from '@atproto/syntax'
import { z } from 'zod'
import type { Http } from '../http/client.ts'
import { passing, toHttpFault } from '../http/fault.ts'
import { originOf } from '../input/service-url.ts'
import { pdsOf } from './session.ts'
import { call } from './xrpc.ts'

export type IdentityDocument =
  | { kind: 'read'; handles: string[]; pdsUrl: string | null }
  /** the directory or the web server says that there is none (any more) */
  | { kind: 'gone' }
  /** there is something, but not a document of this account */
  | { kind: 'broken' }
  /** passing trouble */
  | { kind: 'unavailable' }

export type DocumentLookup = (did: string, signal: AbortSignal) => Promise<IdentityDocument>

// Anybody can write oddities into a document of their own: what we do not need of it is not held against it.
const Document = z.object({ id: z.string(), alsoKnownAs: z.array(z.unknown()).catch([]) })

export function createDocumentLookup(options: { http: Pick<Http, 'fetch'>; plcDirectoryUrl: string }): DocumentLookup {
  const { http, plcDirectoryUrl } = options
  return async (did, signal) => {
    if (!isAtprotoDid(did)) return { kind: 'broken' }
    // A directory that answers oddly is our setting's fault or its own; a web server stands for its one account.
    const ownServer = isAtprotoDidWeb(did)
    const unreadable = { kind: ownServer ? 'broken' : 'unavailable' } as const
    const url = ownServer ? new URL('/.well-known/did.json', didWebToUrl(did)) : new URL(`/${did}`, plcDirectoryUrl)
    let response: Response
    try {
      response = await http.fetch(url, { signal, headers: { accept: 'application/did+ld+json,application/json' } })
    } catch (error) {
      const reason = toHttpFault(error)?.reason ?? 'network'
      if (ownServer && reason === 'dns_not_found') return { kind: 'gone' }
      return passing.has(reason) ? { kind: 'unavailable' } : unreadable
    }
    // 410: an identity that its owner has ended.
    if (response.status === 404 || response.status === 410) return { kind: 'gone' }
    if (isPassing(response.status)) return { kind: 'unavailable' }
    return (response.ok && read(await response.text(), did)) || unreadable
  }
}

function read(text: string, did: string): IdentityDocument | null {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const document = Document.safeParse(json).data
  if (document?.id !== did) return { kind: 'broken' }
  const handles = document.alsoKnownAs
    .flatMap((name) => (typeof name === 'string' && name.startsWith('at://') ? name.slice('at://'.length) : []))
    .map((name) => name.toLowerCase())
    .filter((name) => isValidHandle(name))
  return { kind: 'read', handles, pdsUrl: pdsOf(json) }
}

const isBlueskyHost = (origin: string) => new URL(origin).hostname.endsWith('.host.bsky.network')

/** The entryway that is known without asking (docs/at-protocol.md §4). */
export const knownEntryway = (origin: string): string | null => (isBlueskyHost(origin) ? 'https://bsky.social' : null)

const Resource = z.object({ authorization_servers: z.array(z.string()).min(1) })

/**
 * Where the accounts of a server sign in: the server itself, or the entryway that it names.
 * @param asked a server that is known to sign in; any other is believed to only when it answers as one
 * @returns null where that cannot be had for a passing reason
 */
export async function findSignInUrl(
  { http, signal }: { http: Pick<Http, 'fetch'>; signal: AbortSignal },
  pdsUrl: string,
  asked: string,
): Promise<string | null> {
  const known = knownEntryway(pdsUrl)
  if (known) return known
  const named = await readAuthorizationServer()
  if (!named || named === asked) return named
  if (named === pdsUrl) return pdsUrl
  const { answer } = await call({ http, serviceUrl: named, signal }, (agent) =>
    agent.com.atproto.server.describeServer(),
  )
  if (answer.kind === 'ok') return named
  const passes = answer.kind === 'fault' ? passing.has(answer.fault.reason) : isPassing(answer.status)
  return passes ? null : pdsUrl

  /** @returns the server itself where it names none */
  async function readAuthorizationServer(): Promise<string | null> {
    try {
      const response = await http.fetch(`${pdsUrl}/.well-known/oauth-protected-resource`, { signal })
      if (isPassing(response.status)) return null
      const url = URL.parse(Resource.parse(await response.json()).authorization_servers[0] ?? '')
      return response.ok && url && /^https?:$/.test(url.protocol) ? originOf(url) : pdsUrl
    } catch (error) {
      const fault = toHttpFault(error)
      return fault && passing.has(fault.reason) ? null : pdsUrl
    }
  }
}

const isPassing = (status: number) => status === 429 || status >= 500
