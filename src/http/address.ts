// Decides which URLs may be asked for and which addresses may be connected to, before and after DNS.

import { lookup as systemLookup, Resolver } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import ipaddr from 'ipaddr.js'
import { HttpFault } from './fault.ts'

// Clouds answer here with the credentials of the machine; none of these lies in a range that is refused anyway
// when private networks are open (169.254.169.254 does: link-local stays closed always).
const metadataAddresses = new Set(['100.100.100.200', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'])

const privateClasses = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal'])

const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** The class of an address: `public`, or the name of the special range that it belongs to. */
export function addressClass(address: string): string {
  if (!isIP(address)) return 'unreadable'
  const parsed = ipaddr.parse(address)
  if (metadataAddresses.has(parsed.toString())) return 'metadata'
  const range = parsed.range()
  if (range !== 'unicast') return range
  if (parsed instanceof ipaddr.IPv6) {
    if (!parsed.match(globalUnicastV6)) return 'unassigned'
    // ISATAP: the last 32 bits are an IPv4 address that a tunnel would deliver to.
    const [, , , , high = 0, low = 0] = parsed.parts
    if ((high & ~0x200) === 0 && low === 0x5efe) return 'isatap'
  }
  return 'public'
}

export function isAllowedAddress(address: string, allowPrivateNetwork: boolean): boolean {
  const found = addressClass(address)
  return found === 'public' || (allowPrivateNetwork && privateClasses.has(found))
}

const insideNames = /(^|\.)(localhost|local|internal|home\.arpa)$/

/** Says why a URL may not be asked for. What its name resolves to is checked when the connection is made. */
export function refusalOf(url: URL, allowPrivateNetwork: boolean): string | undefined {
  if (url.protocol !== 'https:' && !(allowPrivateNetwork && url.protocol === 'http:')) {
    return `scheme ${url.protocol}`
  }
  if (url.username || url.password) return 'credentials in the URL'
  if (url.port && !allowPrivateNetwork) return `port ${url.port}`
  // The URL parser has already turned every odd spelling (decimal, octal, hex, short, percent-encoded) into the usual one.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(host)) {
    return isAllowedAddress(host, allowPrivateNetwork) ? undefined : `address ${addressClass(host)}`
  }
  if (!allowPrivateNetwork && (insideNames.test(host) || !host.includes('.'))) return 'name of the inside'
  return undefined
}

export type LookupOptions = { allowPrivateNetwork: boolean; dnsServers?: string[] | undefined; timeoutMs: number }

// A name with thousands of addresses would otherwise make us knock at thousands of doors.
const maxAddresses = 8

/**
 * A `lookup` for sockets that gives out checked addresses only.
 * One name with one address of the inside is refused whole: an honest public server has none, and the choice among them is not ours.
 */
export function createLookup(options: LookupOptions): { lookup: LookupFunction; cancel: () => void } {
  const { allowPrivateNetwork, dnsServers, timeoutMs } = options
  // The second try waits twice as long, so both fit into the time there is.
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 3), tries: 2 })
  if (dnsServers) resolver.setServers(dnsServers)

  async function find(host: string): Promise<LookupAddress[]> {
    if (/(^|\.)localhost\.?$/i.test(host)) {
      return [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]
    }
    // A private network may have names that only the system knows (its hosts file). Elsewhere the system's look-up is
    // avoided: it holds one of the process's few threads for as long as a stranger's name server stays silent.
    if (allowPrivateNetwork && !dnsServers) return systemLookup(host, { all: true })
    return ask(resolver, host)
  }

  async function findChecked(host: string): Promise<LookupAddress[]> {
    const stopped = new AbortController()
    const tooLate = delay(timeoutMs, undefined, { signal: stopped.signal }).then(() => {
      throw new HttpFault('dns_failed', host, 'connect', 'no answer in time')
    })
    try {
      const found = await Promise.race([find(host), tooLate])
      const refused = found.find(({ address }) => !isAllowedAddress(address, allowPrivateNetwork))
      if (refused) throw new HttpFault('blocked', host, 'connect', `address ${addressClass(refused.address)}`)
      return found.slice(0, maxAddresses)
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
