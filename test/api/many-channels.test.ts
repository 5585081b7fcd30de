// Many of one's own channels at once: each has an answer of its own, nobody else's can be touched, and labels keep them apart.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Channel, ChannelPage, ManyResults, Problem, RemovalList } from '../../src/contract.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const unknownId = '6b04d55e2c46fd50fd7a9885'
let system: System
beforeAll(async () => {
  system = await createSystem()
})
afterAll(() => system.stop())

const many = (client: Client, what: 'verify' | 'remove' | 'groups', body: object) =>
  client.request<ManyResults & Problem>('POST', `/api/channels/${what}`, { body })
const codesOf = ({ results }: ManyResults) => results.map(({ problem }) => problem?.code ?? null)
const connect = async (client: Client): Promise<Channel> => {
  const account = await createAccount(inject('pds'))
  const { id } = await client.connect(account.handle, await createAppPassword(account))
  return system.settled(client, id)
}
/** Stored channels of a user, that no server knows. */
const store = async (userId: string, count: number): Promise<string[]> => {
  const channels = Array.from({ length: count }, () => storedChannel('bad_credentials', new Date(), { userId }))
  await system.context.db.channels.insertMany(channels)
  return channels.map(({ _id }) => _id.toHexString())
}
const list = async (client: Client, query = '') =>
  (await client.request<ChannelPage>('GET', `/api/channels${query}`)).body.channels

describe('a check of many', () => {
  test('begins what it can, and says of each of the others why not', async () => {
    const [user, other] = await Promise.all([system.user(), system.user()])
    const well = await connect(user)
    const [without = ''] = await store(user.id, 1)
    const [theirs = ''] = await store(other.id, 1)
    const ids = [well.id, without, theirs, unknownId, 'nonsense', well.id]
    const { status, body } = await many(user, 'verify', { ids })
    expect(status).toBe(200)
    expect(body.results.map(({ id }) => id)).toEqual(ids.slice(0, 5))
    expect(codesOf(body)).toEqual([
      null,
      'channel_not_connected',
      'channel_not_found',
      'channel_not_found',
      'channel_not_found',
    ])
    expect(body.results[0]?.channel).toMatchObject({ id: well.id, status: 'verifying' })
    expect(await system.settled(user, well.id)).toMatchObject({ status: 'connected' })
  })

  test('counts each in the quota of checks, and says when the others can be checked', async () => {
    await using narrow = Object.assign(await createSystem({ workers: false, env: { QUOTAS: 'verify@user=2/600' } }), {
      [Symbol.asyncDispose]: () => narrow.stop(),
    })
    const user = await narrow.user()
    const channels = Array.from({ length: 4 }, () => storedChannel('bad_credentials', new Date(), { userId: user.id }))
    await narrow.context.db.channels.insertMany(channels)
    const { body } = await many(user, 'verify', { ids: channels.map(({ _id }) => _id.toHexString()) })
    expect(codesOf(body)).toEqual([
      'channel_not_connected',
      'channel_not_connected',
      'user_quota_used',
      'user_quota_used',
    ])
    expect(body.results[3]?.problem?.retryAfterSeconds).toBeGreaterThan(60)
  })

  test('takes a hundred and no more', async () => {
    const user = await system.user()
    const ids = Array.from({ length: 101 }, (_, index) => index.toString(16).padStart(24, '0'))
    expect(await many(user, 'verify', { ids })).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
    expect(await many(user, 'verify', { ids: [] })).toMatchObject({ status: 422 })
    expect((await many(user, 'verify', { ids: ids.slice(0, 100) })).status).toBe(200)
  })
})

describe('a removal of many', () => {
  test('takes each off the list and ends its session; what is not there is said', async () => {
    const [user, other] = await Promise.all([system.user(), system.user()])
    const well = await connect(user)
    const stored = await store(user.id, 2)
    const [theirs = ''] = await store(other.id, 1)
    const { body } = await many(user, 'remove', { ids: [well.id, ...stored, theirs] })
    expect(codesOf(body)).toEqual([null, null, null, 'channel_not_found'])
    expect(await list(user)).toEqual([])
    expect(await list(other)).toHaveLength(1)
    const sessions = async () =>
      (await user.request<RemovalList>('GET', '/api/removals')).body.removals.map(({ session }) => session)
    await expect.poll(sessions, { timeout: 45_000 }).toEqual(['ended'])
    await user.request('DELETE', '/api/removals')
    expect(await sessions()).toEqual([])
  })
})

describe('groups', () => {
  test('are added to many, taken away, cleaned, and the same however they are written', async () => {
    const user = await system.user()
    const [one = '', two = ''] = await store(user.id, 3)
    const groups = async () => (await list(user)).map((channel) => channel.groups)
    await many(user, 'groups', { ids: [one, two], add: ['  Fashion \n week ', 'Éva'] })
    expect(await groups()).toEqual([[], ['Éva', 'Fashion week'], ['Éva', 'Fashion week']])
    const { body } = await many(user, 'groups', { ids: [one], add: ['FASHION WEEK', 'b\u202ea'], remove: ['éva'] })
    expect(body.results[0]?.channel?.groups).toEqual(['ba', 'Fashion week'])
    await many(user, 'groups', { ids: [one], remove: ['ba', 'fashion week'] })
    expect(await groups()).toEqual([[], ['Éva', 'Fashion week'], []])
    expect(await system.context.db.channels.countDocuments({ _id: one, groups: { $exists: true } })).toBe(0)
  })

  test('are a filter of the list, which pages like the list', async () => {
    const [user, other] = await Promise.all([system.user(), system.user()])
    const ids = await store(user.id, 5)
    const theirs = await store(other.id, 1)
    await many(user, 'groups', { ids: ids.slice(0, 3), add: ['Fashion'] })
    await many(other, 'groups', { ids: theirs, add: ['Fashion'] })
    const labelled = await list(user, '?group=Fashion')
    expect(labelled.map(({ id }) => id)).toEqual(ids.slice(0, 3).toReversed())
    const page = await user.request<ChannelPage>('GET', '/api/channels?group=Fashion&limit=2')
    const next = await list(user, `?group=Fashion&limit=2&cursor=${page.body.nextCursor}`)
    expect([...page.body.channels, ...next].map(({ id }) => id)).toEqual(labelled.map(({ id }) => id))
    expect(await list(user, '?group=Nothing')).toEqual([])
  })

  test('are ten at most of one channel, of 1 to 40 characters', async () => {
    const user = await system.user()
    const [id = ''] = await store(user.id, 1)
    const ten = Array.from({ length: 10 }, (_, index) => `Group ${index}`)
    expect(codesOf((await many(user, 'groups', { ids: [id], add: ten })).body)).toEqual([null])
    expect(codesOf((await many(user, 'groups', { ids: [id], add: ['one more'] })).body)).toEqual(['too_many_groups'])
    for (const add of [[' \u200b '], ['x'.repeat(41)]]) {
      expect(await many(user, 'groups', { ids: [id], add })).toMatchObject({
        status: 422,
        body: { code: 'invalid_input', errors: [{ field: 'add' }] },
      })
    }
    expect((await many(user, 'groups', { ids: [id], add: ['x'.repeat(40)], remove: ten })).status).toBe(200)
  })

  test('of two changes at the same time none is lost', async () => {
    const user = await system.user()
    const [id = ''] = await store(user.id, 1)
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.map((name) => many(user, 'groups', { ids: [id], add: [name] })))
    expect((await list(user))[0]?.groups).toEqual(names)
  })

  test('of others cannot be changed, and stay when a channel connects again', async () => {
    const [user, other] = await Promise.all([system.user(), system.user()])
    const { id, identifier } = await connect(user)
    await many(user, 'groups', { ids: [id], add: ['Fashion'] })
    expect(codesOf((await many(other, 'groups', { ids: [id], remove: ['Fashion'] })).body)).toEqual([
      'channel_not_found',
    ])
    await user.connect(identifier, 'aaaa-bbbb-cccc-dddd')
    expect(await system.settled(user, id)).toMatchObject({ status: 'action_required', groups: ['Fashion'] })
  })
})
