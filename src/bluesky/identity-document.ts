// Reads the public record (DID document) of an account: its handles, its server, and who signs in for that server.
import { DidError, DidResolverCommon, isAtprotoDid } from '@atproto-labs/did-resolver'
import { z } from 'zod'
import type { Http } from './http.ts'
import { toHttpFault } from './http-fault.ts'
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

/** What a web server that is out of order for a while does. */
const passing = new Set(['timeout', 'dns_failed', 'refused', 'reset', 'closed', 'truncated', 'network', 'aborted'])

export function createDocumentLookup(options: { http: Pick<Http, 'fetch'>; plcDirectoryUrl: string }): DocumentLookup {
  const { http, plcDirectoryUrl } = options
  const resolver = new DidResolverCommon({ fetch: async (input, init) => http.fetch(input, init), plcDirectoryUrl })
  return async (did, signal) => {
    if (!isAtprotoDid(did)) return { kind: 'broken' }
    try {
      const document = await resolver.resolve(did, { signal })
      const handles = (document.alsoKnownAs ?? [])
        .filter((name) => name.startsWith('at://'))
        .map((name) => name.slice('at://'.length).toLowerCase())
      return { kind: 'read', handles, pdsUrl: pdsOf(document) }
    } catch (error) {
      return failed(error, did)
    }
  }
}

function failed(error: unknown, did: string): IdentityDocument {
  // A directory that fails in any way is our setting's fault or its own; a web server stands for its one account.
  const ownServer = did.startsWith('did:web:')
  const fault = toHttpFault(error)
  if (fault) {
    if (!ownServer || passing.has(fault.reason)) return { kind: 'unavailable' }
    return { kind: fault.reason === 'dns_not_found' ? 'gone' : 'broken' }
  }
  if (!(error instanceof DidError)) return { kind: 'unavailable' }
  if (error.code !== 'did-fetch-error') return { kind: 'broken' }
  // 410: an identity that its owner has ended.
  if (error.status === 404 || error.status === 410) return { kind: 'gone' }
  if (error.status === 429 || error.status >= 500) return { kind: 'unavailable' }
  return { kind: ownServer ? 'broken' : 'unavailable' }
}

const isBlueskyHost = (origin: string) => new URL(origin).hostname.endsWith('.host.bsky.network')

/** The entryway that is known without asking (facts 4). */
export const knownEntryway = (origin: string): string | null => (isBlueskyHost(origin) ? 'https://bsky.social' : null)

const Resource = z.object({ authorization_servers: z.array(z.string()).min(1) })

/**
 * Where the accounts of a server sign in: the server itself, or the entryway that it names.
 * @param asked a server that is known to sign in; any other is believed to only when it answers as one
 */
export async function findSignInUrl(
  { http, signal }: { http: Pick<Http, 'fetch'>; signal: AbortSignal },
  pdsUrl: string,
  asked: string,
): Promise<string> {
  const known = knownEntryway(pdsUrl)
  if (known) return known
  const named = await readAuthorizationServer()
  if (!named || named === pdsUrl) return pdsUrl
  if (named === asked) return asked
  const { answer } = await call({ http, serviceUrl: named, signal }, (agent) =>
    agent.com.atproto.server.describeServer(),
  )
  return answer.kind === 'ok' ? named : pdsUrl

  async function readAuthorizationServer(): Promise<string | null> {
    try {
      const response = await http.fetch(`${pdsUrl}/.well-known/oauth-protected-resource`, { signal })
      if (!response.ok) return null
      const url = URL.parse(Resource.parse(await response.json()).authorization_servers[0] ?? '')
      return url && /^https?:$/.test(url.protocol) ? url.origin : null
    } catch {
      return null
    }
  }
}
