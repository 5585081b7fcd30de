// Decides which URLs may be asked for and which addresses may be connected to, before and after DNS.

import { lookup as systemLookup, Resolver } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { HttpFault } from './fault.ts'
import {
  addressClass,
  isAllowedAddress,
  namesHost,
  opens,
  opensNetworks,
  placeOf,
  type PrivateNetwork,
} from './private-network.ts'

const insideNames = /(^|\.)(localhost|local|internal|home\.arpa)$/
const isInsideName = (host: string) => insideNames.test(host) || !host.includes('.')

/** Says why a URL may not be asked for. What its name resolves to is checked when the connection is made. */
export function refusalOf(url: URL, allow: PrivateNetwork): string | undefined {
  const open = opens(allow, url)
  if (url.protocol !== 'https:' && !(open && url.protocol === 'http:')) return `scheme ${url.protocol}`
  if (url.username || url.password) return 'credentials in the URL'
  const { host, port } = placeOf(url)
  const otherPortNamed = !open && namesHost(allow, { host, port: null })
  if (!open && (url.port || otherPortNamed)) return `port ${port}`
  if (isIP(host)) return isAllowedAddress(host, allow, { host, port }) ? undefined : `address ${addressClass(host)}`
  if (open || opensNetworks(allow)) return undefined
  return isInsideName(host) ? 'name of the inside' : undefined
}

export type LookupOptions = {
  allowPrivateNetwork: PrivateNetwork
  dnsServers?: string[] | undefined
  timeoutMs: number
}

export type Lookup = {
  lookup: LookupFunction
  cancel: () => void
}

// A name with thousands of addresses would otherwise make us knock at thousands of doors.
const maxAddresses = 8

/** Some of each family: this machine may have a way to one of them alone. */
function some(found: LookupAddress[]): LookupAddress[] {
  const families = [...Map.groupBy(found, ({ family }) => family).values()]
  return families.flatMap((addresses) => addresses.slice(0, maxAddresses / families.length))
}

/**
 * A `lookup` for sockets that gives out checked addresses only.
 * One name with one address of the inside is refused whole: an honest public server has none, and the choice among them is not ours.
 */
export function createLookup(options: LookupOptions): Lookup {
  const { allowPrivateNetwork, dnsServers, timeoutMs } = options
  // The second try waits twice as long, so both fit into the time there is.
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 3), tries: 2 })
  if (dnsServers) resolver.setServers(dnsServers)

  const mayBeKnownToSystem = (host: string) =>
    allowPrivateNetwork === true ||
    namesHost(allowPrivateNetwork, { host, port: null }) ||
    (opensNetworks(allowPrivateNetwork) && isInsideName(host))

  async function find(host: string): Promise<LookupAddress[]> {
    if (/(^|\.)localhost\.?$/i.test(host)) {
      return [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]
    }
    // A private network may have names that only the system knows (its hosts file). Elsewhere the system's look-up is
    // avoided: it holds one of the process's few threads for as long as a stranger's name server stays silent.
    if (!dnsServers && mayBeKnownToSystem(host)) return systemLookup(host, { all: true })
    return ask(resolver, host)
  }

  async function findChecked(host: string): Promise<LookupAddress[]> {
    const stopped = new AbortController()
    const tooLate = delay(timeoutMs, undefined, { signal: stopped.signal }).then(() => {
      throw new HttpFault('dns_failed', host, 'connect', 'no answer in time')
    })
    try {
      const found = await Promise.race([find(host), tooLate])
      // The port was checked before: a name that the list does not have is asked for on 443 alone.
      const named = namesHost(allowPrivateNetwork, { host, port: null })
      const place = { host, port: named ? null : 443 }
      const refused = found.find(({ address }) => !isAllowedAddress(address, allowPrivateNetwork, place))
      if (refused) throw new HttpFault('blocked', host, 'connect', `address ${addressClass(refused.address)}`)
      return some(found)
    } catch (error) {
      throw error instanceof HttpFault ? error : dnsFault([error], host)
    } finally {
      tooLate.catch(() => {})
      stopped.abort()
    }
  }

  return {
    lookup: (host, _options, callback) => {
      findChecked(host).then(
        (addresses) => callback(null, addresses),
        (error: HttpFault) => callback(error, []),
      )
    },
    cancel: () => resolver.cancel(),
  }
}

async function ask(resolver: Resolver, host: string): Promise<LookupAddress[]> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = [
    ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ]
  if (addresses.length > 0) return addresses
  throw dnsFault(
    [v4, v6].flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    host,
  )
}

const notFoundCodes = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

function dnsFault(errors: unknown[], host: string): HttpFault {
  const codes = errors.map((error) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown'))
  const trouble = codes.find((code) => !notFoundCodes.has(code))
  if (trouble) return new HttpFault('dns_failed', host, 'connect', trouble)
  return new HttpFault('dns_not_found', host, 'connect', codes[0] ?? 'no address')
}
