// Fails a test file that leaves a connection, a server or a child process open.
import { afterAll, expect, vi } from 'vitest'

const watched = ['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'ProcessWrap']
const open = () => process.getActiveResourcesInfo().filter((name) => watched.includes(name)).length

const before = open()

afterAll(async () => {
  // Sockets that a test's own fetch keeps alive close by themselves after four seconds.
  await vi.waitFor(() => expect(open(), 'connections, servers or processes left open').toBeLessThanOrEqual(before), {
    timeout: 45_000,
    interval: 50,
  })
})
