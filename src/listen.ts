// The door of the API: a port that several processes may share, and that a process leaves without turning anybody away.
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
const CALM_MS = 0.1
const CALM_WITHIN_MS = 2_000

/** Whether several processes can listen on one port; elsewhere Node answers to `reusePort` with an error. */
export function sharesPorts(platform: NodeJS.Platform = process.platform): boolean {
  return ['linux', 'freebsd', 'sunos', 'aix'].includes(platform)
}

/** @returns how to leave: resolves as soon as nobody can come any more, while requests are still in hand */
export async function listen(server: Server, where: { port: number; host: string }): Promise<() => Promise<void>> {
  const connections = new Set<Socket>()
  const responses = new Set<ServerResponse>()
  let accepted = 0
  let isLeaving = false
  server.on('connection', (socket) => {
    accepted += 1
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (isLeaving) response.setHeader('Connection', 'close')
    responses.add(response)
    response.once('close', () => responses.delete(response))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Several API processes of one start share the port; `service.sh` makes sure that it is nobody else's.
    server.listen({ ...where, reusePort: sharesPorts() }, resolve)
  })

  return async () => {
    isLeaving = true
    for (const response of responses) if (!response.headersSent) response.setHeader('Connection', 'close')
    // Whoever keeps a connection may be sending the next request on it: it is used once more, or nobody counts on it any longer.
    const deadline = Date.now() + server.keepAliveTimeout
    const kept = [...connections]
    const isIdle = (socket: Socket) => !socket.destroyed && ![...responses].some((one) => one.socket === socket)
    while (kept.some(isIdle) && Date.now() < deadline) await sleep(POLL_MS)
    // The system resets what waits to be accepted by a socket that closes: it has to be a short turn in which nothing came.
    const latest = Date.now() + CALM_WITHIN_MS
    for (let isCalm = false; !isCalm && Date.now() < latest;) {
      const before = { accepted, at: performance.now() }
      await nextTurn()
      isCalm = accepted === before.accepted && performance.now() - before.at < CALM_MS
    }
    server.close()
  }
}
