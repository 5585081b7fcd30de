// Asking the administrator for help with a channel: the mark, who sees it, and that it goes with the state it is about.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Channel, ConnectionPage, ConnectionWithAttempts, Problem, Summary } from '../../src/contract.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

let system: System
let admin: Client
let user: Client
beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())

async function stored(code: OutcomeCode) {
  const channel = storedChannel(code, new Date(), { userId: user.id, requestId: randomUUID() })
  await system.context.db.channels.create(channel)
  return { id: channel._id.toHexString(), channel }
}
const ask = (id: string) => user.request<Channel & Pick<Problem, 'code'>>('POST', `/api/channels/${id}/ask`)
const listed = async (query: string) =>
  (await admin.request<ConnectionPage>('GET', `/api/admin/connections?${query}`)).body.connections.map(({ id }) => id)

test('whoever asks is in the list of those who asked, and in the count, until the channel begins anew', async () => {
  const { id } = await stored('wrong_server')
  const { id: other } = await stored('wrong_server')
  expect(await listed('asked=true')).toEqual([])

  const asked = await ask(id)
  expect(asked).toMatchObject({ status: 200, body: { askedAt: expect.any(String), button: 'ask_admin' } })
  expect(await listed('asked=true')).toEqual([id])
  expect(await listed('')).toContain(other)
  expect((await admin.request<Summary>('GET', '/api/admin/connections/summary')).body.asked).toBe(1)

  const body = { appPassword: 'aaaa-bbbb-cccc-dddd' }
  expect((await user.request('POST', `/api/channels/${id}/reconnect`, { body })).status).toBe(202)
  expect(await listed('asked=true')).toEqual([])
})

test('asking twice, also at once, is asking once', async () => {
  const { id } = await stored('wrong_server')
  const [first, second] = await Promise.all([ask(id), ask(id)])
  const third = await ask(id)
  expect([second.body.askedAt, third.body.askedAt]).toEqual([first.body.askedAt, first.body.askedAt])
  expect(third.body.revision).toBe(1)
})

test('where an administrator cannot help, nobody is asked', async () => {
  const { id } = await stored('bad_credentials')
  expect(await ask(id)).toMatchObject({ status: 409, body: { code: 'not_for_admin' } })
  expect((await admin.request<ConnectionWithAttempts>('GET', `/api/admin/connections/${id}`)).body.askedAt).toBeNull()
})

test('a channel is found by its id, and by the reference that its owner was told', async () => {
  const { id, channel } = await stored('unknown')
  await stored('unknown')
  expect(await listed(`q=${id}`)).toEqual([id])
  expect(await listed(`q=${channel.requestId}`)).toEqual([id])
  expect(await listed(`q=${channel.requestId.slice(0, 13).toUpperCase()}`)).toEqual([id])
  expect(await listed(`q=${randomUUID()}`)).toEqual([])
})
