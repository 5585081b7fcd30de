// What is asked of MongoDB in the moment in which its connection closes comes to an end.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Connection } from 'mongoose'
import { expect, inject, onTestFinished, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'

/** What of the driver has no public name. */
interface Inside {
  topology: {
    s: {
      servers: Map<
        string,
        { monitor: { connection: { socket: Socket } | null }; pool: { connections: Iterable<{ socket: Socket }> } }
      >
    }
  }
}

const open = async (options = {}) => {
  const connection = await connect(inject('stores').mongoUrl, options)
  onTestFinished(() => connection.close())
  return connection
}
const inside = (connection: Connection) => {
  const { topology } = connection.getClient() as unknown as Inside
  return [...topology.s.servers.values()]
}
const ping = (connection: Connection) => connection.getClient().db('admin').command({ ping: 1 })

// A socket that is destroyed says so in one of the next turns only.

test('a call hears that its connection closes, and the next one is answered', async () => {
  const connection = await open({ maxPoolSize: 1 })
  await ping(connection)
  const sockets = inside(connection).flatMap(({ pool }) => [...pool.connections].map(({ socket }) => socket))
  expect(sockets).toHaveLength(1)
  for (const socket of sockets) socket.destroy()
  await expect(ping(connection)).rejects.toThrow(/closed/)
  expect(await ping(connection)).toMatchObject({ ok: 1 })
})

test('a look at the server is given up, and the next one is answered', async () => {
  const connection = await open({ heartbeatFrequencyMS: 500, serverMonitoringMode: 'poll' })
  const client = connection.getClient()
  await once(client, 'serverHeartbeatSucceeded')
  const failed = once(client, 'serverHeartbeatFailed')
  client.once('serverHeartbeatStarted', () => {
    for (const { monitor } of inside(connection)) monitor.connection?.socket.destroy()
  })
  await failed
  await once(client, 'serverHeartbeatSucceeded')
  expect(await ping(connection)).toMatchObject({ ok: 1 })
})
