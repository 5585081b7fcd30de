// Finds the account that a handle points to, as anybody can: by DNS, by the handle's own web server, else by a resolver.
import { Resolver } from 'node:dns/promises'
import { isAtprotoDid } from '@atproto/did'
import { AtprotoHandleResolver } from '@atproto-labs/handle-resolver'
import type { Http } from '../http/client.ts'
import { passing, toHttpFault } from '../http/fault.ts'
import { call } from './xrpc.ts'

/** The DID; null when the handle leads nowhere; undefined when that could not be found out for a passing reason. */
export type HandleTarget = string | null | undefined

export interface HandleLookup {
  /** DNS and the handle's own web server */
  own(handle: string, signal: AbortSignal): Promise<HandleTarget>
  /** the same, and where that finds nothing, the resolver */
  any(handle: string, signal: AbortSignal): Promise<HandleTarget>
  close(): void
}

export interface HandleLookupOptions {
  http: Pick<Http, 'fetch'>
  handleResolverUrl: string | null
  dnsServers?: string[] | undefined
}

// The second try waits twice as long: no answer within about two seconds is trouble.
const DNS_TRY_MS = 700
const noRecord = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])
/** Everything else that a handle's web server can do says that no handle is served there. */
const isTrouble = (reason: string) => passing.has(reason) && reason !== 'refused'

export function createHandleLookup({ http, handleResolverUrl, dnsServers }: HandleLookupOptions): HandleLookup {
  const dns = new Resolver({ timeout: DNS_TRY_MS, tries: 2 })
  if (dnsServers) dns.setServers(dnsServers)

  async function own(handle: string, signal: AbortSignal): Promise<HandleTarget> {
    // The library takes every failure for "nothing there", so what failed is noted on the way.
    let troubled = false
    const resolver = new AtprotoHandleResolver({
      async resolveTxt(name) {
        try {
          const records = await dns.resolveTxt(name)
          return records.map((chunks) => chunks.join(''))
        } catch (error) {
          if (!noRecord.has((error as NodeJS.ErrnoException).code ?? '')) troubled = true
          return null
        }
      },
      async fetch(input, init) {
        try {
          const response = await http.fetch(input, init)
          if (response.status === 429 || response.status >= 500) troubled = true
          return response
        } catch (error) {
          if (isTrouble(toHttpFault(error)?.reason ?? 'network')) troubled = true
          throw error
        }
      },
    })
    try {
      return (await resolver.resolve(handle, { signal })) ?? (troubled ? undefined : null)
    } catch {
      // Only the end of the signal comes here.
      return undefined
    }
  }

  async function byResolver(serviceUrl: string, handle: string, signal: AbortSignal): Promise<HandleTarget> {
    const { answer, data } = await call({ http, serviceUrl, signal }, (agent) =>
      agent.com.atproto.identity.resolveHandle({ handle }),
    )
    if (answer.kind === 'ok') return isAtprotoDid(data?.did) ? data.did : undefined
    if (answer.kind !== 'error') return undefined
    return answer.error === 'HandleNotFound' || /unable to resolve handle/i.test(answer.message) ? null : undefined
  }

  return {
    own,
    async any(handle, signal) {
      const found = await own(handle, signal)
      if (found || !handleResolverUrl || signal.aborted) return found
      const told = await byResolver(handleResolverUrl, handle, signal)
      return told === undefined ? found : told
    },
    close: () => dns.cancel(),
  }
}
