// An address in front of a store that leads elsewhere, keeps silent or is not there, as a test wants it.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Target = NetConnectOpts

export interface Proxy {
  port: number
  /** where new connections lead from now on; those that stand stay */
  target: Target
  /** takes connections and everything that comes over them, and answers nothing */
  silent: boolean
  /** everything takes so much longer, each way */
  delayMs: number
  /** the connections that stand keep silent for good, as those to a server that is gone; new ones do not */
  forsake(): void
  /** ends all connections */
  cut(): void
  close(): Promise<void>
}

/** Ends with the test. @param port 0: any that is free */
export async function startProxy(target: Target, port = 0): Promise<Proxy> {
  const open = new Set<Socket>()
  const forsaken = new WeakSet<Socket>()
  let silent = false
  /** nothing that was sent gets lost on a connection that goes on */
  let held: (() => unknown)[] = []
  const server = createServer((socket) => {
    const onward = connect(proxy.target)
    for (const one of [socket, onward]) {
      open.add(one)
      one.on('error', () => {})
      one.on('close', () => open.delete(one))
    }
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
    const pass = (data: Buffer, to: Socket) => {
      if (silent || forsaken.has(socket)) held.push(() => forsaken.has(socket) || to.write(data))
      else if (proxy.delayMs > 0) setTimeout(() => to.write(data), proxy.delayMs)
      else to.write(data)
    }
    socket.on('data', (data) => pass(data, onward))
    onward.on('data', (data) => pass(data, socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    target,
    delayMs: 0,
    get silent() {
      return silent
    },
    set silent(is) {
      silent = is
      if (is) return
      for (const send of held) send()
      held = []
    },
    forsake() {
      for (const socket of open) forsaken.add(socket)
      proxy.silent = false
    },
    cut() {
      for (const socket of open) socket.destroy()
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      proxy.cut()
      await closed
    },
  }
  onTestFinished(() => proxy.close())
  return proxy
}

/** Where the store at that address listens: on a socket or a port. */
export function targetOf(url: string): Target {
  if (url.startsWith('/')) return { path: url }
  const { hostname, port } = new URL(url)
  const name = decodeURIComponent(hostname)
  return name.startsWith('/') ? { path: name } : { host: name, port: Number(port) }
}
