// What the owner of a channel that waits can do: try now, within what the server and we allow.
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import type { Channel, Problem } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { createAccount, createAppPassword, moveAccount, nameNoServer } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
let idle: System
let user: Client

beforeAll(async () => {
  idle = await createSystem({ workers: false })
  user = await idle.user()
})
afterAll(() => idle.stop())
afterEach(() => idle.context.queues.connect.drain())

const later = () => new Date(Date.now() + 600_000)
const secrets = { password: 'sealed', session: 'sealed' }

/** A channel of the user that ended so, with what its step needs. */
async function stored(code: OutcomeCode, parts: Partial<ChannelDoc> = {}): Promise<string> {
  const channel = storedChannel(code, new Date(Date.now() - 60_000), { userId: user.id, secrets, ...parts })
  await idle.context.db.channels.create(channel)
  return channel._id.toHexString()
}
const retry = (id: string, client = user) =>
  client.request<Channel & Omit<Problem, 'status'>>('POST', `/api/channels/${id}/retry`, { body: {} })
const kept = async (id: string) => idle.context.db.channels.findById(id).lean<ChannelDoc>().orFail()

test('what waits begins at once, in a new generation; the age of its password goes on counting', async () => {
  const id = await stored('pds_unreachable', { nextTryAt: later() })
  const { submittedAt } = await kept(id)
  const answer = await retry(id)
  expect(answer).toMatchObject({ status: 202, body: { id, status: 'connecting', nextTryAt: null, button: null } })
  expect(answer.headers.get('location')).toBe(`/api/channels/${id}`)
  expect(answer.headers.get('ratelimit-remaining')).not.toBeNull()
  expect(await kept(id)).toMatchObject({ lease: { generation: 2 }, submittedAt })
})

test('a double click begins it once', async () => {
  const id = await stored('pds_unreachable', { nextTryAt: later() })
  const answers = await Promise.all(Array.from({ length: 5 }, () => retry(id)))
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
  expect((await kept(id)).lease.generation).toBe(2)
  expect(await idle.context.queues.connect.getJobCountByTypes('wait', 'prioritized')).toBe(1)
})

test.for<[OutcomeCode, Partial<ChannelDoc>]>([
  ['login_rate_limited', {}],
  ['ip_rate_limited', { step: 'verify' }],
  ['write_rate_limited', { step: 'verify' }],
  ['waiting_for_rate_limit', {}],
])('%s: a time that the server named is waited for, and told', async ([code, parts]) => {
  const id = await stored(code, { nextTryAt: later(), ...parts })
  const answer = await retry(id)
  expect(answer).toMatchObject({ status: 409, body: { code: 'channel_busy' } })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(540)
  expect((await kept(id)).lease.generation).toBe(1)
})

test('a test post that its owner has removed can be checked for at once', async () => {
  const id = await stored('test_post_left', { step: 'verify', nextTryAt: later() })
  expect(await retry(id)).toMatchObject({ status: 202, body: { status: 'verifying' } })
})

test('without what its step needs it says to reconnect', async () => {
  const id = await stored('bad_credentials', { secrets: {} })
  expect(await retry(id)).toMatchObject({
    status: 409,
    body: {
      code: 'channel_not_connected',
      detail: 'The app password is no longer kept: reconnect with an app password.',
    },
  })
})

test('what has not failed is left as it is', async () => {
  const id = await stored('connected')
  expect(await retry(id)).toMatchObject({ status: 202, body: { status: 'connected' } })
  expect((await kept(id)).lease.generation).toBe(1)
})

test('while connections are paused it is refused, which everybody who signs in is told before', async () => {
  const admin = await idle.admin()
  const pause = (status: string) =>
    admin.request('PUT', '/api/admin/api-integration/bluesky', { body: { bluesky_integration_status: status } })
  const isPaused = async () => (await user.request<{ paused: boolean }>('GET', '/api/me')).body.paused
  const id = await stored('pds_unreachable', { nextTryAt: later() })
  expect(await isPaused()).toBe(false)
  await pause('disabled')
  try {
    expect(await isPaused()).toBe(true)
    expect(await retry(id)).toMatchObject({ status: 403, body: { code: 'integration_disabled' } })
    expect((await kept(id)).lease.generation).toBe(1)
  } finally {
    await pause('enabled')
  }
  expect(await isPaused()).toBe(false)
})

test('a public record that names no server: it is looked up again, and the next outcome is another one', async () => {
  const system = await createSystem()
  try {
    const owner = await system.user()
    const account = await createAccount(pds, { on: 'otherPdsUrl' })
    const appPassword = await createAppPassword(account)
    await nameNoServer(pds, account)
    const { id } = await owner.connect(account.handle, appPassword)
    expect(await system.settled(owner, id)).toMatchObject({
      status: 'retrying',
      button: 'check_again',
      outcome: { code: 'did_unresolvable' },
    })
    await moveAccount(pds, account, pds.otherPdsUrl)
    expect((await retry(id, owner)).status).toBe(202)
    const now = await system.until(owner, id, ({ outcome }) => outcome?.code === 'wrong_server')
    expect(now).toMatchObject({ status: 'action_required', outcome: { params: { actualServer: pds.otherPdsUrl } } })
  } finally {
    await system.stop()
  }
})
