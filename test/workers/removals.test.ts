// Removed channels: their sessions are ended in the background, which holds up nobody and does not go on for ever.
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { signIn } from '../../src/bluesky/session.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { nobodyListening, startSilentServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import type { KindName } from '../helpers/scripted-kinds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const HOUR_MS = 3600_000
const SESSION = { accessJwt: 'access', refreshJwt: 'refresh', did: 'did:web:someone.example.com' }
let system: System
let user: Client
const undo: (() => unknown)[] = []

beforeEach(async () => {
  undo.length = 0
  system = await createSystem({ workers: false, env: { REQUEST_TIMEOUT_SECONDS: '60' } })
  user = await system.user()
})
afterEach(async () => {
  // First the servers: a call that hangs keeps the workers from stopping.
  for (const step of undo) await step()
  await system.stop()
})

async function removeChannelAt(serviceUrl: string): Promise<string> {
  const channel = storedChannel('connected', new Date(), { userId: user.id, serviceUrl })
  const id = channel._id.toHexString()
  const session = await system.context.seal('session', id, JSON.stringify(SESSION))
  await system.context.db.channels.create({ ...channel, secrets: { session } })
  expect((await user.request('DELETE', `/api/channels/${id}`)).status).toBe(204)
  return id
}
/** A channel that signed in there itself. */
async function connectAt(serviceUrl: string): Promise<string> {
  const { db, seal } = system.context
  const target = { http: (await system.startWorkers()).context.http, serviceUrl, signal: AbortSignal.timeout(20_000) }
  const { session } = await signIn(target, 'scripted.test', 'abcd-efgh-ijkl-mnop')
  const channel = storedChannel('connected', new Date(), { userId: user.id, serviceUrl })
  const id = channel._id.toHexString()
  await db.channels.create({ ...channel, secrets: { session: await seal('session', id, JSON.stringify(session)) } })
  return id
}
const stored = (id: string) => system.context.db.channels.findById(id).lean()
const forgotten = (id: string) => expect.poll(() => stored(id), { timeout: 45_000 }).toBeNull()
const sweepIn = (ms: number) => sweepOnce(system.context, new Date(Date.now() + ms))

test('30 removals at a server that hangs do not hold up a connect that came after them', async () => {
  const silent = await startSilentServer()
  undo.push(silent.close)
  const removed = await Promise.all(Array.from({ length: 30 }, () => removeChannelAt(silent.origin)))
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))

  await system.startWorkers()
  await system.until(user, id, ({ status }) => status === 'connected')
  expect(silent.calls.length).toBeLessThanOrEqual(3)
  expect(await system.context.db.channels.countDocuments({ _id: { $in: removed } })).toBe(30)
})

/** What the log says of the end of a channel. */
const endOf = (id: string) => system.log.records().find(({ end, channelId }) => end === 'forgotten' && channelId === id)

test.for<KindName>(['reference', 'tranquil', 'cocoon'])(
  '%s: a removal leaves no session open, and says so',
  async (kind) => {
    const server = await startScriptedServer({ kind })
    undo.push(() => server.close())
    const id = await connectAt(server.origin)
    expect(server.openSessions()).toBe(1)
    expect((await user.request('DELETE', `/api/channels/${id}`)).status).toBe(204)
    await forgotten(id)
    expect(server.openSessions()).toBe(0)
    await expect.poll(() => endOf(id), { timeout: 45_000 }).toMatchObject({ ended: true, outcome: 'session_ended' })
  },
)

test('a session that its server lets nobody end is told as left open', async () => {
  const server = await startScriptedServer({ kind: 'arroba' })
  undo.push(() => server.close())
  const id = await removeChannelAt(server.origin)
  await system.startWorkers()
  await forgotten(id)
  await expect.poll(() => endOf(id), { timeout: 45_000 }).toMatchObject({ ended: false, outcome: 'session_not_ended' })
})

test('a session that cannot be ended now is ended when its server is well again', async () => {
  const server = await startScriptedServer({ faults: [{ fault: 'page 503', call: 'deleteSession', times: 1 }] })
  undo.push(() => server.close())
  const id = await removeChannelAt(server.origin)
  await system.startWorkers()
  await expect
    .poll(() => stored(id), { timeout: 45_000 })
    .toMatchObject({ status: 'disconnected', lease: { failures: 1 } })
  await sweepIn(HOUR_MS)
  await forgotten(id)
  expect(server.requests.map(({ path }) => path)).toEqual(Array(2).fill('/xrpc/com.atproto.server.deleteSession'))
})

test('a channel whose session cannot be unsealed any more is forgotten without asking anybody', async () => {
  const server = await startScriptedServer()
  undo.push(() => server.close())
  const id = await removeChannelAt(server.origin)
  const elsewhere = await system.context.seal('session', 'another channel', JSON.stringify(SESSION))
  await system.context.db.channels.updateOne({ _id: id }, { 'secrets.session': elsewhere })
  await system.startWorkers()
  await forgotten(id)
  expect(server.requests).toEqual([])
  const { body } = await user.request('GET', '/api/removals')
  expect(body).toMatchObject({ removals: [{ id, session: 'unreadable', sessionEndsAt: null }] })
})

test('a removal that a server in trouble is not asked for waits, and counts as no failure', async () => {
  const dead = await nobodyListening()
  const asked = [await removeChannelAt(dead), await removeChannelAt(dead), await removeChannelAt(dead)]
  await system.startWorkers()
  for (const id of asked)
    await expect.poll(() => stored(id), { timeout: 45_000 }).toMatchObject({ lease: { failures: 1 } })
  const waiting = await removeChannelAt(dead)
  const waits = () => system.log.records().some(({ end, channelId }) => end === 'waits' && channelId === waiting)
  await expect.poll(waits, { timeout: 45_000 }).toBe(true)
  const channel = await stored(waiting)
  expect(channel).toMatchObject({ status: 'disconnected', lease: { claims: 0, failures: 0 } })
  expect(channel?.lease.sweepAt?.getTime()).toBeGreaterThan(Date.now() + 5_000)
})

test('a session is ended where it began, whatever server the channel was to go to since', async () => {
  const server = await startScriptedServer()
  const other = await startScriptedServer({ situation: 'wrongPassword' })
  undo.push(() => Promise.all([server.close(), other.close()]))
  const channel = storedChannel('bad_credentials', new Date(), { userId: user.id, serviceUrl: other.origin })
  const id = channel._id.toHexString()
  const kept = JSON.stringify({ ...SESSION, serviceUrl: server.origin })
  await system.context.db.channels.create({
    ...channel,
    secrets: { session: await system.context.seal('session', id, kept) },
  })
  await user.request('DELETE', `/api/channels/${id}`)
  await system.startWorkers()
  await forgotten(id)
  expect(server.requests.map(({ path }) => path)).toEqual(['/xrpc/com.atproto.server.deleteSession'])
  expect(other.requests).toEqual([])
})

test('a day after its removal a channel is forgotten, also where its session could not be ended', async () => {
  const silent = await startSilentServer()
  undo.push(silent.close)
  const id = await removeChannelAt(silent.origin)
  await system.context.db.channels.updateOne(
    { _id: id },
    { $set: { submittedAt: new Date(Date.now() - 25 * HOUR_MS) } },
  )
  await system.startWorkers()
  await forgotten(id)
  expect(silent.calls.length).toBe(0)
})
