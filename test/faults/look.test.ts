// The look at the Service URL with real processes: a start of the API has one made, and none is lost with a worker.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'
import { findServer } from '../../src/db/servers.ts'
import { createHttp } from '../../src/http/client.ts'
import { lookOnce, TAKEN_MS } from '../../workers/look.ts'
import { startAnsweringServer } from '../helpers/odd-servers.ts'
import { createSystem, type System } from '../helpers/system.ts'

let child: ChildProcess
let system: System
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await system.stop()
})

async function prepare(serviceUrl: string) {
  system = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: serviceUrl } })
}
async function run(script: string) {
  const env = { PATH: process.env.PATH, ...system.env, PORT: String(await freePort()) }
  child = spawn(process.execPath, [join(import.meta.dirname, '../..', script)], { env, stdio: 'inherit' })
}

async function look(inMs: number) {
  const http = createHttp({ allowPrivateNetwork: true, log: system.context.log })
  try {
    return await lookOnce({ ...system.context, http }, new AbortController().signal, new Date(Date.now() + inMs))
  } finally {
    await http.close()
  }
}

test('a worker that is killed while it looks: another one does it', async () => {
  const { promise: never } = Promise.withResolvers<{ status: number }>()
  let reply: Promise<{ status: number }> | { status: number; json: object } = never
  const server = await startAnsweringServer(() => reply)
  onTestFinished(server.close)
  await prepare(server.origin)
  await run('workers/main.ts')
  await expect.poll(() => server.calls.length, { timeout: 90_000 }).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  reply = { status: 200, json: { availableUserDomains: ['.found.test'] } }
  expect(await look(0)).toBeNull()
  expect(await look(TAKEN_MS)).toBe('answers')
}, 180_000)

test('an API that starts has the Service URL of its environment looked at, however lately it was', async () => {
  const server = await startAnsweringServer({ status: 503 })
  onTestFinished(server.close)
  await prepare(server.origin)
  expect(await look(0)).toBe('broken')
  await run('src/main.ts')
  const stored = () => findServer(system.context.db, server.origin)
  await expect.poll(stored, { timeout: 90_000 }).toMatchObject({ wanted: true })
}, 180_000)
