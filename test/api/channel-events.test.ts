// The event stream: every change of one's own channels, nobody else's, and the whole state on connecting.
import { once } from 'node:events'
import { get } from 'node:http'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Channel } from '../../src/contract.ts'
import { announce } from '../../src/events.ts'
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

test('pages that go before the stream has begun take no place from later ones', async () => {
  const user = await system.user()
  const goAtOnce = async () => {
    const page = get(`${system.url}/api/channels/events`, { headers: { authorization: `Bearer ${user.token}` } })
    page.on('error', () => {})
    await once(page, 'finish')
    page.destroy()
  }
  // More than one user may have open at once.
  await Promise.all(Array.from({ length: 40 }, goAtOnce))
  await using stream = await openStream(system.url, user.token)
  expect(await stream.next('snapshot')).toEqual({ channels: [] })
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
