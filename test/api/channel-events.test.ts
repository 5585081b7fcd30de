// The event stream: every change of one's own channels, nobody else's, and the whole state on connecting.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { channelEventRoutes } from '../../src/api/channel-events.ts'
import type { ApiContext } from '../../src/app.ts'
import type { Channel } from '../../src/contract.ts'
import { announce, openChanges } from '../../src/events.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { openStream } from '../helpers/event-stream.ts'
import { createSystem, type System } from '../helpers/system.ts'

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
  const changes = await openChanges(system.context)
  const route = channelEventRoutes({ ...system.context, auth, changes }).stack[0]?.route?.stack[0]
  const { promise: handled, resolve: handle } = Promise.withResolvers<unknown>()
  const server = createServer(
    express().use((request, response, next) => {
      response.on('close', go)
      handle(route?.handle(request, response, next))
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const page = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  page.on('error', () => {})
  await handled
  expect(changes.count(user.id)).toBe(0)
  changes.close()
  server.close()
})

test('ends with the session', async () => {
  const user = await system.user()
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')
  const { id } = await user.connect('ends.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  await user.request('POST', '/api/auth/sign-out', { body: {} })
  await announce(system.context, { userId: user.id, channelId: id })
  await expect(stream.next('snapshot')).rejects.toThrow('the stream ended')
})

test('is for people who are signed in', async () => {
  expect((await system.anyone.request('GET', '/api/channels/events')).status).toBe(401)
})
