// A server on loopback that knows no HTTP: a script writes the bytes, so that it can break every rule.

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Called for each piece of data that arrives, which is a request as long as requests are small. */
export type Script = (socket: Socket, request: string) => void

export type RawServer = {
  url: string
  port: number
  requests: string[]
  /** The connections that are open now. */
  open: Set<Socket>
  connections: () => number
  mostOpen: () => number
  close: () => Promise<void>
}

export async function startRawServer(script: Script): Promise<RawServer> {
  const requests: string[] = []
  const open = new Set<Socket>()
  let connections = 0
  let mostOpen = 0
  const server = createServer((socket) => {
    connections += 1
    open.add(socket)
    mostOpen = Math.max(mostOpen, open.size)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (data) => {
      requests.push(data.toString('latin1'))
      script(socket, data.toString('latin1'))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    open,
    connections: () => connections,
    mostOpen: () => mostOpen,
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The bytes of a correct answer, unless `headers` or `status` say otherwise. */
export function rawAnswer(body: string | Buffer, headers: string[] = [], status = '200 OK'): Buffer {
  const bytes = Buffer.from(body)
  const head = [`HTTP/1.1 ${status}`, `content-length: ${bytes.length}`, ...headers, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes])
}
