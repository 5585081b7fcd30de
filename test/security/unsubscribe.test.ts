// The links that switch mails off: without a session, for nobody who has none, and for nothing else.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listMarked, removeSome } from '../../src/db/removed-users.ts'
import { findSubscription, openSubscription } from '../../src/db/subscriptions.ts'
import { unsubscribeUrl } from '../../src/unsubscribe.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

let system: System
let user: Client
let key: string

beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())
beforeEach(async () => {
  user = await system.user()
  key = (await openSubscription(system.context.db, user.id)).key
})

const linkOf = (topic: 'channels' | 'incidents', parts: { userId?: string; key?: string } = {}) =>
  unsubscribeUrl(system.context.config, { userId: user.id, key, topic, ...parts })
const off = async (id = user.id) => (await findSubscription(system.context.db, id))?.off ?? []

/** As Gmail does it: a form, with no cookie and no Origin. */
const oneClick = (url: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })

test('one click in a mail program switches that kind off, and a second changes nothing', async () => {
  for (let times = 0; times < 2; times++) {
    const response = await oneClick(linkOf('channels'))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ off: 'channels' })
    expect(await off()).toEqual(['channels'])
  }
  expect((await user.request('GET', '/api/subscriptions')).body).toEqual({ channels: false, incidents: null })
})

test('a form in parts does it too', async () => {
  const body = new FormData()
  body.set('List-Unsubscribe', 'One-Click')
  expect((await fetch(linkOf('channels'), { method: 'POST', body })).status).toBe(200)
  expect(await off()).toEqual(['channels'])
})

test('following the link switches nothing off: it leads to a page that asks', async () => {
  const response = await fetch(linkOf('channels'), { redirect: 'manual' })
  expect(response.status).toBe(303)
  expect(response.headers.get('location')).toBe(`/unsubscribe#channels.${user.id}.${key}`)
  expect(await off()).toEqual([])
})

test('a key is good for its own user alone', async () => {
  const other = await system.user()
  await openSubscription(system.context.db, other.id)
  const response = await oneClick(linkOf('channels', { userId: other.id }))
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({ code: 'link_invalid', detail: expect.stringContaining('/app/account') })
  expect(await off(other.id)).toEqual([])
})

test.for([
  ['another key', (url: string) => url.replace(/.{32}$/, 'a'.repeat(32))],
  ['no key', (url: string) => url.replace(/\.[^.]*$/, '.')],
  ['a key of another shape', (url: string) => `${url}x`],
  ['another kind', (url: string) => url.replace('channels', 'passwords')],
  ['an operator of the database', (url: string) => url.replace(/\.[^./]*$/, '.{"$ne":""}')],
  ['nothing that can be read', (url: string) => url.replace(/unsubscribe\/.*/, 'unsubscribe/%E0%A4%A')],
] as const)('%s switches nothing off', async ([, change]) => {
  const response = await oneClick(change(linkOf('channels')))
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(response.status).toBeLessThan(500)
  expect(await off()).toEqual([])
})

test('a key opens nothing else, and is as hard to guess as a password cannot be', async () => {
  expect(Buffer.from(key, 'base64url')).toHaveLength(24)
  const response = await fetch(`${system.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })
  expect(response.status).toBe(401)
})

test('the link stands in no line of the log', async () => {
  await oneClick(linkOf('channels'))
  await oneClick(linkOf('channels', { key: 'b'.repeat(32) }))
  const log = JSON.stringify(system.log.records())
  expect(log).toContain('/api/unsubscribe/…')
  expect(log).not.toContain(key)
  expect(log).not.toContain('b'.repeat(32))
})

test('a user who is gone leaves no subscription, and the link is not valid any more', async () => {
  const url = linkOf('channels')
  const { status } = await user.request('POST', '/api/auth/delete-user', { body: { password: PASSWORD } })
  expect(status).toBe(200)
  const marked = (await listMarked(system.context.db, new Date(), 10)).find(({ _id }) => _id === user.id)
  if (!marked) throw new Error('nobody is marked')
  await removeSome(system.context.db, marked, new Date(), 10)
  expect((await oneClick(url)).status).toBe(422)
  expect(await findSubscription(system.context.db, user.id)).toBeNull()
})

test('a switch is one’s own: it takes true and false, and leaves alone what is not said', async () => {
  const admin = await system.admin()
  expect((await admin.request('GET', '/api/subscriptions')).body).toEqual({ channels: true, incidents: true })
  const put = (client: Client, body: unknown) => client.request('PUT', '/api/subscriptions', { body })
  expect((await put(admin, { incidents: false })).body).toEqual({ channels: true, incidents: false })
  expect((await put(admin, { channels: false })).body).toEqual({ channels: false, incidents: false })
  expect((await put(admin, { channels: true, incidents: true })).body).toEqual({ channels: true, incidents: true })
  expect((await user.request('GET', '/api/subscriptions')).body).toEqual({ channels: true, incidents: null })
  expect(await put(user, { channels: 'no' })).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
  expect(await put(user, { userId: admin.id })).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
})
