// What a removal does at the server (the session ends, the app password goes where its owner chose it), and how its owner hears of the end.
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { AppPasswords, Removal, RemovalList } from '../../src/contract.ts'
import { xrpc } from '../../services/demo/accounts.ts'
import { openStream } from '../helpers/event-stream.ts'
import { refreshed, sessionOf } from '../helpers/kept-sessions.ts'
import { nobodyListening, startAnsweringServer, startSilentServer } from '../helpers/odd-servers.ts'
import { createAccount, revokeAppPasswords, type Account } from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const LONG = { timeout: 45_000, interval: 100 }
const HOUR_MS = 3600_000
let system: System
let user: Client
let account: Account
const undo: (() => unknown)[] = []

beforeEach(async () => {
  undo.length = 0
  system = await createSystem({ env: { REQUEST_TIMEOUT_SECONDS: '5' } })
  user = await system.user()
  account = await createAccount(pds)
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const step of undo) await step()
  await system.stop()
})

const makeAppPassword = (name: string, privileged = false) =>
  xrpc<{ password: string }>(account.pdsUrl, 'com.atproto.server.createAppPassword', {
    authorization: `Bearer ${account.accessJwt}`,
    body: { name, privileged },
  }).then(({ password }) => password)

/** Does the server still sign in with it? */
async function signsIn(password: string): Promise<boolean> {
  const response = await fetch(`${pds.pdsUrl}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: account.did, password }),
  })
  return response.status === 200
}

async function connect(appPassword: string) {
  const { id } = await user.connect(account.handle, appPassword)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  return { id, session: await sessionOf(system, id) }
}

const path = (id: string) => `/api/channels/${id}/app-passwords`
/** Asks for the list, and waits for what the server says. */
async function list(id: string): Promise<AppPasswords> {
  expect((await user.request('POST', path(id), { body: {} })).status).toBe(202)
  return vi.waitFor(async () => {
    const { body } = await user.request<AppPasswords>('GET', path(id))
    expect(body.state).not.toBe('asking')
    return body
  }, LONG)
}
const idOf = ({ appPasswords }: AppPasswords, name: string) => appPasswords.find((one) => one.name === name)?.id ?? ''

const remove = (id: string, appPassword?: string) =>
  user.request('DELETE', `/api/channels/${id}${appPassword === undefined ? '' : `?appPassword=${appPassword}`}`)

const removals = async (client = user) => (await client.request<RemovalList>('GET', '/api/removals')).body.removals
/** How the removal ended. */
const ended = (id: string): Promise<Removal> =>
  vi.waitFor(async () => {
    const one = (await removals()).find((removal) => removal.id === id)
    expect(one?.session).not.toBe('ending')
    if (!one) throw new Error('nothing is told of it')
    return one
  }, LONG)

/** A channel whose session is said to be of that server. */
async function storeAt(serviceUrl: string): Promise<string> {
  const channel = storedChannel('connected', new Date(), { userId: user.id, serviceUrl })
  const id = channel._id.toHexString()
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const refreshJwt = [part({ alg: 'none' }), part({ exp: Date.UTC(2031, 4, 3) / 1000 }), 'unsigned'].join('.')
  const session = JSON.stringify({ accessJwt: 'access', refreshJwt, did: channel.did, serviceUrl })
  await system.context.db.channels.create({
    ...channel,
    secrets: { session: await system.context.seal('session', id, session) },
  })
  return id
}
const CHOSEN = { name: 'ours', createdAt: '2026-05-03T10:00:00.000Z' }
/** As if its owner had chosen an app password of it. */
const choose = (id: string) =>
  system.context.db.channels.updateOne({ _id: id }, { 'removal.appPassword': CHOSEN }).then(() => {})

test('the app password that was chosen is gone at the server, with every session of it; the others stay', async () => {
  const ours = await makeAppPassword('ours')
  const others = await makeAppPassword('another app', true)
  const { id, session } = await connect(ours)
  const known = await list(id)
  expect(known).toMatchObject({ state: 'listed' })
  expect(known.appPasswords).toHaveLength(2)
  expect(known.appPasswords).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'another app', readsMessages: true }),
      expect.objectContaining({ name: 'ours', readsMessages: false }),
    ]),
  )
  await using stream = await openStream(system.url, user.token)
  expect((await remove(id, idOf(known, 'ours'))).status).toBe(204)
  expect((await user.request('GET', `/api/channels/${id}`)).status).toBe(404)
  const told = {
    id,
    name: account.handle,
    server: pds.pdsUrl,
    by: 'owner',
    session: 'ended',
    appPassword: { name: 'ours', state: 'deleted' },
  }
  expect(await stream.next('removal')).toMatchObject(told)
  expect(await removals()).toEqual([expect.objectContaining(told)])
  expect(await refreshed(pds.pdsUrl, session)).toBe(400)
  expect(await signsIn(ours)).toBe(false)
  expect(await signsIn(others)).toBe(true)
  expect(await system.context.db.channels.countDocuments({ _id: id })).toBe(0)
})

test('without a choice the session ends and every app password stays, also where there is one alone', async () => {
  const ours = await makeAppPassword('ours')
  const { id } = await connect(ours)
  expect((await list(id)).appPasswords).toHaveLength(1)
  const session = await sessionOf(system, id)
  expect((await remove(id)).status).toBe(204)
  expect(await ended(id)).toMatchObject({ session: 'ended', sessionEndsAt: null, appPassword: null })
  expect(await refreshed(pds.pdsUrl, session)).toBe(400)
  expect(await signsIn(ours)).toBe(true)
})

test('what the server did not name cannot be deleted, and the channel stays', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  for (const [asked, chosen] of [
    [false, 'x'],
    [true, 'x'],
    [true, ''],
    [true, 'ours'],
  ] as const) {
    if (asked) await list(id)
    expect(await remove(id, chosen)).toMatchObject({ status: 409, body: { code: 'app_password_unknown' } })
  }
  expect((await user.request('GET', `/api/channels/${id}`)).status).toBe(200)
  const other = await system.user()
  for (const method of ['GET', 'POST']) expect((await other.request(method, path(id))).status).toBe(404)
})

test('an app password of the same name that was made since is not the one that was chosen', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  const chosen = idOf(await list(id), 'ours')
  await system.stopWorkers()
  expect((await remove(id, chosen)).status).toBe(204)
  await revokeAppPasswords(account)
  const newer = await makeAppPassword('ours')
  await system.startWorkers()
  expect(await ended(id)).toMatchObject({ session: 'ended', appPassword: { name: 'ours', state: 'deleted' } })
  expect(await signsIn(newer)).toBe(true)
})

test('a session whose app password was deleted lists nothing: what is left is not taken for it', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  await revokeAppPasswords(account)
  await makeAppPassword('another app')
  expect(await list(id)).toEqual({ state: 'session_over', appPasswords: [] })
})

test('a session that has to be renewed to delete the app password leaves nothing open', async () => {
  const ours = await makeAppPassword('ours')
  const { id, session } = await connect(ours)
  const chosen = idOf(await list(id), 'ours')
  await system.stopWorkers()
  const { db, seal } = system.context
  // As after hours in which the server was away.
  const { refreshJwt, did, serviceUrl } = await sessionOf(system, id)
  const stale = JSON.stringify({ accessJwt: 'over', refreshJwt, did, serviceUrl })
  await db.channels.updateOne({ _id: id }, { 'secrets.session': await seal('session', id, stale) })
  expect((await remove(id, chosen)).status).toBe(204)
  await system.startWorkers()
  expect(await ended(id)).toMatchObject({ session: 'ended', appPassword: { state: 'deleted' } })
  expect(await signsIn(ours)).toBe(false)
  expect(await refreshed(pds.pdsUrl, session)).toBe(400)
})

test('a server that does not let us list or delete them says so before, and the removal says what is left', async () => {
  const server = await startScriptedServer()
  undo.push(() => server.close())
  const serviceUrl = { 'bluesky_service-url': server.origin }
  const saved = await (await system.admin()).request('PUT', '/api/admin/api-integration/bluesky', { body: serviceUrl })
  expect(saved.status).toBe(200)
  const { id } = await user.connect('scripted.test', 'aaaa-bbbb-cccc-dddd')
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  expect(await list(id)).toEqual({ state: 'refused', appPasswords: [] })
  await system.stopWorkers()
  expect((await remove(id)).status).toBe(204)
  await choose(id)
  await system.startWorkers()
  expect(await ended(id)).toMatchObject({ session: 'ended', appPassword: { name: 'ours', state: 'left' } })
})

test('a worker that died after the app password was deleted does not leave it in doubt', async () => {
  const calls: string[] = []
  let up = false
  const server = await startAnsweringServer((asked) => {
    const method = asked.replace(/^\/xrpc\/com\.atproto\.server\./, '')
    calls.push(method)
    if (method === 'listAppPasswords') return { status: 200, json: { passwords: [CHOSEN] } }
    if (method === 'revokeAppPassword') return { status: 200, json: {} }
    // No token is taken any more, as of Tranquil; at first not even that is said.
    return up ? { status: 401, json: { error: 'AuthenticationFailed', message: '' } } : { status: 503, json: {} }
  })
  undo.push(server.close)
  await system.stopWorkers()
  const id = await storeAt(server.origin)
  expect((await remove(id)).status).toBe(204)
  await choose(id)
  await system.startWorkers()
  const stored = () => system.context.db.channels.findById(id).lean()
  await vi.waitFor(async () => expect(await stored()).toMatchObject({ lease: { failures: 1 } }), LONG)
  expect(await removals()).toMatchObject([{ id, session: 'ending', appPassword: { state: 'deleting' } }])
  up = true
  await system.context.db.channels.updateOne({ _id: id }, { 'lease.sweepAt': new Date() })
  expect(await ended(id)).toMatchObject({ session: 'ended', appPassword: { state: 'deleted' } })
  expect(calls.filter((method) => method === 'revokeAppPassword')).toHaveLength(1)
})

test('a server that keeps silent: the card is gone at once, and a day later its owner reads when the session ends', async () => {
  const silent = await startSilentServer()
  undo.push(silent.close)
  const id = await storeAt(silent.origin)
  await system.stopWorkers()
  expect((await remove(id)).status).toBe(204)
  expect((await user.request<{ channels: object[] }>('GET', '/api/channels')).body.channels).toEqual([])
  await choose(id)
  expect(await removals()).toMatchObject([{ id, server: silent.origin, session: 'ending' }])
  // Nothing of one that is under way can be put away.
  expect((await user.request('DELETE', `/api/removals/${id}`)).status).toBe(404)
  await system.context.db.channels.updateOne(
    { _id: id },
    { submittedAt: new Date(Date.now() - 25 * HOUR_MS), 'lease.sweepAt': new Date() },
  )
  await system.startWorkers()
  expect(await ended(id)).toMatchObject({
    session: 'unanswered',
    sessionEndsAt: '2031-05-03T00:00:00.000Z',
    appPassword: { name: 'ours', state: 'left' },
  })
})

test('a server that lets nobody end a session: its owner reads when it ends by itself', async () => {
  const server = await startScriptedServer({ kind: 'arroba' })
  undo.push(() => server.close())
  const id = await storeAt(server.origin)
  expect((await remove(id)).status).toBe(204)
  expect(await ended(id)).toMatchObject({ session: 'refused', sessionEndsAt: '2031-05-03T00:00:00.000Z' })
})

test('a server that is down tells no list, and nobody waits for it long', async () => {
  const id = await storeAt(await nobodyListening())
  expect(await list(id)).toEqual({ state: 'unanswered', appPasswords: [] })
})

test('a channel that never was connected is removed without a word of a session', async () => {
  const { id } = await user.connect(account.handle, 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  expect(await user.request('POST', path(id), { body: {} })).toMatchObject({
    status: 409,
    body: { code: 'channel_not_connected' },
  })
  expect((await remove(id)).status).toBe(204)
  await vi.waitFor(async () => expect(await system.context.db.channels.countDocuments()).toBe(0), LONG)
  expect(await removals()).toEqual([])
})

test('how it ended stays until it is put away, by its owner alone', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  await remove(id)
  await ended(id)
  const other = await system.user()
  expect(await removals(other)).toEqual([])
  expect(await other.request('DELETE', `/api/removals/${id}`)).toMatchObject({
    status: 404,
    body: { code: 'removal_not_found' },
  })
  expect((await user.request('DELETE', `/api/removals/${id}`)).status).toBe(204)
  expect(await removals()).toEqual([])
  expect((await user.request('DELETE', `/api/removals/${id}`)).status).toBe(404)
})

test('where an admin removes a channel, its owner reads who did it and how it ended', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  const admin = await system.admin()
  expect((await admin.request('DELETE', `/api/admin/connections/${id}`)).status).toBe(204)
  expect(await ended(id)).toMatchObject({ by: 'admin', session: 'ended' })
})

test('of a user who deletes the account no word of a removal stays, nor comes after', async () => {
  const { id } = await connect(await makeAppPassword('ours'))
  await remove(id)
  await ended(id)
  const silent = await startSilentServer()
  undo.push(silent.close)
  const underWay = await storeAt(silent.origin)
  await remove(underWay)
  const { db } = system.context
  const deleted = await user.request('POST', '/api/auth/delete-user', { body: { password: 'correct horse battery' } })
  expect(deleted.status).toBe(200)
  await vi.waitFor(async () => expect(await db.removals.countDocuments()).toBe(0), LONG)
  await vi.waitFor(async () => expect((await db.channels.findById(underWay).lean())?.removal).toBeUndefined(), LONG)
})

test('the list has its index, and the database forgets what nobody reads', async () => {
  const indexes = await system.context.db.removals.collection.indexes()
  expect(indexes).toContainEqual(expect.objectContaining({ key: { userId: 1, _id: -1 } }))
  expect(indexes).toContainEqual(expect.objectContaining({ key: { endedAt: 1 }, expireAfterSeconds: 30 * 86_400 }))
})
