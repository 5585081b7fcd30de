// Users who are removed, who delete their account or who are banned: what becomes of their sessions and channels.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Types } from 'mongoose'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { KeptSession } from '../../src/bluesky/session.ts'
import type { ChannelPage, ConnectionPage, Problem } from '../../src/contract.ts'
import { markGone, markRemoved } from '../../src/db/removed-users.ts'
import { createWalk, sweepOnce } from '../../workers/sweep.ts'
import { openStream } from '../helpers/event-stream.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createAccount, createAppPassword, handleChange, type Account } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'
import { createUnseal } from '../../workers/unseal.ts'

const pds = inject('pds')
const MINUTE_MS = 60_000
const LONG = { timeout: 45_000 }
let system: System
let admin: Client
let user: Client

beforeEach(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
  user = await system.user()
})
afterEach(() => system.stop())

const remove = ({ id }: Client) => admin.request('POST', '/api/auth/admin/remove-user', { body: { userId: id } })
const deleteOwn = (body: object) => user.request<Problem>('POST', '/api/auth/delete-user', { body })
const signIn = (email: string) =>
  system.anyone.request('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD } })
const liveOf = (userId: string) => system.context.db.channels.countDocuments({ userId, live: true })
/** @param later than now, in minutes */
const sweepIn = (later: number) => sweepOnce(system.context, new Date(Date.now() + later * MINUTE_MS))

async function connectTo(account: Account): Promise<string> {
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'connected')
  return id
}

async function sessionOf(channelId: string) {
  const { db, config } = system.context
  const channel = await db.channels.findById(channelId).select('+secrets').lean()
  return KeptSession.parse(
    JSON.parse(await createUnseal(config.unsealingKeys)('session', channelId, channel?.secrets?.session ?? '')),
  )
}
/** What its server says to a session that was kept. */
async function refreshed({ refreshJwt }: { refreshJwt: string }): Promise<number> {
  const headers = { authorization: `Bearer ${refreshJwt}` }
  const response = await fetch(`${pds.pdsUrl}/xrpc/com.atproto.server.refreshSession`, { method: 'POST', headers })
  return response.status
}

/** Names of the collections in which one of the texts stands. */
async function tracesOf(...texts: string[]): Promise<string[]> {
  const collections = await system.context.db.connection.getClient().db().collections()
  const found = collections.map(async (collection) => {
    const stored = JSON.stringify(await collection.find().toArray())
    return texts.some((text) => stored.includes(text)) ? [collection.collectionName] : []
  })
  return (await Promise.all(found)).flat().toSorted()
}

/** Channels without a session: nobody is asked before they are forgotten. */
const storeChannels = (userId: string, count: number) =>
  system.context.db.channels.insertMany(
    Array.from({ length: count }, () => storedChannel('connected', new Date(), { userId })),
  )

test('a removed user leaves no open session at a server and nothing in any collection but the audit list', async () => {
  await system.startWorkers()
  const account = await createAccount(pds)
  const id = await connectTo(account)
  // A second name of the same account leaves a channel that only points to the first.
  const renamed = await handleChange(account)
  const appPassword = await createAppPassword(account)
  const headers = { 'idempotency-key': 'one-key' }
  const body = { identifier: renamed.handle, appPassword }
  const merged = (await user.request<{ id: string }>('POST', '/api/channels/bluesky', { body, headers })).body.id
  await vi.waitFor(
    async () => expect(await system.context.db.channels.findById(merged).lean()).toHaveProperty('mergedInto'),
    LONG,
  )
  await system.until(user, id, ({ status }) => status === 'connected')
  const session = await sessionOf(id)
  await system.context.db.connection.collection('verification').insertMany(
    [user.id, `${user.id} another@example.com`].map((value) => {
      return { identifier: 'x', value, expiresAt: new Date(Date.now() + MINUTE_MS) }
    }),
  )
  await system.context.db.connection
    .collection('twoFactor')
    .insertOne({ userId: new Types.ObjectId(user.id), secret: 'x', backupCodes: 'x' })
  expect(await tracesOf(user.id, id, merged)).toEqual(
    expect.arrayContaining(['account', 'attempts', 'channels', 'idempotency-keys', 'session', 'user', 'verification']),
  )

  expect((await remove(user)).status).toBe(200)
  expect((await user.request('GET', '/api/channels')).status).toBe(401)
  await vi.waitFor(async () => {
    await sweepIn(11)
    expect(await tracesOf(user.id, user.email, id, merged, account.did, account.handle, renamed.handle)).toEqual([
      'audit',
    ])
  }, LONG)
  expect(await refreshed(session)).toBe(400)
  expect((await signIn(user.email)).status).toBe(401)
})

test('whoever deletes their own account is asked for the password, and leaves nothing at all', async () => {
  await system.startWorkers()
  const account = await createAccount(pds)
  const id = await connectTo(account)
  const session = await sessionOf(id)

  for (const body of [{}, { password: '' }, { token: 'x' }]) {
    expect(await deleteOwn(body)).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
  }
  expect(await deleteOwn({ password: { $ne: '' } })).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
  expect(await deleteOwn({ password: 'another password' })).toMatchObject({
    status: 400,
    body: { code: 'wrong_password' },
  })
  expect(await liveOf(user.id)).toBe(1)
  expect(await system.context.db.removedUsers.countDocuments()).toBe(0)

  expect(await deleteOwn({ password: PASSWORD })).toMatchObject({ status: 200, body: { success: true } })
  await vi.waitFor(async () => {
    await sweepIn(11)
    expect(await tracesOf(user.id, user.email, id, account.did, account.handle)).toEqual([])
  }, LONG)
  expect(await refreshed(session)).toBe(400)
  expect((await signIn(user.email)).status).toBe(401)
})

test('a worker killed in the middle of a removal: another one finishes it', { timeout: 180_000 }, async () => {
  await storeChannels(user.id, 700)
  expect((await remove(user)).status).toBe(200)
  const startProcess = () =>
    spawn(process.execPath, [join(import.meta.dirname, '../../workers/main.ts')], {
      env: { PATH: process.env.PATH, ...system.env, SWEEP_INTERVAL_SECONDS: '5' },
      stdio: 'inherit',
    })
  const victim = startProcess()
  await vi.waitFor(async () => expect(await liveOf(user.id)).toBeLessThan(700), { timeout: 60_000, interval: 5 })
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  expect(await liveOf(user.id)).toBeGreaterThan(0)

  await system.startWorkers()
  await vi.waitFor(async () => expect(await system.context.db.channels.countDocuments({ userId: user.id })).toBe(0), {
    timeout: 120_000,
    interval: 200,
  })
})

test('a removal that was cut off right after it began is finished, with sessions, password and user', async () => {
  await storeChannels(user.id, 1)
  await markRemoved(system.context.db, [user.id], 'request', new Date())
  await sweepIn(0)
  expect(await liveOf(user.id)).toBe(0)
  expect((await user.request('GET', '/api/channels')).status).toBe(401)
  expect(await tracesOf(user.email)).toEqual([])
  expect((await signIn(user.email)).status).toBe(401)
})

test('what a request wrote that was under way when its user was removed goes too, and the mark with it', async () => {
  await remove(user)
  await sweepIn(0)
  await storeChannels(user.id, 1)
  await sweepIn(9)
  expect(await liveOf(user.id)).toBe(1)
  await sweepIn(11)
  expect(await liveOf(user.id)).toBe(0)
  expect(await system.context.db.removedUsers.countDocuments()).toBe(0)
})

test('a sweep takes no more than a page of the channels of those who are removed', async () => {
  const another = await system.user()
  await storeChannels(user.id, 600)
  await storeChannels(another.id, 10)
  await Promise.all([remove(user), remove(another)])
  await sweepIn(0)
  expect((await liveOf(user.id)) + (await liveOf(another.id))).toBe(110)
  await sweepIn(0)
  expect((await liveOf(user.id)) + (await liveOf(another.id))).toBe(0)
})

test('channels whose user is gone without a trace are found, those of others are left alone', async () => {
  const { db } = system.context
  const strangers = [new Types.ObjectId().toHexString(), new Types.ObjectId().toHexString(), 'nobody']
  for (const id of strangers) await storeChannels(id, 2)
  await storeChannels(user.id, 2)
  const startedAt = new Date()
  const walk = createWalk(startedAt)
  await walk(system.context, startedAt)
  expect(await db.removedUsers.countDocuments()).toBe(0)
  await walk(system.context, new Date(startedAt.getTime() + 5 * MINUTE_MS))
  await sweepIn(6)
  expect(await Promise.all(strangers.map(liveOf))).toEqual([0, 0, 0])
  expect(await liveOf(user.id)).toBe(2)
})

test('the walk over the owners goes on where its page ended, and begins anew after the last', async () => {
  const { db } = system.context
  const owners = [1, 2, 3].map((n) => String(n).repeat(24))
  for (const owner of owners) await storeChannels(owner, 2)
  const at = new Date()
  expect(await markGone(db, '', at, 3)).toBe(owners[1])
  expect(await markGone(db, owners[1] ?? '', at, 3)).toBeNull()
  expect((await db.removedUsers.find().sort({ _id: 1 }).lean()).map(({ _id }) => _id)).toEqual(owners)
})

test('whatever a removal asks of the database is found by an index', async () => {
  const watched = await createSystem({ workers: false, env: watchedMongo() })
  try {
    const { db } = watched.context
    const owners = Array.from({ length: 500 }, () => new Types.ObjectId().toHexString())
    const stored = owners.flatMap((userId) => [0, 1].map(() => storedChannel('connected', new Date(), { userId })))
    await db.channels.insertMany(stored)
    const sent = await sentWhile(watched, async () => {
      await markGone(db, '', new Date(), 400)
      await sweepOnce(watched.context)
    })
    const ours = ['channels', 'attempts', 'removed-users', 'idempotency-keys', 'verification']
    const asked = sent.flatMap((command) =>
      ['find', 'update', 'delete'].flatMap((kind) => {
        const name = command[kind]
        if (typeof name !== 'string' || !ours.includes(name)) return []
        const [changed] = (command.updates ?? command.deletes ?? []) as { q: object }[]
        return [{ find: name, filter: changed?.q ?? command.filter, ...(command.sort ? { sort: command.sort } : {}) }]
      }),
    )
    expect(asked.length).toBeGreaterThan(10)
    for (const command of asked) {
      const plan = JSON.stringify(await db.connection.db?.command({ explain: command, verbosity: 'queryPlanner' }))
      expect(plan, JSON.stringify(command).slice(0, 300)).not.toContain('COLLSCAN')
    }
  } finally {
    await watched.stop()
  }
})

test('where there is no user at all, as while a backup comes back, nobody counts as gone', async () => {
  const { db } = system.context
  await storeChannels(user.id, 1)
  await db.connection.collection('user').deleteMany({})
  await markGone(db, '', new Date(), 10)
  expect(await db.removedUsers.countDocuments()).toBe(0)
})

test('a banned user is signed out and kept out, and finds their channels again when the ban is lifted', async () => {
  await storeChannels(user.id, 1)
  const act = (name: string) => admin.request('POST', `/api/auth/admin/${name}`, { body: { userId: user.id } })
  expect((await act('ban-user')).status).toBe(200)
  expect((await user.request('GET', '/api/channels')).status).toBe(401)
  expect((await signIn(user.email)).status).toBe(403)
  await sweepIn(11)
  const listed = await admin.request<ConnectionPage>('GET', '/api/admin/connections?status=connected')
  expect(listed.body.connections.map((connection) => connection.user.email)).toEqual([user.email])
  expect((await act('unban-user')).status).toBe(200)
  const { headers } = await signIn(user.email)
  const authorization = `Bearer ${headers.get('set-auth-token')}`
  const { body } = await system.anyone.request<ChannelPage>('GET', '/api/channels', { headers: { authorization } })
  expect(body.channels).toHaveLength(1)
})

test('an admin disconnects a channel: its session ends at the server, and its owner sees it go', async () => {
  await system.startWorkers()
  const id = await connectTo(await createAccount(pds))
  const session = await sessionOf(id)
  const path = `/api/admin/connections/${id}`
  expect(await user.request('DELETE', path)).toMatchObject({ status: 403, body: { code: 'not_for_you' } })
  await using stream = await openStream(system.url, user.token)
  expect((await admin.request('DELETE', path)).status).toBe(204)
  expect(await stream.next('removed')).toEqual({ id, mergedInto: null })
  expect((await user.request<ChannelPage>('GET', '/api/channels')).body.channels).toEqual([])
  await vi.waitFor(async () => expect(await system.context.db.channels.findById(id).lean()).toBeNull(), LONG)
  expect(await refreshed(session)).toBe(400)
  expect(await admin.request('DELETE', path)).toMatchObject({ status: 404, body: { code: 'channel_not_found' } })
})
