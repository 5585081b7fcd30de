// A worker that is killed after a server signed it in leaves no session open there.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { refreshed, sessionOf } from '../helpers/kept-sessions.ts'
import { startServer, type OddServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
const LONG = { timeout: 45_000, interval: 100 }
let system: System
/** In front of the real server: hands on what it answers, and reads which sessions it opened. */
let proxy: OddServer
const opened: { refreshJwt: string }[] = []
/** Told of the first question after a sign-in, which is not answered. */
let onLookup: (() => void) | null = null

beforeAll(async () => {
  proxy = await startServer(handOn)
  system = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: proxy.origin, LOG_LEVEL: 'warn' } })
})
afterAll(async () => {
  await system.stop()
  await proxy.close()
})

function handOn(request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', headers, url = '/' } = request
  if (onLookup && url.includes('com.atproto.repo.getRecord')) return onLookup()
  const plain = { ...headers, 'accept-encoding': 'identity' }
  const onward = forward(new URL(url, pds.pdsUrl), { method, headers: plain, agent: false }, async (answer) => {
    const body = await text(answer)
    if (url.includes('com.atproto.server.createSession')) opened.push(JSON.parse(body) as { refreshJwt: string })
    response.writeHead(answer.statusCode ?? 500, answer.headers).end(body)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

const stored = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean()

/** Resolves when a worker that looked around after its sign-in is killed. */
async function killAtLookup() {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  onLookup = resolve
  const victim = spawn(process.execPath, [join(import.meta.dirname, '../../workers/main.ts')], {
    env: { PATH: process.env.PATH, ...system.env },
    stdio: 'inherit',
  })
  await asked
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  onLookup = null
}

test('of a connect and of a reconnect: the next worker ends the session that was opened, and signs in anew', async () => {
  const user = await system.user()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const { id } = await user.connect(account.handle, appPassword)
  await killAtLookup()
  expect(await stored(id)).toMatchObject({ status: 'connecting', secrets: { former: [expect.any(String)] } })
  await system.startWorkers()
  await system.until(user, id, ({ status }) => status === 'connected')
  await expect.poll(() => refreshed(pds.pdsUrl, opened[0] ?? { refreshJwt: '' }), LONG).toBe(400)
  const held = await sessionOf(system, id)
  expect(held.refreshJwt).toBe(opened.at(-1)?.refreshJwt)
  expect((await stored(id))?.secrets).toEqual({ session: expect.any(String), former: [] })
  await system.stopWorkers()

  const before = opened.length
  await user.request('POST', `/api/channels/${id}/reconnect`, { body: { appPassword } })
  await killAtLookup()
  // What it had goes on until a new one is kept.
  expect(await sessionOf(system, id)).toEqual(held)
  await system.startWorkers()
  await system.until(user, id, ({ status }) => status === 'connected')
  for (const session of [opened[before] ?? { refreshJwt: '' }, held]) {
    await expect.poll(() => refreshed(pds.pdsUrl, session), LONG).toBe(400)
  }
  const kept = await sessionOf(system, id)
  expect(kept.refreshJwt).toBe(opened.at(-1)?.refreshJwt)
  expect(await refreshed(pds.pdsUrl, kept)).toBe(200)
  expect((await stored(id))?.secrets?.former).toEqual([])
}, 180_000)
