// A name server on loopback whose answers the test decides, query by query.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet'
import type { Answer } from 'dns-packet'

/** What a name answers. `silence` lets the asker wait. */
export type DnsReply =
  { a?: readonly string[]; aaaa?: readonly string[]; txt?: readonly string[] } | 'nxdomain' | 'servfail' | 'silence'

/**
 * Replies by name, or by `*.` and the rest of the name; a name that is not listed does not exist.
 * Of several replies each query of one type gets the next one, and the last one stays.
 */
export type DnsZone = Record<string, DnsReply | DnsReply[]>

export type DnsServer = {
  /** As `dnsServers` of the HTTP client takes it. */
  address: string
  /** `TYPE name` of every query so far. */
  queries: string[]
  close: () => Promise<void>
}

const codes = { nxdomain: 3, servfail: 2 }

/** Starts a name server; the zone may be changed while it runs. */
export async function startDnsServer(zone: DnsZone): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const queries: string[] = []

  socket.on('message', (message, from) => {
    const { id = 0, questions = [] } = decode(message)
    const question = questions[0]
    if (!question) return
    const name = question.name.toLowerCase()
    const query = `${question.type} ${name}`
    const earlier = queries.filter((one) => one === query).length
    queries.push(query)

    const replies = [zone[name] ?? zone[name.replace(/^[^.]+/, '*')] ?? 'nxdomain'].flat()
    const reply = replies[Math.min(earlier, replies.length - 1)] ?? 'nxdomain'
    if (reply === 'silence') return
    const answers = typeof reply === 'string' ? [] : recordsOf(reply, name, question.type)
    const code = typeof reply === 'string' ? codes[reply] : 0
    socket.send(
      encode({ type: 'response', id, flags: AUTHORITATIVE_ANSWER | code, questions: [question], answers }),
      from.port,
      from.address,
    )
  })

  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries,
    close: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

function recordsOf(reply: Exclude<DnsReply, string>, name: string, type: string): Answer[] {
  if (type === 'A') return (reply.a ?? []).map((data) => ({ type: 'A', name, ttl: 0, data }))
  if (type === 'AAAA') return (reply.aaaa ?? []).map((data) => ({ type: 'AAAA', name, ttl: 0, data }))
  if (type === 'TXT') return (reply.txt ?? []).map((data) => ({ type: 'TXT', name, ttl: 0, data: [data] }))
  return []
}
