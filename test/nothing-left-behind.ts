// Fails a test file that leaves a connection, a server or a child process open.
import { Agent, setGlobalDispatcher } from 'undici'
import { afterAll, expect, vi } from 'vitest'

const watched = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'PipeServerWrap', 'TLSWrap', 'ProcessWrap']
const open = () => process.getActiveResourcesInfo().filter((name) => watched.includes(name)).length

const before = open()
const ownFetch = new Agent()
setGlobalDispatcher(ownFetch)

afterAll(async () => {
  // Keeps no connection alive any longer, and waits for a request that a test has left running.
  void ownFetch.close()
  await vi.waitFor(() => expect(open(), 'connections, servers or processes left open').toBeLessThanOrEqual(before), {
    timeout: 45_000,
    interval: 50,
  })
})
