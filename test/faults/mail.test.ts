// A mail with real worker processes: one that is killed while it sends loses none, and what comes twice is told to be the same.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sendMail } from '../../src/mail/send.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { mailEnv, startMailServer, type MailServer, type Stage } from '../helpers/mail-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

let server: MailServer
let system: System
let user: Client
let child: ChildProcess

beforeEach(async () => {
  server = await startMailServer()
  system = await createSystem({ workers: false, env: { ...mailEnv(server), WORKER_QUEUES: 'mail' } })
  user = await system.admin()
})
afterEach(async () => {
  await system.stop()
  await server.close()
})

const stored = () => system.context.db.mails.findById('once').lean()
const order = () =>
  sendMail(system.context, { id: 'once', kind: 'password_changed', userId: user.id, params: {}, requestId: 'r' })

async function killAt(stage: Stage) {
  const { promise: never, resolve } = Promise.withResolvers<null>()
  server.reply = (now) => (now === stage ? never : null)
  child = spawn(process.execPath, [join(import.meta.dirname, '../../workers/main.ts')], {
    env: { PATH: process.env.PATH, ...system.env },
    stdio: 'inherit',
  })
  await order()
  await expect.poll(() => server.count(stage), { timeout: 90_000 }).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  server.reply = () => null
  resolve(null)
}
/** As if the time had passed for which the dead worker holds it. */
async function afterItsClaim() {
  expect(await stored()).toMatchObject({ lease: { claims: 1 } })
  await system.context.db.mails.updateOne({}, { $set: { notBefore: new Date(0), 'lease.sweepAt': new Date(0) } })
  await sweepOnce(system.context)
  await system.startWorkers()
  await expect.poll(async () => (await stored())?.end, { timeout: 60_000 }).toBe('sent')
}

test.each(['connect', 'from', 'to'] as const)(
  'killed at %s: another worker sends it, once',
  async (stage) => {
    await killAt(stage)
    await afterItsClaim()
    expect(server.caught).toHaveLength(1)
  },
  240_000,
)

test('killed before it hears that the server has it: it comes twice, with one Message-ID', async () => {
  await killAt('data')
  await expect.poll(() => server.caught.length, { timeout: 30_000 }).toBe(1)
  await afterItsClaim()
  expect(server.caught).toHaveLength(2)
  expect(new Set(server.caught.map(({ mail }) => mail.messageId)).size).toBe(1)
}, 240_000)
