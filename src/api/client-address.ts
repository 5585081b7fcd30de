// Who a client is by its address, for everything that counts by it.
import { isIP } from 'node:net'
import type { Request, RequestHandler } from 'express'
import ipaddr from 'ipaddr.js'
import { ADDRESS_HEADER } from '../auth/headers.ts'

/** The library knows no proxies, so it is told what Express makes of them. What a client sends under this name is lost. */
export const handOnAddress: RequestHandler = (request, _response, next) => {
  delete request.headers[ADDRESS_HEADER]
  if (request.ip) request.headers[ADDRESS_HEADER] = request.ip
  next()
}

/** What one client holds: an IPv4 address, or a /64 of IPv6, which is the least that anybody is given. */
export function networkOf({ ip = '' }: Pick<Request, 'ip'>): string {
  // A proxy that names its clients by something else makes one client of all of them, rather than any number of each.
  if (!isIP(ip)) return 'unreadable'
  const address = ipaddr.process(ip)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const network = address.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
