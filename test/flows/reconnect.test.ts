// A reconnect ends the session that it took the place of, and no other; where it fails, that one stays as it was.
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { sweepOnce } from '../../workers/sweep.ts'
import { refreshed, sessionOf } from '../helpers/kept-sessions.ts'
import { createAccount, createAppPassword, handleChange, migrateAccount, type Account } from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const LONG = { timeout: 45_000, interval: 100 }
const HOUR_MS = 3600_000
const WRONG = 'aaaa-bbbb-cccc-dddd'
let system: System
let user: Client
let account: Account
const undo: (() => unknown)[] = []

const start = async (env: Record<string, string> = {}) => {
  system = await createSystem({ env })
  user = await system.user()
}
beforeEach(async () => {
  undo.length = 0
  account = await createAccount(pds)
})
afterEach(async () => {
  for (const step of undo) await step()
  await system.stop()
})

/** Connects, and resolves to what is kept. */
async function connect(identifier = account.handle, appPassword?: string) {
  const { id } = await user.connect(identifier, appPassword ?? (await createAppPassword(account)))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  return { id, session: await sessionOf(system, id) }
}
const reconnect = (id: string, appPassword: string) =>
  user.request('POST', `/api/channels/${id}/reconnect`, { body: { appPassword } })
const stored = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean()
/** Documents of sessions that are still to be ended. */
const left = () => system.context.db.channels.countDocuments({ step: 'disconnect' })
const allEnded = () => vi.waitFor(async () => expect(await left()).toBe(0), LONG)

test('after a reconnect the old session is over at the server, and the new one goes on', async () => {
  await start()
  const appPassword = await createAppPassword(account)
  const { id, session } = await connect(account.handle, appPassword)
  // With the same app password: it is the session that ends, not what it was opened with.
  await reconnect(id, appPassword)
  expect(await system.settled(user, id)).toMatchObject({ id, status: 'connected' })
  await vi.waitFor(async () => expect(await refreshed(pds.pdsUrl, session)).toBe(400), LONG)
  await allEnded()
  expect((await stored(id))?.secrets?.former ?? []).toEqual([])
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
  const { body } = await user.request<{ channels: object[] }>('GET', '/api/channels')
  expect(body.channels).toHaveLength(1)
  expect((await user.request<{ removals: object[] }>('GET', '/api/removals')).body.removals).toEqual([])
})

test('a reconnect that fails leaves the old session as it was', async () => {
  await start()
  const { id, session } = await connect()
  await reconnect(id, WRONG)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'bad_credentials' } })
  expect(await sessionOf(system, id)).toEqual(session)
  expect(await left()).toBe(0)
  expect(await refreshed(pds.pdsUrl, session)).toBe(200)
  // It is still good for a check.
  expect((await user.request('POST', `/api/channels/${id}/verify`)).status).toBe(202)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
})

test('a worker that dies as soon as the new session is kept, and a wiped Redis: the old one is ended all the same', async () => {
  await start()
  const { id, session } = await connect()
  await system.stopWorkers()
  const { config, redis } = system.context
  // Nothing of it goes on: the new session is kept, and nobody verifies.
  config.worker.queues = ['connect']
  await system.startWorkers()
  await reconnect(id, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'verifying')
  await system.stopWorkers()
  expect((await stored(id))?.secrets?.former).toHaveLength(1)
  expect(await refreshed(pds.pdsUrl, session)).toBe(200)
  const keys = await redis.keys(`${config.redis.prefix}:*`)
  await redis.del(keys)

  config.worker.queues = ['connect', 'verify']
  await system.startWorkers()
  await sweepOnce(system.context, new Date(Date.now() + 60_000))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await vi.waitFor(async () => expect(await refreshed(pds.pdsUrl, session)).toBe(400), LONG)
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
})

test('two reconnects in a row that nobody verified in between: both old sessions are ended', async () => {
  await start()
  const appPassword = await createAppPassword(account)
  const { id, session: first } = await connect(account.handle, appPassword)
  await system.stopWorkers()
  system.context.config.worker.queues = ['connect']
  await system.startWorkers()
  await reconnect(id, appPassword)
  await system.until(user, id, ({ status }) => status === 'verifying')
  const second = await sessionOf(system, id)
  // It waits for its worker, so that the API takes no other reconnect: as after an outcome that came meanwhile.
  await system.context.db.channels.updateOne({ _id: id }, { status: 'failed', rank: 0 })
  await reconnect(id, appPassword)
  await system.until(user, id, ({ status }) => status === 'verifying')
  await vi.waitFor(async () => expect(await refreshed(pds.pdsUrl, first)).toBe(400), LONG)
  await system.stopWorkers()
  system.context.config.worker.queues = ['connect', 'verify']
  await system.startWorkers()
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await vi.waitFor(async () => expect(await refreshed(pds.pdsUrl, second)).toBe(400), LONG)
  await allEnded()
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
})

test('where two channels are joined, the session of the older one is ended', async () => {
  await start()
  const appPassword = await createAppPassword(account)
  const { id, session } = await connect(account.handle, appPassword)
  const renamed = await handleChange(account)
  await user.connect(renamed.handle, appPassword)
  await vi.waitFor(async () => expect(await refreshed(pds.pdsUrl, session)).toBe(400), LONG)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await allEnded()
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
})

test('of an account that moved, the old session is ended at the server that opened it', async () => {
  await start({ PDS_DISCOVERY: 'follow' })
  const { id, session } = await connect()
  const there = await migrateAccount(pds, account)
  expect(await refreshed(pds.pdsUrl, session)).toBe(200)
  const kept = await sessionOf(system, id)
  await reconnect(id, await createAppPassword(there))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', serviceUrl: pds.otherPdsUrl })
  await allEnded()
  expect(await refreshed(pds.pdsUrl, kept)).toBe(400)
  expect(await refreshed(pds.otherPdsUrl, await sessionOf(system, id))).toBe(200)
})

test('a session that was renewed while the reconnect was under way is the one that is ended', async () => {
  await start()
  const { id } = await connect()
  if (!system.workers) throw new Error('there are no workers')
  const { seal, db } = system.context
  const headers = { authorization: `Bearer ${(await sessionOf(system, id)).refreshJwt}` }
  let renewed = { refreshJwt: '' }
  // In the moment between the sign-in and the write.
  const spy = vi.spyOn(system.workers.context, 'seal').mockImplementationOnce(async (purpose, channelId, text) => {
    const url = `${pds.pdsUrl}/xrpc/com.atproto.server.refreshSession`
    const answer = (await (await fetch(url, { method: 'POST', headers })).json()) as { refreshJwt: string }
    renewed = answer
    const kept = JSON.stringify({ ...answer, serviceUrl: pds.pdsUrl })
    await db.channels.updateOne({ _id: id }, { 'secrets.session': await seal('session', id, kept) })
    return seal(purpose, channelId, text)
  })
  undo.push(() => spy.mockRestore())
  await reconnect(id, await createAppPassword(account))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await allEnded()
  expect(await refreshed(pds.pdsUrl, renewed)).toBe(400)
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
})

test('a server that is in trouble holds up no reconnect; the old session is ended later, and not tried for ever', async () => {
  const server = await startScriptedServer({ faults: [{ fault: 'page 503', call: 'deleteSession', times: 1 }] })
  undo.push(() => server.close())
  await start({ BLUESKY_SERVICE_URL: server.origin, SWEEP_INTERVAL_SECONDS: '300' })
  const { id } = await connect('scripted.test', WRONG)
  await reconnect(id, WRONG)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await vi.waitFor(
    async () =>
      expect(await system.context.db.channels.findOne({ step: 'disconnect' }).lean()).toMatchObject({
        lease: { failures: 1 },
      }),
    LONG,
  )
  expect(server.openSessions()).toBe(2)
  await sweepOnce(system.context, new Date(Date.now() + HOUR_MS))
  await allEnded()
  expect(server.openSessions()).toBe(1)
})

test('a server that gives out the same session again is not told to end it', async () => {
  await start()
  const { id } = await connect()
  const { db } = system.context
  const held = (await stored(id))?.secrets?.session
  await db.channels.updateOne({ _id: id }, { $push: { 'secrets.former': held } })
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  await vi.waitFor(async () => expect((await stored(id))?.secrets?.former ?? []).toEqual([]), LONG)
  await allEnded()
  expect(await refreshed(pds.pdsUrl, await sessionOf(system, id))).toBe(200)
})

test('a channel that is removed in the middle of a reconnect leaves neither session open', async () => {
  await start()
  const { id, session } = await connect()
  await system.stopWorkers()
  system.context.config.worker.queues = ['connect']
  await system.startWorkers()
  await reconnect(id, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'verifying')
  const next = await sessionOf(system, id)
  expect((await user.request('DELETE', `/api/channels/${id}`)).status).toBe(204)
  await allEnded()
  expect(await refreshed(pds.pdsUrl, session)).toBe(400)
  expect(await refreshed(pds.pdsUrl, next)).toBe(400)
})
