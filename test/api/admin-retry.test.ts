// An admin runs failed steps again: one, or all of a filter, and only those that still can.
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import type { AuditPage, Connection, Retriable, Retried } from '../../src/contract.ts'
import { rankOf } from '../../src/outcomes/ranks.ts'
import { findRetryOrder } from '../../src/db/retries.ts'
import { createAccount, createAppPassword, takeDown } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const pds = inject('pds')
const PATH = '/api/admin/connections'
/** Nothing listens there. */
const DEAD_URL = 'http://localhost:9'
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem()
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
afterEach(async () => {
  await saveOptions({})
  // What that sets going would meddle with the channels of the next test.
  await expect.poll(() => findRetryOrder(system.context.db), { timeout: 30_000 }).toBeNull()
})

const saveOptions = (body: Record<string, string>) =>
  admin.request('PUT', '/api/admin/api-integration/bluesky', { body })
const retry = (id: string) => admin.request<Connection>('POST', `${PATH}/${id}/retry`)
const retryFilter = (body: object) => admin.request<Retried>('POST', `${PATH}/retry`, { body })
const retryAll = (outcome: string) => retryFilter({ outcome })
const countOf = async (query: string) => (await admin.request<Retriable>('GET', `${PATH}/retry?${query}`)).body.count
const failAtDeadServer = async () => {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  await saveOptions({ 'bluesky_service-url': DEAD_URL })
  const { id } = await user.connect(account.handle, appPassword)
  expect(await system.settled(user, id)).toMatchObject({ status: 'retrying', outcome: { code: 'pds_unreachable' } })
  return id
}
const ranAgain = (id: string) =>
  expect
    .poll(async () => (await system.context.db.channels.findById(id).lean())?.lease.generation, { timeout: 30_000 })
    .toBe(2)

test('a connect whose password is still kept runs again, at the server in effect now', async () => {
  const id = await failAtDeadServer()
  await saveOptions({})
  const answer = await retry(id)
  expect(answer).toMatchObject({
    status: 202,
    body: { id, user: { email: user.email }, nextTryAt: null, serviceUrl: pds.pdsUrl },
  })
  const channel = await system.until(user, id, ({ status }) => status === 'connected')
  expect(channel.attempts.map(({ generation }) => generation)).toEqual([2, 2, 1])
})

test('a check whose session is still kept runs again', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.settled(user, id)
  await takeDown(pds, account)
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'account_taken_down' } })
  expect(await retry(id)).toMatchObject({ status: 202, body: { status: 'verifying' } })
  expect(await system.until(user, id, ({ outcome }) => outcome?.code === 'account_taken_down')).toMatchObject({
    status: 'action_required',
  })
})

test('credentials that were refused are never sent a second time', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, 'aaaa-bbbb-cccc-dddd')
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'bad_credentials' } })
  const answer = await retry(id)
  expect(answer).toMatchObject({
    status: 409,
    body: { code: 'channel_not_connected', detail: expect.stringContaining('reconnect') },
  })
  expect(await retryAll('bad_credentials')).toMatchObject({ status: 200, body: { retried: 0 } })
  expect((await system.settled(user, id)).attempts).toHaveLength(1)
})

test('a step that is running already is left alone', async () => {
  const channel = storedChannel('connected', new Date(), { status: 'connecting', outcome: null })
  await system.context.db.channels.create(channel)
  expect(await retry(channel._id.toHexString())).toMatchObject({ status: 202, body: { status: 'connecting' } })
  expect(await system.context.db.channels.findById(channel._id).lean()).toMatchObject({ lease: { generation: 1 } })
})

test('a time that a server named is waited for', async () => {
  const later = new Date(Date.now() + 600_000)
  const limited = storedChannel('login_rate_limited', new Date(), { nextTryAt: later, secrets: { password: 'sealed' } })
  await system.context.db.channels.create(limited)
  expect(await retry(limited._id.toHexString())).toMatchObject({ status: 409, body: { code: 'channel_busy' } })
  expect(await retryAll('login_rate_limited')).toMatchObject({ body: { retried: 0 } })
})

test('all of one outcome run again at once, which the audit list tells', async () => {
  // What ran again before may have failed again by now.
  await system.context.db.channels.deleteMany({})
  const failed = [await failAtDeadServer(), await failAtDeadServer()]
  const other = storedChannel('pds_error', new Date(), { secrets: { password: 'sealed' } })
  await system.context.db.channels.create(other)

  expect(await retryAll('pds_unreachable')).toMatchObject({ status: 200, body: { retried: 2 } })
  for (const id of failed) await ranAgain(id)
  expect(await system.context.db.channels.findById(other._id).lean()).toMatchObject({
    lease: { generation: 1 },
    status: 'retrying',
  })
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit?limit=5')).body
  expect(entries).toContainEqual(
    expect.objectContaining({ actor: admin.email, option: 'retry', from: 'outcome=pds_unreachable', retried: 2 }),
  )
})

test('what the list shows with a filter runs again, and nothing else', async () => {
  const id = await failAtDeadServer()
  const elsewhere = storedChannel('pds_unreachable', new Date(), { secrets: { password: 'sealed' } })
  await system.context.db.channels.create(elsewhere)

  const filter = { status: 'failed,retrying', server: DEAD_URL, user: user.email }
  expect(await countOf(`${new URLSearchParams(filter)}`)).toBe(1)
  expect(await retryFilter(filter)).toMatchObject({ status: 200, body: { retried: 1 } })
  await ranAgain(id)
  expect(await system.context.db.channels.findById(elsewhere._id).lean()).toMatchObject({
    lease: { generation: 1 },
    status: 'retrying',
  })
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit?limit=10')).body
  const from = new URLSearchParams(filter).toString()
  expect(entries).toContainEqual(expect.objectContaining({ actor: admin.email, option: 'retry', from, retried: 1 }))
})

test('how many would run again is told before: those that failed and have what it takes', async () => {
  const server = 'https://counted.example.com'
  // Today: older passwords the sweep destroys.
  const beganAt = Date.now() - 600_000
  const at = (minutes: number) => new Date(beganAt + minutes * 60_000)
  const secrets = { password: 'sealed', session: 'sealed' }
  const [first] = await system.context.db.channels.create([
    storedChannel('not_a_pds', at(0), { serviceUrl: server, secrets }),
    storedChannel('pds_error', at(1), { serviceUrl: server, secrets, step: 'verify' }),
    storedChannel('unknown', at(2), { serviceUrl: server, secrets, status: 'failed' }),
    storedChannel('pds_error', at(3), { serviceUrl: server }),
    storedChannel('connected', at(4), { serviceUrl: server, secrets }),
    storedChannel('pds_error', at(5), { serviceUrl: server, secrets, status: 'connecting' }),
    storedChannel('login_rate_limited', at(6), {
      serviceUrl: server,
      secrets,
      nextTryAt: new Date(Date.now() + 600_000),
    }),
  ])
  const counts: Record<string, number> = {
    '': 3,
    '&outcome=pds_error': 1,
    '&outcome=pds_error,not_a_pds': 2,
    '&fixBy=admin': 1,
    '&status=failed': 1,
    '&status=connected': 0,
    [`&q=${first?.handle}`]: 1,
    [`&user=${first?.userId}`]: 1,
    [`&from=${at(1).toISOString()}`]: 2,
    [`&to=${at(1).toISOString()}`]: 2,
    '&user=nobody@example.com': 0,
  }
  for (const [query, count] of Object.entries(counts))
    expect([query, await countOf(`server=${server}${query}`)]).toEqual([query, count])
})

test('what only an option mends is left out of many, and counted apart', async () => {
  const server = 'https://vain.example.com'
  const secrets = { password: 'sealed' }
  await system.context.db.channels.create(
    (['wrong_server', 'wrong_server', 'pds_error'] as const).map((code) =>
      storedChannel(code, new Date(Date.now() - 600_000), {
        serviceUrl: server,
        secrets,
        ...(code === 'pds_error' ? { step: 'connect' as const } : {}),
      }),
    ),
  )
  const told = async (query: string) =>
    (await admin.request<Retriable>('GET', `${PATH}/retry?server=${server}${query}`)).body
  expect(await told('')).toEqual({ count: 1, vain: 2 })
  expect(await told('&outcome=wrong_server')).toEqual({ count: 0, vain: 2 })
  expect(await told('&outcome=pds_error')).toEqual({ count: 1, vain: 0 })
})

test('everything runs again only for those who say so', async () => {
  expect(await retryFilter({})).toMatchObject({ status: 422, body: { errors: [{ field: 'all' }] } })
  expect(await retryFilter({ all: false })).toMatchObject({ status: 422 })
  expect(await retryFilter({ server: 'https://nothing.example.com' })).toMatchObject({ body: { retried: 0 } })
})

test.for(['connected', 'nonsense', ''])('the outcome %j is nothing to run again', async (outcome) => {
  expect(await retryAll(outcome)).toMatchObject({
    status: 422,
    body: { code: 'invalid_input', errors: [{ field: 'outcome' }] },
  })
})

test('nothing runs while the integration is paused', async () => {
  const channel = storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } })
  await system.context.db.channels.create(channel)
  await saveOptions({ bluesky_integration_status: 'disabled' })
  expect(await retry(channel._id.toHexString())).toMatchObject({ status: 403, body: { code: 'integration_disabled' } })
  expect(await retryAll('wrong_server')).toMatchObject({ status: 403, body: { code: 'integration_disabled' } })
})

test('whatever changes a status keeps its place in the list with it', async () => {
  const channels = await system.context.db.channels.find().lean()
  expect(new Set(channels.map(({ status }) => status)).size).toBeGreaterThan(2)
  expect(channels.filter(({ rank, status }) => rank !== rankOf(status))).toEqual([])
})
