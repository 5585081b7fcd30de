// A worker that is killed at any point of a check loses no session and breaks no channel.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startServer, type OddServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System
/** In front of the real server: asks it at once, and holds back what it answered to one of its methods. */
let proxy: OddServer
let held: { method: string; answered: () => void } | null = null

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
  const onward = forward(new URL(url, pds.pdsUrl), { method, headers, agent: false }, (answer) => {
    if (held && url.includes(held.method)) {
      answer.resume()
      return held.answered()
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

const stored = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean()

test.each(['refreshSession', 'deleteRecord', 'createRecord'])(
  'killed when the server has answered %s: another worker finishes the check, and the channel stays connected',
  async (method) => {
    const user = await system.user()
    const account = await createAccount(pds)
    await system.startWorkers()
    const { id } = await user.connect(account.handle, await createAppPassword(account))
    const { lastVerifiedAt } = await system.until(user, id, ({ status }) => status === 'connected')
    await system.stopWorkers()

    const { promise: answered, resolve } = Promise.withResolvers<void>()
    held = { method: `com.atproto.${method === 'refreshSession' ? 'server' : 'repo'}.${method}`, answered: resolve }
    await system.context.db.channels.updateOne({ _id: id }, { $set: { 'lease.sweepAt': new Date() } })
    const victim = spawn(process.execPath, [join(import.meta.dirname, '../../workers/main.ts')], {
      env: { PATH: process.env.PATH, ...system.env },
      stdio: 'inherit',
    })
    await answered
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    held = null
    expect(await stored(id)).toMatchObject({ status: 'connected', lease: { claims: 1 } })

    await system.startWorkers()
    const after = await system.until(user, id, (channel) => channel.lastVerifiedAt !== lastVerifiedAt)
    expect(after).toMatchObject({ status: 'connected', fault: null, brokenSince: null })
    expect(after.attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'signed_in'])
    await system.stopWorkers()
  },
  180_000,
)
