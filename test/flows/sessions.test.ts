// No session is left open that is not kept, and no secret is kept longer than it is needed.
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { openStream } from '../helpers/event-stream.ts'
import { startAnsweringServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword, handleChange } from '../helpers/pds.ts'
import { startScriptedServer, type Script } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PASSWORD = 'aaaa-bbbb-cccc-dddd'
let system: System
let user: Client
const undo: (() => unknown)[] = []

const start = async (env: Record<string, string> = {}) => {
  system = await createSystem({ env })
  user = await system.user()
}
beforeEach(() => {
  undo.length = 0
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const step of undo) await step()
  await system.stop()
})

const withSecrets = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean<ChannelDoc>()
const scripted = async (script: Script = {}) => {
  const server = await startScriptedServer(script)
  undo.push(() => server.close())
  const times = (method: string) => server.requests.filter(({ path }) => path.endsWith(`.${method}`)).length
  return { ...server, times }
}

test('the password is gone as soon as the sign-in is over, also while nobody verifies', async () => {
  await start({ WORKER_QUEUES: 'connect' })
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'verifying')
  const { secrets } = (await withSecrets(id)) ?? {}
  expect(secrets).toEqual({ session: expect.any(String) as string, former: [] })
})

test('the session of a sign-in that is not accepted is ended', async () => {
  const server = await scripted({ situation: 'mainPassword' })
  await start({ BLUESKY_SERVICE_URL: server.origin })
  const { id } = await user.connect('scripted.test', PASSWORD)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'main_password_used' } })
  expect(server.times('deleteSession')).toBe(1)
  // Nothing is left to be ended.
  await expect.poll(async () => (await withSecrets(id))?.secrets).toEqual({ former: [] })
})

test('the session of a sign-in that was overtaken is ended, and nothing of it is kept', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const session = {
    did: 'did:plc:scripted2222222222222222',
    handle: 'scripted.test',
    accessJwt: 'a.b.c',
    refreshJwt: 'd.e.f',
  }
  const server = await startAnsweringServer(async (path) => {
    if (path.endsWith('createSession')) await answered
    return { status: 200, json: path.endsWith('createSession') ? session : {} }
  })
  undo.push(server.close)
  await start({ BLUESKY_SERVICE_URL: server.origin })
  const { id } = await user.connect('scripted.test', PASSWORD)
  await vi.waitFor(() => expect(server.calls.filter((path) => path.endsWith('createSession'))).toHaveLength(1), {
    timeout: 30_000,
  })
  await system.context.db.channels.updateOne({ _id: id }, { $inc: { 'lease.generation': 1 } })
  answer()
  await vi.waitFor(() => expect(server.calls.filter((path) => path.endsWith('deleteSession'))).toHaveLength(1), {
    timeout: 30_000,
  })
  expect(await withSecrets(id)).toMatchObject({
    status: 'connecting',
    did: null,
    secrets: { password: expect.any(String) as string },
  })
})

/** A channel of the account, and then a second one by another handle. */
async function connectTwice() {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const older = await user.connect(account.handle, appPassword)
  await system.settled(user, older.id)
  const renamed = await handleChange(account)
  return { older, connectAgain: () => user.connect(renamed.handle, appPassword) }
}

test('a channel that was merged into an older one of the same account keeps no secret, and open pages hear of it', async () => {
  await start()
  const { older, connectAgain } = await connectTwice()
  await using stream = await openStream(system.url, user.token)
  const { id } = await connectAgain()
  expect(await stream.next('removed')).toEqual({ id, mergedInto: older.id })
  await vi.waitFor(async () => expect((await withSecrets(id))?.mergedInto?.toHexString()).toBe(older.id), {
    timeout: 30_000,
  })
  expect((await withSecrets(id))?.secrets).toBeUndefined()
  expect(await system.until(user, older.id, ({ status }) => status === 'connected')).toMatchObject({ id: older.id })
})

test('the groups of both are those of the channel that stays, as many as one may have', async () => {
  await start()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const older = await user.connect(account.handle, appPassword)
  await system.settled(user, older.id)
  const renamed = await handleChange(account)
  const newer = await user.connect(renamed.handle, 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, newer.id)
  const put = (id: string, ...add: string[]) =>
    user.request('POST', '/api/channels/groups', { body: { ids: [id], add, remove: [] } })
  await put(older.id, ...Array.from({ length: 8 }, (_, index) => `Client ${index}`), 'Food')
  await put(newer.id, 'food', 'Berlin', 'Fashion')
  await user.request('POST', `/api/channels/${newer.id}/reconnect`, { body: { appPassword } })
  const stays = await system.until(user, older.id, ({ status, groups }) => status === 'connected' && groups.length > 9)
  expect(stays.groups).toEqual(['Berlin', ...Array.from({ length: 8 }, (_, index) => `Client ${index}`), 'Food'])
})

test('a session is not ended where the answer of the write that keeps it is lost: the channel connects with it', async () => {
  const server = await scripted()
  await start({ BLUESKY_SERVICE_URL: server.origin, SWEEP_INTERVAL_SECONDS: '1' })
  const { collection } = system.context.db.channels
  const write = collection.findOneAndUpdate.bind(collection)
  let lost = 0
  vi.spyOn(collection, 'findOneAndUpdate').mockImplementation(async (...given: Parameters<typeof write>) => {
    const written = await write(...given)
    if (JSON.stringify(given[1]).includes('"verifying"') && lost++ === 0) throw new Error('connection closed')
    return written
  })
  const { id } = await user.connect('scripted.test', PASSWORD)
  expect(await system.until(user, id, ({ status }) => status === 'connected')).toMatchObject({ id })
  expect(lost).toBeGreaterThan(0)
  expect([server.times('createSession'), server.times('deleteSession')]).toEqual([1, 0])
})

test('a merge that fails ends the session that it could not keep', async () => {
  const server = await scripted()
  await start({ BLUESKY_SERVICE_URL: server.origin, SWEEP_INTERVAL_SECONDS: '300' })
  const older = await user.connect('scripted.test', PASSWORD)
  await system.settled(user, older.id)
  const { seal, db } = system.context
  // The older one goes in the moment between.
  if (!system.workers) throw new Error('there are no workers')
  vi.spyOn(system.workers.context, 'seal').mockImplementation(async (purpose, channelId, text) => {
    if (purpose === 'session' && channelId === older.id)
      await db.channels.updateOne({ _id: older.id }, { $unset: { live: 1 } })
    return seal(purpose, channelId, text)
  })
  const newer = await user.connect('other-name.test', PASSWORD)
  await vi.waitFor(() => expect(server.times('deleteSession')).toBe(1), { timeout: 30_000 })
  expect(await withSecrets(newer.id)).toMatchObject({
    status: 'connecting',
    secrets: { password: expect.any(String) as string },
  })
})
