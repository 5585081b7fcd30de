// Servers on loopback that keep silent, answer every call alike, or only when they may; and one that is not there.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort, LOOPBACK } from '../../services/processes/ports.ts'

export interface OddServer {
  origin: string
  port: number
  /** path and query of each, in the order of arrival */
  calls: string[]
  /** also closes the connections of those who still wait */
  close(): Promise<void>
}

interface Reply {
  status: number
  headers?: Record<string, string>
  json?: unknown
}

/** What a server says to a wrong password. */
export const wrongPassword: Reply = {
  status: 401,
  json: { error: 'AuthenticationRequired', message: 'Invalid identifier or password' },
}

/** @param port any free one if absent */
export async function startServer(listener: RequestListener, port = 0): Promise<OddServer> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    calls.push(request.url ?? '')
    listener(request, response)
  })
  await once(server.listen(port, LOOPBACK), 'listening')
  const listensOn = (server.address() as AddressInfo).port
  return {
    origin: `http://${LOOPBACK}:${listensOn}`,
    port: listensOn,
    calls,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Takes calls and never answers them. */
export const startSilentServer = () => startServer(() => {})

/** Gives the same answer to everything, or one that depends on the path; a promise is an answer that has to wait. */
export const startAnsweringServer = (reply: Reply | ((path: string) => Reply | Promise<Reply>), port?: number) =>
  startServer((request, response) => {
    const chosen = typeof reply === 'function' ? reply(request.url ?? '') : reply
    void Promise.resolve(chosen).then(({ status, headers, json }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(json === undefined ? undefined : JSON.stringify(json))
    })
  }, port)

/** An origin where every connection is refused. */
export const nobodyListening = async () => `http://${LOOPBACK}:${await freePort()}`
