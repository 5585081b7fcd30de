// A real PDS and its directory, which listen on loopback, made reachable for the containers of this machine.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { startPds } from '../bench/program.ts'
import { createAccount, createAppPassword } from '../services/demo/accounts.ts'
import { nameInDirectory, recoveryDid } from '../services/demo/identities.ts'

/** What containers call this machine; they have to be told so (`extra_hosts`). */
export const HOST = 'host.docker.internal'

export type ReachablePds = Awaited<ReturnType<typeof startReachablePds>>

/** Its addresses are those that containers use. */
export async function startReachablePds() {
  const { network, stop } = await startPds({})
  const outside = (url: string) => url.replace('localhost', HOST)
  const closers = await Promise.all([network.pdsUrl, network.plcUrl].map((url) => forward(Number(new URL(url).port))))
  return {
    pdsUrl: outside(network.pdsUrl),
    plcUrl: outside(network.plcUrl),
    /** A new account whose identity names the address that containers reach. */
    async newLogin() {
      const handle = `c${randomBytes(6).toString('hex')}.test`
      const wanted = { handle, password: randomBytes(12).toString('hex'), recoveryKey: await recoveryDid(network) }
      const account = await createAccount(network.pdsUrl, wanted)
      await nameInDirectory(network, account.did, outside(network.pdsUrl))
      return { identifier: handle, appPassword: await createAppPassword(account) }
    },
    async stop() {
      for (const close of closers) close()
      await stop()
    },
  }
}

/** From the address that `host-gateway` stands for to loopback, at the same port. @returns ends it */
async function forward(port: number): Promise<() => void> {
  const shown = execFileSync('ip', ['-4', '-o', 'address', 'show', 'docker0'], { encoding: 'utf8' })
  const gateway = / inet ([\d.]+)/.exec(shown)?.[1]
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const target = connect(port, '127.0.0.1')
    socket.pipe(target).pipe(socket)
    for (const one of [socket, target]) {
      open.add(one)
      one
        .on('error', () => {})
        .once('close', () => {
          open.delete(one)
          socket.destroy()
          target.destroy()
        })
    }
  })
  server.listen(port, gateway)
  await once(server, 'listening')
  return () => {
    server.close()
    for (const one of open) one.destroy()
  }
}
