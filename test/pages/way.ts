// A way to the program that can be cut, while the browser goes on believing that it is online.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export async function openWay(to: string) {
  const sockets = new Set<Socket>()
  let cut = false
  const server = createServer((socket) => {
    if (cut) return socket.destroy()
    const onward = connect(Number(new URL(to).port), 'localhost')
    for (const [from, into] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from)
      from.on('error', () => into.destroy())
      from.on('close', () => {
        sockets.delete(from)
        into.destroy()
      })
      from.pipe(into)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const set = (now: boolean) => {
    cut = now
    if (cut) sockets.forEach((socket) => socket.destroy())
  }
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    cut: () => set(true),
    mend: () => set(false),
    async close() {
      set(true)
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
