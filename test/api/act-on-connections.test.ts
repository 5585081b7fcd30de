// An admin acts on several connections at once: each is answered for, and each that is done stands in the audit list.
import { Types } from 'mongoose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ActResults, ConnectionPage, type AuditPage, type Problem } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { minutesAgo, storeChannels, storedChannel } from '../helpers/stored-channels.ts'

const PATH = '/api/admin/connections'
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
beforeEach(async () => {
  await system.context.db.channels.deleteMany({})
  await system.context.db.audit.deleteMany({})
})

const store = (...channels: ChannelDoc[]) => storeChannels(system.context, channels)
const act = async (what: string, ids: string[]) => {
  const { status, body } = await admin.request('POST', `${PATH}/act`, { body: { act: what, ids } })
  expect(status).toBe(200)
  return ActResults.parse(body).results
}
const stored = (id: string) => system.context.db.channels.findById(id).orFail().lean<ChannelDoc>()
const noted = async () =>
  (await admin.request<AuditPage>('GET', '/api/admin/audit')).body.entries
    .map(({ action, actor, whom, connection }) => [action, actor, whom, connection])
    .toReversed()
const list = async (query: string) => ConnectionPage.parse((await admin.request('GET', `${PATH}?${query}`)).body)

const nobody = '0'.repeat(24)
const gone = { code: 'channel_not_found', detail: 'There is no such channel.' }

test('those that still can run again; of the others each is told why not, or left alone', async () => {
  const at = { userId: user.id }
  const [can, cannot, busy] = await store(
    storedChannel('pds_error', minutesAgo(3), { ...at, handle: 'can.test', secrets: { password: 'sealed' } }),
    storedChannel('bad_credentials', minutesAgo(2), { ...at, handle: 'cannot.test' }),
    storedChannel('connected', minutesAgo(1), { ...at, status: 'connecting', outcome: null }),
  )
  expect(await act('retry', [can ?? '', cannot ?? '', busy ?? '', nobody, can ?? ''])).toEqual([
    { id: can, done: true, problem: null },
    { id: cannot, done: false, problem: expect.objectContaining({ code: 'channel_not_connected' }) },
    { id: busy, done: false, problem: null },
    { id: nobody, done: false, problem: gone },
  ])
  expect(await stored(can ?? '')).toMatchObject({ status: 'connecting', lease: { generation: 2 } })
  expect(await stored(cannot ?? '')).toMatchObject({ status: 'action_required', lease: { generation: 1 } })
  expect(await noted()).toEqual([['connection_retried', admin.email, user.email, 'can.test']])
})

test('what is removed is gone from the list as if its owner had removed it, and a second time it is not there', async () => {
  const channels = ['one.test', 'two.test'].map((handle) =>
    storedChannel('connected', minutesAgo(1), { userId: user.id, handle, secrets: { session: 'sealed' } }),
  )
  const ids = await store(...channels, storedChannel('connected', minutesAgo(1)))
  const chosen = ids.slice(0, 2)
  expect(await act('remove', chosen)).toEqual(chosen.map((id) => ({ id, done: true, problem: null })))
  expect((await list('')).connections.map(({ id }) => id)).toEqual(ids.slice(2))
  expect(await stored(chosen[0] ?? '')).toMatchObject({ step: 'disconnect', removal: { by: 'admin' } })
  expect(await act('remove', chosen)).toEqual(chosen.map((id) => ({ id, done: false, problem: gone })))
  const entry = (name: string) => ['connection_disconnected', admin.email, user.email, name]
  expect(await noted()).toEqual([entry('one.test'), entry('two.test')])
})

test('a mark says who has seen it, once, until its status changes', async () => {
  const [id = '', other] = await store(
    storedChannel('bad_credentials', minutesAgo(5), { userId: user.id, handle: 'seen.test' }),
    storedChannel('bad_credentials', minutesAgo(6)),
  )
  expect(await act('see', [id])).toEqual([{ id, done: true, problem: null }])
  const [shown] = (await list('')).connections
  expect(shown).toMatchObject({ id, seen: { by: admin.email } })
  expect((await list('unseen=true')).connections.map((each) => each.id)).toEqual([other])
  expect(await act('see', [id])).toEqual([{ id, done: false, problem: null }])
  expect(await noted()).toEqual([['connection_seen', admin.email, user.email, 'seen.test']])

  await system.context.db.channels.updateOne({ _id: id }, { since: new Date(Date.now() + 1_000) })
  expect((await list('unseen=true')).connections.map((each) => [each.id, each.seen])).toContainEqual([id, null])
})

test('a mark is taken off again, once, and whoever did it stands in the audit list', async () => {
  const [id = '', other = ''] = await store(
    storedChannel('bad_credentials', minutesAgo(5), { userId: user.id, handle: 'seen.test' }),
    storedChannel('bad_credentials', minutesAgo(6)),
  )
  await act('see', [id])
  expect(await act('unsee', [id, other])).toEqual([
    { id, done: true, problem: null },
    { id: other, done: false, problem: null },
  ])
  expect((await list('unseen=true')).connections.map((each) => [each.id, each.seen])).toEqual([
    [id, null],
    [other, null],
  ])
  expect(await act('unsee', [id])).toEqual([{ id, done: false, problem: null }])
  expect((await noted()).at(-1)).toEqual(['connection_unseen', admin.email, user.email, 'seen.test'])
  expect(await noted()).toHaveLength(2)
})

test('a mark holds where the clock that wrote the status is ahead', async () => {
  const [id = ''] = await store(storedChannel('bad_credentials', minutesAgo(-10)))
  expect(await act('see', [id])).toEqual([{ id, done: true, problem: null }])
  expect((await list('unseen=true')).connections).toEqual([])
})

test.for<[string, object, string]>([
  ['another act', { act: 'praise', ids: [nobody] }, 'act'],
  ['no ids', { act: 'see', ids: [] }, 'ids'],
  ['more than 100', { act: 'see', ids: Array.from({ length: 101 }, () => new Types.ObjectId().toHexString()) }, 'ids'],
  ['a word of its own', { act: 'see', ids: [nobody], all: true }, 'all'],
])('%s is refused at its field', async ([, body, field]) => {
  const answer = await admin.request<Problem>('POST', `${PATH}/act`, { body })
  expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([422, field])
})

test('others than administrators do nothing', async () => {
  const [id] = await store(storedChannel('connected', minutesAgo(1), { userId: user.id }))
  for (const what of ['retry', 'remove', 'see', 'unsee']) {
    const body = { act: what, ids: [id] }
    expect((await user.request('POST', `${PATH}/act`, { body })).status).toBe(403)
    expect((await system.anyone.request('POST', `${PATH}/act`, { body })).status).toBe(401)
  }
  expect(await stored(id ?? '')).toMatchObject({ live: true, revision: 0 })
})
