// Which addresses of the inside may be called: what ALLOW_PRIVATE_NETWORK says.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// Clouds answer here with the credentials of the machine; none of these lies in a range that is refused anyway
// when private networks are open (169.254.169.254 does: link-local stays closed always).
const metadataAddresses = new Set(['100.100.100.200', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'])

const privateClasses = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal'])
/** Some networks answer for every name with an address out of this range, which a list may therefore open. */
const benchmarking = ipaddr.IPv4.parseCIDR('198.18.0.0/15')
const openableClasses = new Set([...privateClasses, 'benchmarking'])

const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** A translator (NAT64) hands what is sent there on to the IPv4 address in the last 32 bits (RFC 6052). */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
/** For translators of a network's own, each with a part of it (RFC 8215): only a list says which part is one. */
const locallyTranslated = ipaddr.IPv6.parseCIDR('64:ff9b:1::/48')

const lastV4 = (address: ipaddr.IPv6) => new ipaddr.IPv4(address.toByteArray().slice(12))

/** The class of an address: `public`, or the name of the special range that it belongs to. */
export function addressClass(address: string): string {
  if (!isIP(address)) return 'unreadable'
  const parsed = ipaddr.parse(address)
  if (metadataAddresses.has(parsed.toString())) return 'metadata'
  if (parsed instanceof ipaddr.IPv6 && parsed.match(translated)) return classBehind(parsed)
  if (parsed instanceof ipaddr.IPv4 && parsed.match(benchmarking)) return 'benchmarking'
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

/** Behind a translator, `127.0.0.1` would be the translator. */
function classBehind(address: ipaddr.IPv6): string {
  const found = addressClass(lastV4(address).toString())
  return found === 'loopback' ? 'rfc6052' : found
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** One entry of the list, with a port of its own where only that one is open. */
export type Opened = { port: number | null } & (
  | { kind: 'network'; network: Network }
  /** `below`: every name that ends in it, and not itself */
  | { kind: 'host'; host: string; below: boolean }
)

/** Whether the inside is open, or which parts of it are. */
export type PrivateNetwork = boolean | readonly Opened[]

const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Whoever writes one of these meant no host. */
const switchWord = /^(true|false|yes|no|on|off|all|none)$/

/** Reads `10.0.0.0/8`, `127.0.0.1:2583`, `[::1]:2583`, `pds.internal`, `*.pds.internal:443`. @returns null for anything else */
export function parseOpened(entry: string): Opened | null {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry)
  const name = (parts?.[1] ?? parts?.[2] ?? entry).toLowerCase()
  const port = parts?.[3] === undefined ? null : Number(parts[3])
  if (port !== null && (port < 1 || port > 65_535)) return null
  const network = readNetwork(name)
  if (network) return { kind: 'network', network, port }
  const below = name.startsWith('*.')
  const host = below ? name.slice(2) : name
  return hostName.test(host) && !switchWord.test(name) ? { kind: 'host', host, below, port } : null
}

/** @returns null where it is none, or not one of the inside alone */
function readNetwork(text: string): Network | null {
  const [address = '', length, ...more] = text.split('/')
  if (!isIP(address) || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null
  const kind = isIP(address) === 4 ? ipaddr.IPv4 : ipaddr.IPv6
  const cidr = `${address}/${length ?? (kind === ipaddr.IPv4 ? 32 : 128)}`
  if (!kind.isValidCIDR(cidr)) return null
  const [first, last] = [kind.networkAddressFromCIDR(cidr), kind.broadcastAddressFromCIDR(cidr)]
  const network = kind.parseCIDR(cidr)
  if (first instanceof ipaddr.IPv6) {
    if (first.match(locallyTranslated)) return network[1] === 96 ? network : null
    // What is behind the usual translator is opened as the IPv4 network that it is.
    if (first.match(translated)) return null
  }
  const classes = [first, last].map((one) => addressClass(one.toString()))
  return classes[0] === classes[1] && openableClasses.has(classes[0] ?? '') ? network : null
}

/** `port` null: whichever */
interface Place {
  host: string
  port: number | null
}

const fitsPort = (opened: Opened, port: number | null) => opened.port === null || port === null || opened.port === port

/** Does the list name this host, with this port. @param host in small letters, without a dot at the end */
export const namesHost = (allow: PrivateNetwork, { host, port }: Place): boolean =>
  typeof allow !== 'boolean' &&
  allow.some(
    (opened) =>
      opened.kind === 'host' &&
      fitsPort(opened, port) &&
      (opened.below ? host.endsWith(`.${opened.host}`) : host === opened.host),
  )

export const opensNetworks = (allow: PrivateNetwork): boolean =>
  typeof allow !== 'boolean' && allow.some(({ kind }) => kind === 'network')

function inNetworks(allow: readonly Opened[], parsed: ipaddr.IPv4 | ipaddr.IPv6, port: number | null): boolean {
  return allow.some((opened) => {
    if (opened.kind !== 'network' || !fitsPort(opened, port)) return false
    const [base, length] = opened.network
    return base.kind() === parsed.kind() && parsed.match(base, length)
  })
}

/** @param place what was asked for: a host that the list names may be wherever it is on the inside */
export function isAllowedAddress(address: string, allow: PrivateNetwork, place?: Place): boolean {
  const found = addressClass(address)
  if (found === 'public') return true
  if (typeof allow === 'boolean') return allow && privateClasses.has(found)
  if (!isIP(address)) return false
  const parsed = ipaddr.parse(address)
  const port = place?.port ?? null
  if (parsed instanceof ipaddr.IPv6 && parsed.match(locallyTranslated)) {
    const isTranslator = classBehind(parsed) === 'rfc6052'
    return !isTranslator && inNetworks(allow, parsed, port) && isAllowedAddress(lastV4(parsed).toString(), allow, place)
  }
  if (!openableClasses.has(found)) return false
  const end = parsed instanceof ipaddr.IPv6 && parsed.match(translated) ? lastV4(parsed) : parsed
  return inNetworks(allow, end, port) || (place !== undefined && namesHost(allow, place))
}

export function placeOf(url: URL): Place & { port: number } {
  // The URL parser has already turned every odd spelling (decimal, octal, hex, short, percent-encoded) into the usual one.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { host, port: Number(url.port) || (url.protocol === 'http:' ? 80 : 443) }
}

/** Is this place open by its name or address: plain http and any port are taken there alone. */
export function opens(allow: PrivateNetwork, url: URL): boolean {
  if (typeof allow === 'boolean') return allow
  const { host, port } = placeOf(url)
  if (!isIP(host)) return namesHost(allow, { host, port })
  return openableClasses.has(addressClass(host)) && isAllowedAddress(host, allow, { host, port })
}

/** Where pictures may come from without https, as a Content-Security-Policy says it; it knows no networks. */
export function httpSources(allow: PrivateNetwork): string[] {
  if (allow === true || opensNetworks(allow)) return ['http:']
  if (allow === false) return []
  return allow.flatMap((opened) =>
    opened.kind === 'host' ? [`http://${opened.below ? '*.' : ''}${opened.host}:${opened.port ?? '*'}`] : [],
  )
}
