// The event stream: every change of one's own channels, nobody else's, and the whole state on connecting.
import { get, type IncomingMessage } from 'node:http'
import express from 'express'
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { channelEventRoutes } from '../../src/api/channel-events.ts'
import type { ApiContext } from '../../src/app.ts'
import type { Channel } from '../../src/contract.ts'
import { announce, openChanges } from '../../src/events.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { openStream } from '../helpers/event-stream.ts'
import { startServer } from '../helpers/odd-servers.ts'
import { createSystem, PASSWORD, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System

beforeAll(async () => {
  system = await createSystem()
})
afterAll(() => system.stop())

test('shows a connect move through its states, in order', async () => {
  const user = await system.user()
  await using stream = await openStream(system.url, user.token)
  expect(await stream.next('snapshot')).toEqual({ channels: [] })
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  const statuses = new Set<string>()
  for (;;) {
    const channel = (await stream.next('channel')) as Channel
    expect(channel.id).toBe(id)
    statuses.add(channel.status)
    if (channel.status === 'connected') break
  }
  expect([...statuses]).toEqual(['connecting', 'verifying', 'connected'])
})

test('gives whoever connects later the current state', async () => {
  const user = await system.user()
  const { id } = await user.connect('late.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  await using stream = await openStream(system.url, user.token)
  expect(await stream.next('snapshot')).toMatchObject({ channels: [{ id, status: 'action_required' }] })
})

test('tells nothing of other people', async () => {
  const [one, two] = [await system.user(), await system.user()]
  await using stream = await openStream(system.url, one.token)
  await stream.next('snapshot')
  const theirs = await two.connect('theirs.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(two, theirs.id)
  const mine = await one.connect('mine.test', 'aaaa-bbbb-cccc-dddd')
  expect(await stream.next('channel')).toMatchObject({ id: mine.id })
})

test('tells that a channel was removed', async () => {
  const user = await system.user()
  const { id } = await user.connect('removed.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  await user.request('DELETE', `/api/channels/${id}`)
  expect(await stream.next('removed')).toEqual({ id, mergedInto: null })
})

test('a page that goes before its stream has begun is not listened for', async () => {
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  const user = { id: 'somebody', email: 'somebody@example.com', role: 'user' }
  const getSession = async () => {
    page.destroy()
    await gone
    return { user }
  }
  const auth = { api: { getSession } } as unknown as ApiContext['auth']
  const changes = openChanges(system.context)
  await changes.opened
  const route = channelEventRoutes({ ...system.context, auth, changes }).stack[0]?.route?.stack[0]
  const { promise: handled, resolve: handle } = Promise.withResolvers<unknown>()
  const server = await startServer(
    express().use((request, response, next) => {
      response.on('close', go)
      handle(route?.handle(request, response, next))
    }),
  )
  const page = get(server.origin)
  page.on('error', () => {})
  await handled
  expect(changes.count(user.id)).toBe(0)
  changes.close()
  await server.close()
})

/** Calls run out at once when the stream ends; a channel's change must not come any more. */
const ends = async (stream: Awaited<ReturnType<typeof openStream>>) =>
  expect(stream.next('channel')).rejects.toThrow('the stream ended')

test('ends at once when its user signs out, though no channel changes', async () => {
  const user = await system.user()
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  await user.request('POST', '/api/auth/sign-out', { body: {} })
  await ends(stream)
})

test('ends at once when its user is locked out', async () => {
  const [user, admin] = [await system.user(), await system.admin()]
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  await admin.request('POST', '/api/auth/admin/ban-user', { body: { userId: user.id } })
  await ends(stream)
})

test('goes on when another session of its user ends', async () => {
  const user = await system.user()
  const other = await system.anyone.request<unknown>('POST', '/api/auth/sign-in/email', {
    body: { email: user.email, password: PASSWORD },
  })
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  await system.anyone.request('POST', '/api/auth/sign-out', {
    body: {},
    headers: { authorization: `Bearer ${other.headers.get('set-auth-token')}` },
  })
  const { id } = await user.connect('goes-on.test', 'aaaa-bbbb-cccc-dddd')
  expect(await stream.next('channel')).toMatchObject({ id })
})

test('ends within half a minute when its session is over without anybody telling', async () => {
  const intervals: { call: () => void; ms: number | undefined }[] = []
  const timers = vi.spyOn(globalThis, 'setInterval').mockImplementation((call, ms) => {
    intervals.push({ call, ms })
    return setTimeout(() => {}, 0)
  })
  onTestFinished(() => timers.mockRestore())
  const user = await system.user()
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  await system.context.db.connection.collection('session').deleteMany({ userId: new Types.ObjectId(user.id) })
  for (const { call, ms } of intervals) if (ms === 30_000) call()
  await ends(stream)
})

test('a user has at most 20, however many are asked for at once', async () => {
  const user = await system.user()
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const headers = { authorization: `Bearer ${user.token}` }
  const asked = await Promise.all(
    Array.from({ length: 40 }, () => fetch(`${system.url}/api/channels/events`, { headers, signal: stop.signal })),
  )
  const statuses = asked.map(({ status }) => status).toSorted((a, b) => a - b)
  expect(statuses).toEqual([...Array<number>(20).fill(200), ...Array<number>(20).fill(429)])
})

test('one that nobody reads is closed when more than 1 MB waits for it', async () => {
  const user = await system.user()
  const { id } = await user.connect('unread.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  // As long as no server lets a name be, so that the wire is full soon.
  await system.context.db.channels.updateOne({ _id: id }, { $set: { displayName: 'x'.repeat(200_000) } })
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  const headers = { authorization: `Bearer ${user.token}` }
  const page = get(`${system.url}/api/channels/events`, { headers, agent: false })
  const response = await new Promise<IncomingMessage>((resolve) => page.once('response', resolve))
  response.pause()
  response.on('error', () => {})
  const warned = () => system.log.records().some(({ msg }) => msg === 'event stream closed that nobody reads')
  const timer = setInterval(() => {
    if (warned()) close()
    else for (let at = 0; at < 5; at++) void announce(system.context, { userId: user.id, channelId: id })
  }, 20)
  await closed
  clearInterval(timer)
  // What was on the wire is still there to read, and behind it is the end.
  response.resume()
  await new Promise((resolve) => response.once('close', resolve))
  await using stream = await openStream(system.url, user.token)
  expect(await stream.next('snapshot')).toMatchObject({ channels: [{ id }] })
})

test('is for people who are signed in', async () => {
  expect((await system.anyone.request('GET', '/api/channels/events')).status).toBe(401)
})
