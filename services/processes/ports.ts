// Finds free ports on the loopback interface, and free places for sockets.
import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { rm } from 'node:fs/promises'
import { ServiceError } from '../errors.ts'

export const LOOPBACK = '127.0.0.1'

// One whose caller was killed is on its way out.
const OLD_ONE_ENDS_MS = 15_000

/** A port that nothing listens on; `wanted` if that one is free. */
export async function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) resolve(freePort())
      else reject(error)
    })
    server.listen({ port: wanted, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Why no server could listen there, on all interfaces, in the system's word: EADDRINUSE, EACCES. */
export async function portProblem(port: number): Promise<string | undefined> {
  const tryHost = (host: string | undefined) =>
    new Promise<string | undefined>((resolve) => {
      const server = createServer()
      server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EADDRINUSE'))
      server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () =>
        server.close(() => resolve(undefined)),
      )
    })
  return (await tryHost(LOOPBACK)) ?? tryHost(undefined)
}

/** The first of `count` free ports in a row. */
export async function freePortRow(wanted: number | undefined, count: number): Promise<number> {
  // Below those that systems give to connections by themselves: one of a row would be taken sooner or later.
  for (let first = wanted ?? randomInt(20_000, 32_000); ; first = randomInt(20_000, 32_000)) {
    const found = await Promise.all(Array.from({ length: count }, (_, index) => freePort(first + index)))
    if (found.every((port, index) => port === first + index)) return first
  }
}

/** Whether something accepts connections on that socket. */
export async function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: 2_000 })
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.on('connect', () => answer(true))
    socket.on('error', () => answer(false))
    socket.on('timeout', () => answer(false))
  })
}

/** Makes room for a server's socket: whatever listens there is on its way out, or in the way. */
export async function clearSocket(server: string, path: string): Promise<void> {
  const deadline = Date.now() + OLD_ONE_ENDS_MS
  while (await accepts(path)) {
    if (Date.now() > deadline) throw new ServiceError(`${server} cannot listen on ${path}: another program does.`)
    await sleep(50)
  }
  await rm(path, { force: true })
}
