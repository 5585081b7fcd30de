// Frees the driver's look at a server that would never end.
import type { Socket } from 'node:net'
import type { mongo } from 'mongoose'

const MARGIN_MS = 1_000

/** What of the driver has no public name. */
interface Inside {
  topology?: { s: { servers: Map<string, { monitor?: { connection?: { socket: Socket } | null } }> } }
}

/**
 * Where all connections to a server close in one moment, the driver can ask it anew over one that is just closing, and then
 * waits for ever: no later call finds a server (mongodb 7.8; of servers that do not tell of changes by themselves, as the
 * embedded one). An error of that connection ends the wait, and the driver opens another one.
 */
export function freeHungHeartbeats(client: mongo.MongoClient): void {
  const timers = new Map<string, NodeJS.Timeout>()
  const end = ({ connectionId }: { connectionId: string }) => clearTimeout(timers.get(connectionId))
  client.on('serverHeartbeatStarted', ({ connectionId: address, awaited }) => {
    // One that waits for news lasts as long as there are none.
    if (awaited) return
    const free = () => {
      const { topology } = client as unknown as Inside
      topology?.s.servers
        .get(address)
        ?.monitor?.connection?.socket.emit('error', new Error('closed while it was asked'))
    }
    timers.set(address, setTimeout(free, client.options.connectTimeoutMS + MARGIN_MS).unref())
  })
  client.on('serverHeartbeatSucceeded', end)
  client.on('serverHeartbeatFailed', end)
}
