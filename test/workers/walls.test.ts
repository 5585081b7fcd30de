// What stands in front of a server goes away one day, and a certificate is renewed: whoever waits connects by himself then.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Connection } from '../../src/contract.ts'
import { startScriptedServer, type Script, type Tls } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { makeCertificate, trustCertificates } from '../helpers/tls.ts'

const PASSWORD = 'aaaa-bbbb-cccc-dddd'
let system: System
let user: Client
const undo: (() => unknown)[] = []

beforeEach(() => {
  undo.length = 0
})
afterEach(async () => {
  for (const step of undo) await step()
  await system.stop()
})

async function start(script: Script, env: Record<string, string>, tls?: Tls) {
  const server = await startScriptedServer(script, tls ? { tls } : {})
  undo.push(server.close)
  const origin = tls ? server.origin.replace('127.0.0.1', 'localhost') : server.origin
  system = await createSystem({ env: { BLUESKY_SERVICE_URL: origin, ...env } })
  user = await system.user()
  const signIns = () => server.requests.filter(({ path }) => path.endsWith('.createSession')).length
  return { ...server, signIns }
}

const asAdminSees = async (id: string) => {
  const { body } = await (await system.admin()).request<Connection>('GET', `/api/admin/connections/${id}`)
  return body
}
const secretsOf = async (id: string) =>
  (await system.context.db.channels.findById(id).select('secrets').lean())?.secrets
/** As if the time of the next try had come. */
const comeBack = () =>
  system.context.db.channels.updateMany({}, { $set: { nextTryAt: null, 'lease.sweepAt': new Date() } })
const until = (id: string, status: string) => system.until(user, id, (channel) => channel.status === status)

test('a wall that goes away after two tries: the app password is kept, and the account connects by itself', async () => {
  const wall = { call: 'createSession', fault: 'challenge page', times: 2 } as const
  const server = await start({ faults: [wall] }, { RETRY_DELAYS_SECONDS: '3600' })
  const { id } = await user.connect('scripted.test', PASSWORD)

  const waiting = await until(id, 'retrying')
  expect(waiting).toMatchObject({ button: 'try_now', outcome: { code: 'server_protected', fixBy: 'admin' } })
  expect(JSON.stringify(waiting)).not.toContain('Cloudflare')
  expect(await secretsOf(id)).toHaveProperty('password')
  expect((await asAdminSees(id)).adminFix).toContain(
    ', Cloudflare, keeps us out: it wants to be shown a person at a browser.',
  )

  await comeBack()
  await vi.waitFor(async () => expect(await system.context.db.attempts.countDocuments()).toBe(2), { timeout: 45_000 })
  await until(id, 'retrying')
  await comeBack()
  const { attempts } = await until(id, 'connected')
  expect(attempts.map(({ outcome }) => outcome)).toEqual([
    'connected',
    'signed_in',
    'server_protected',
    'server_protected',
  ])
  expect(server.signIns()).toBe(3)
  expect(await secretsOf(id)).not.toHaveProperty('password')
})

test('a wall at a check: the channel waits with its session', async () => {
  const wall = { call: 'deleteRecord', fault: 'page 401', times: 1 } as const
  const server = await start({ faults: [wall] }, { RETRY_DELAYS_SECONDS: '3600' })
  const { id } = await user.connect('scripted.test', PASSWORD)
  expect(await until(id, 'retrying')).toMatchObject({ outcome: { code: 'server_protected', step: 'verify' } })
  await comeBack()
  await until(id, 'connected')
  // A refresh would have used the session up.
  expect(server.requests.filter(({ path }) => path.endsWith('.refreshSession'))).toEqual([])
})

test('many behind a wall: few knock, and all others wait and are told why', async () => {
  const MANY = 60
  const server = await start({ faults: [{ fault: 'challenge page' }] }, { RETRY_DELAYS_SECONDS: '3600' })
  const names = Array.from({ length: MANY }, (_, index) => `nobody-${index}.example.com`)
  await Promise.all(names.map((name) => user.connect(name, PASSWORD)))
  const { channels } = system.context.db
  const waiting = {
    status: 'retrying' as const,
    'outcome.code': 'server_protected' as const,
    'outcome.params.product': 'Cloudflare',
  }
  await vi.waitFor(async () => expect(await channels.countDocuments(waiting)).toBe(MANY), {
    timeout: 30_000,
    interval: 200,
  })
  expect(server.signIns()).toBeLessThanOrEqual(15)
})

test('a certificate that does not hold: nothing is sent, and the account connects as soon as it does', async () => {
  const certificate = await makeCertificate('localhost')
  const server = await start({}, { RETRY_DELAYS_SECONDS: '3600' }, certificate)
  const { id } = await user.connect('scripted.test', PASSWORD)
  expect(await until(id, 'retrying')).toMatchObject({ outcome: { code: 'server_certificate', fixBy: 'admin' } })
  expect((await asAdminSees(id)).adminFix).toContain('issued by nobody whom this machine trusts')
  expect(server.requests).toEqual([])

  undo.push(trustCertificates(certificate))
  await comeBack()
  await until(id, 'connected')
})
