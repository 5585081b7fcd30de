// Frees calls of MongoDB's driver that would never end.
import type { Socket } from 'node:net'
import type { mongo } from 'mongoose'

const LOOK_MS = 1_000

interface Connection {
  closed: boolean
  error: Error | null
  socket: Socket
}

/** What of the driver has no public name. */
interface Inside {
  topology?: {
    s: {
      servers: Map<
        string,
        { monitor?: { connection?: Connection | null }; pool?: { checkedOutConnections: Set<Connection> } }
      >
    }
  }
}

/**
 * Asked in the moment in which its connection closes, the driver waits for ever until it may go on writing (mongodb 7.8 and
 * 7.9), with a command as with its look at a server, after which no later call would find one. An error of that connection
 * ends the wait. Where nobody waits, nobody hears of it.
 */
export function freeHungCalls(client: mongo.MongoClient): void {
  const free = () => {
    const { topology } = client as unknown as Inside
    for (const { monitor, pool } of topology?.s.servers.values() ?? []) {
      for (const connection of [monitor?.connection, ...(pool?.checkedOutConnections ?? [])]) {
        if (connection?.closed)
          connection.socket.emit('error', connection.error ?? new Error('closed while it was asked'))
      }
    }
  }
  const timer = setInterval(free, LOOK_MS).unref()
  client.once('topologyClosed', () => clearInterval(timer))
}
