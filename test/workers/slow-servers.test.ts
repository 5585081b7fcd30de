// What users see of servers that hang, refuse or limit: a channel that waits, never an error, and never somebody else's wait.
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { sweepOnce } from '../../workers/sweep.ts'
import { nobodyListening, startAnsweringServer, startSilentServer, wrongPassword } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PASSWORD = 'aaaa-bbbb-cccc-dddd'
let system: System
let user: Client
const undo: (() => unknown)[] = []

const start = async (env: Record<string, string>, options: { workers?: boolean } = {}) => {
  system = await createSystem({ env, ...options })
  user = await system.user()
}
beforeEach(() => {
  undo.length = 0
})
afterEach(async () => {
  // First the servers: a call that hangs keeps the workers from stopping.
  for (const step of undo) await step()
  await system.stop()
})

const stored = (id: string) => system.context.db.channels.findById(id).lean()
const setServer = async (url: string) => {
  const body = { 'bluesky_service-url': url, bluesky_integration_status: 'enabled' }
  const { status } = await (await system.admin()).request('PUT', '/api/admin/api-integration/bluesky', { body })
  expect(status).toBe(200)
}
const connectAndSettle = async (identifier: string, client = user) =>
  system.settled(client, (await client.connect(identifier, PASSWORD)).id)
const scripted = async (script: Parameters<typeof startScriptedServer>[0]) => {
  const server = await startScriptedServer(script)
  undo.push(() => server.close())
  const signIns = () => server.requests.filter(({ path }) => path.endsWith('.createSession')).length
  return { ...server, signIns }
}

test('200 channels of a server that hangs do not hold up a connect that came after them', async () => {
  const silent = await startSilentServer()
  undo.push(silent.close)
  const env = { ...watchedMongo(), REQUEST_TIMEOUT_SECONDS: '40', PDS_DISCOVERY: 'follow' }
  await start(env, { workers: false })
  const names = Array.from({ length: 200 }, (_, index) => `nobody-${index}.example.com`)
  await Promise.all(names.map((name) => user.connect(name, PASSWORD)))
  // As if their identities had been asked: they name the server that hangs.
  await system.context.db.channels.updateMany({}, { serviceUrl: silent.origin, serverFoundAt: new Date() })
  const account = await createAccount(pds)
  const { id } = await user.connect(account.did, await createAppPassword(account))

  const sent = await sentWhile(system, async () => {
    await system.startWorkers()
    await system.until(user, id, ({ status }) => status === 'connected')
  })
  const claims = sent.filter((command) => JSON.stringify(command).includes('"$inc":{"lease.claims":1}'))
  // Those that had a slot of the process before the server was known to hang; all others wait ahead of their claim.
  expect(claims.length).toBeLessThanOrEqual(2 * 20)
  // The first of them are out still, with most of the worker's slots free: nobody waited for them.
  expect(silent.calls.length).toBeLessThanOrEqual(3)
  expect(await system.context.db.channels.countDocuments({ serviceUrl: silent.origin, status: 'connecting' })).toBe(200)
})

test('many at once at a server that is well: whoever finds no place is called as soon as there is one', async () => {
  const server = await scripted({ situation: 'wrongPassword' })
  // Who is not called would come by himself after a minute.
  await start({ BLUESKY_SERVICE_URL: server.origin, REQUEST_TIMEOUT_SECONDS: '60' }, { workers: false })
  const names = Array.from({ length: 60 }, (_, index) => `nobody-${index}.example.com`)
  await Promise.all(names.map((name) => user.connect(name, PASSWORD)))
  await system.startWorkers()
  const { channels, attempts } = system.context.db
  const ended = () => channels.countDocuments({ status: 'action_required' })
  await vi.waitFor(async () => expect(await ended()).toBe(60), { timeout: 45_000, interval: 200 })
  expect(await attempts.countDocuments()).toBe(60)
  expect(server.signIns()).toBe(60)
}, 90_000)

test('a server that refuses three in a row is not asked by the fourth, which waits without using up a try until it is back', async () => {
  const origin = await nobodyListening()
  await start({ BLUESKY_SERVICE_URL: origin })

  for (const name of ['one', 'two', 'three']) {
    const tried = await connectAndSettle(`${name}.example.com`)
    expect(tried).toMatchObject({ status: 'retrying', outcome: { code: 'pds_unreachable' } })
    expect(tried.attempts).toHaveLength(1)
  }
  const waiting = await connectAndSettle('four.example.com')
  expect(waiting).toMatchObject({
    status: 'retrying',
    outcome: { code: 'pds_unreachable', fixBy: 'time' },
    attempts: [],
  })
  expect(Date.parse(waiting.nextTryAt ?? '') - Date.now()).toBeGreaterThan(0)
  expect(await stored(waiting.id)).toMatchObject({ lease: { failures: 0, claims: 0 } })

  const back = await startAnsweringServer(wrongPassword, Number(new URL(origin).port))
  undo.push(back.close)
  expect((await system.until(user, waiting.id, ({ status }) => status === 'action_required')).attempts).toHaveLength(1)
})

test('out of budget, the user sees a channel that waits for a place, with the time, and the server sees nothing', async () => {
  const server = await scripted({ situation: 'wrongPassword' })
  await start({ BLUESKY_SERVICE_URL: server.origin, SIGN_IN_BUDGETS: 'identity=1/300' })
  await connectAndSettle('alice.example.com')
  const asked = server.signIns()
  const waiting = await connectAndSettle('alice.example.com', await system.user())
  expect(waiting).toMatchObject({
    status: 'retrying',
    outcome: { code: 'waiting_for_rate_limit', title: 'Waiting for a place', fixBy: 'time', retryable: true },
    attempts: [],
  })
  expect(waiting).toMatchObject({ button: 'wait', outcome: { fix: 'Nothing to do: it goes on by itself.' } })
  expect(Date.parse(waiting.nextTryAt ?? '')).toBeGreaterThan(Date.now())
  expect(server.signIns()).toBe(asked)
  expect(await stored(waiting.id)).toMatchObject({ lease: { failures: 0 } })
})

test('a limit of one identity holds up that identity alone, and is not run into again', async () => {
  const endsAt = Math.ceil(Date.now() / 1000) + 240
  const limit = { 'ratelimit-policy': '30;w=300', 'ratelimit-reset': String(endsAt) }
  const server = await scripted({ situation: 'rateLimited', limit })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  const limited = await connectAndSettle('alice.example.com')
  expect(limited).toMatchObject({ status: 'retrying', outcome: { code: 'login_rate_limited' } })
  expect(Date.parse(limited.nextTryAt ?? '')).toBeGreaterThanOrEqual(endsAt * 1000)

  const again = await connectAndSettle('alice.example.com', await system.user())
  expect(again).toMatchObject({ status: 'retrying', outcome: { code: 'waiting_for_rate_limit' } })
  expect(Date.parse(again.nextTryAt ?? '')).toBeGreaterThanOrEqual(endsAt * 1000 - 1000)
  expect(server.signIns()).toBe(1)

  server.set({ situation: 'wrongPassword' })
  expect((await connectAndSettle('bob.example.com')).status).toBe('action_required')
  expect(server.signIns()).toBe(2)
})

test('a limit without a word on what it counts is everybody’s there: the next identity waits instead of knocking', async () => {
  const server = await scripted({ kind: 'tranquil', situation: 'rateLimited' })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  expect(await connectAndSettle('alice.example.com')).toMatchObject({
    status: 'retrying',
    outcome: { code: 'ip_rate_limited' },
  })
  expect(await connectAndSettle('bob.example.com', await system.user())).toMatchObject({
    status: 'retrying',
    outcome: { code: 'waiting_for_rate_limit' },
    attempts: [],
  })
  expect(server.signIns()).toBe(1)
})

test('a limit of our address holds up everybody who goes there, and nobody else', async () => {
  const endsAt = Math.ceil(Date.now() / 1000) + 240
  const limit = { 'ratelimit-policy': '3000;w=300', 'ratelimit-reset': String(endsAt) }
  const server = await scripted({ situation: 'rateLimited', limit })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  expect((await connectAndSettle('alice.example.com')).outcome?.code).toBe('ip_rate_limited')
  expect(await connectAndSettle('bob.example.com')).toMatchObject({
    status: 'retrying',
    outcome: { code: 'waiting_for_rate_limit' },
  })
  expect(server.signIns()).toBe(1)

  await setServer(pds.pdsUrl)
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  expect((await system.settled(user, id)).status).toBe('connected')
})

test('what a server refused is never sent there a second time', async () => {
  const server = await scripted({ situation: 'wrongPassword' })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  const { id } = await user.connect('alice.example.com', PASSWORD)
  await vi.waitFor(() => expect(server.signIns()).toBe(1), { timeout: 45_000 })
  await system.settled(user, id)
  await sweepOnce(system.context, new Date(Date.now() + 23 * 3600_000))
  const jobs = () => system.context.queues.connect.getJobCountByTypes('wait', 'prioritized', 'active', 'delayed')
  await expect.poll(jobs).toBe(0)
  expect(server.signIns()).toBe(1)
})

test('nor when the reason could not be found out and an admin runs it again', async () => {
  const server = await startAnsweringServer((path) =>
    path.includes('createSession') ? wrongPassword : { status: 404 },
  )
  undo.push(server.close)
  const dead = await nobodyListening()
  await start({ BLUESKY_SERVICE_URL: server.origin, PLC_DIRECTORY_URL: dead, HANDLE_RESOLVER_URL: dead })
  const { id } = await user.connect('did:plc:ewvi7nxzyoun6zhxrhs64oiz', PASSWORD)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'identity_lookup_unavailable' } })

  const admin = await system.admin()
  const again = await admin.request<{ status: string }>('POST', `/api/admin/connections/${id}/retry`)
  expect(again.body.status).toBe('connecting')
  const looked = await system.until(user, id, ({ status }) => status === 'retrying')
  expect(looked.attempts.map(({ answer }) => answer?.call ?? null)).toEqual([null, 'createSession'])
  expect(server.calls.filter((path) => path.includes('createSession'))).toHaveLength(1)
})

test('nor when its attempt cannot be written down', async () => {
  const server = await scripted({ situation: 'wrongPassword' })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  vi.spyOn(system.context.db.attempts.collection, 'insertOne').mockRejectedValueOnce(new Error('the disk is full'))
  expect(await connectAndSettle('alice.example.com')).toMatchObject({ status: 'action_required', attempts: [] })
  expect(server.signIns()).toBe(1)
})
