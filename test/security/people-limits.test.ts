// What one person starts is limited, by user and by address, over all API processes; others are not touched by it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { inStatus } from '../../src/db/channels.ts'
import type { Problem } from '../../src/contract.ts'
import { createSystem, type Answer, type Client, type System } from '../helpers/system.ts'

let system: System
let admin: Client
/** another API process of the same program */
let other: { url: string; child: ChildProcess }

beforeAll(async () => {
  system = await createSystem({
    workers: false,
    env: {
      QUOTAS: 'connect@user=6/600,connect@user=7/86400,connect@address=40/600,verify@user=2/600,retry@user=2/600',
      CHANNELS_IN_FLIGHT: '4',
    },
  })
  admin = await system.admin()
  other = await startApi()
}, 120_000)
afterAll(async () => {
  other.child.kill('SIGTERM')
  await once(other.child, 'exit')
  await system.stop()
})

async function startApi() {
  const placeholder = createServer().listen(0)
  await once(placeholder, 'listening')
  const { port } = placeholder.address() as AddressInfo
  placeholder.close()
  await once(placeholder, 'close')
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts')], {
    env: { PATH: process.env.PATH, ...system.env, PORT: String(port), LOG_LEVEL: 'silent' },
    stdio: 'inherit',
  })
  const url = `http://localhost:${port}`
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 60_000 })
  return { url, child }
}

let count = 0
const typed = () => ({ identifier: `nobody-${(count += 1)}.test`, appPassword: 'aaaa-bbbb-cccc-dddd' })
const connect = (user: Client) =>
  user.request<Partial<Problem> & { id: string }>('POST', '/api/channels/bluesky', { body: typed() })
const connectAtOther = (user: Client) =>
  fetch(`${other.url}/api/channels/bluesky`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(typed()),
  })
const end = (user: Client) =>
  system.context.db.channels.updateMany(
    { userId: user.id },
    { ...inStatus('failed', new Date()), $unset: { 'lease.sweepAt': 1 } },
  )
const leftOf = ({ headers }: Pick<Answer<unknown>, 'headers'>) =>
  ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'].map((name) => {
    const value = headers.get(name)
    return value === null ? null : Number(value)
  })

test('connects of a user: what is left is told, then 429 with a code, the time and a sentence; others go on', async () => {
  const [flooder, bystander] = await Promise.all([system.user(), system.user()])
  for (let left = 5; left >= 0; left--) {
    const answer = await connect(flooder)
    expect([answer.status, ...leftOf(answer)]).toEqual([202, 6, left, expect.any(Number), null])
    await end(flooder)
  }
  const refused = await connect(flooder)
  const [limit, left, reset, retryAfter] = leftOf(refused)
  expect([refused.status, refused.body.code, limit, left]).toEqual([429, 'user_quota_used', 6, 0])
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
  expect(retryAfter).toBe(reset)
  expect(retryAfter).toBeGreaterThan(540)
  expect(retryAfter).toBeLessThanOrEqual(600)
  expect(refused.body.detail).toMatch(/^That was too often in a short time\. Try again in (9|10) minutes\.$/)
  expect((await connectAtOther(flooder)).status).toBe(429)
  expect((await connect(bystander)).status).toBe(202)
})

test('a reconnect counts like a connect; what a short time refuses is not counted against a long one', async () => {
  const user = await system.user()
  const { body: channel } = await connect(user)
  const reconnect = () =>
    user.request<Problem>('POST', `/api/channels/${channel.id}/reconnect`, {
      body: { appPassword: 'aaaa-bbbb-cccc-dddd' },
    })
  for (let i = 0; i < 5; i++) expect((await reconnect()).status).toBe(202)
  for (let i = 0; i < 3; i++) expect((await reconnect()).body.code).toBe('user_quota_used')
  const { redis, config } = system.context
  const counts = await Promise.all(
    (await redis.keys(`${config.redis.prefix}:quota:connect:user:86400:*`)).map((key) => redis.get(key)),
  )
  expect(Math.max(...counts.map(Number))).toBe(6)
})

test('a user who is refused takes nothing from the others at the same address', async () => {
  const user = await system.user()
  for (let i = 0; i < 45; i++) await connect(user)
  expect((await connect(await system.user())).status).not.toBe(429)
})

test('checks, tries, and what an admin runs again, are counted too', async () => {
  const user = await system.user()
  const { body: channel } = await connect(user)
  await end(user)
  const path = `/api/channels/${channel.id}`
  const seen = []
  for (let i = 0; i < 3; i++) seen.push((await user.request<Problem>('POST', `${path}/verify`, { body: {} })).body.code)
  expect(seen).toEqual(['channel_not_connected', 'channel_not_connected', 'user_quota_used'])
  const tried = []
  for (let i = 0; i < 3; i++) tried.push((await user.request('POST', `${path}/retry`, { body: {} })).status)
  expect(tried).toEqual([202, 202, 429])
  const retried = []
  for (let i = 0; i < 3; i++) {
    const retry = i === 1 ? '/retry' : `/${channel.id}/retry`
    const body = i === 1 ? { outcome: 'pds_unreachable' } : {}
    retried.push((await admin.request<Problem>('POST', `/api/admin/connections${retry}`, { body })).status)
  }
  expect(retried).toEqual([expect.any(Number), 200, 429])
})

test('in flight: connects that race at two processes start no more than may be at once', async () => {
  const user = await system.user()
  const racing = await Promise.all(Array.from({ length: 3 }, () => [connectAtOther(user), connect(user)]).flat())
  const started = racing.filter(({ status }) => status === 202).length
  expect(started).toBeGreaterThan(0)
  expect(started).toBeLessThanOrEqual(4)
  expect(await system.context.db.channels.countDocuments({ userId: user.id })).toBe(started)
})

test('in flight: one too many is told so, with the time, at every process', async () => {
  const refused = await connectAtOther(await filled())
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
  expect(await refused.json()).toMatchObject({
    code: 'too_many_in_flight',
    detail: 'Already 4 of your channels are being worked on. Try again in 5 seconds.',
  })
})

/** A user with as many channels in flight as may be. */
async function filled(): Promise<Client> {
  const user = await system.user()
  for (let i = 0; i < 4; i++) expect((await connect(user)).status).toBe(202)
  return user
}

test('in flight: what has ended or waits for its time does not count', async () => {
  const user = await filled()
  expect((await connect(user)).body.code).toBe('too_many_in_flight')
  await system.context.db.channels.updateOne({ userId: user.id }, inStatus('retrying', new Date()))
  expect((await connect(user)).status).toBe(202)
})

test('with Redis away each process goes on counting by itself', async () => {
  const alone = await createSystem({ workers: false, env: { QUOTAS: 'sign-in@address=3/600' } })
  try {
    alone.context.redis.disconnect()
    const signIn = () =>
      alone.anyone.request<Problem>('POST', '/api/auth/sign-in/email', {
        body: { email: 'nobody@example.com', password: 'not the right one' },
      })
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await signIn()).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  } finally {
    await alone.stop()
  }
})

test('reports of pages are taken twenty a minute from an address, and a refusal says when it goes on', async () => {
  const report = () =>
    system.anyone.request<Partial<Problem>>('POST', '/api/page-errors', {
      body: { reference: 'r', message: 'm', page: '/app' },
      headers: { 'x-forwarded-for': '192.0.2.200' },
    })
  let answer = await report()
  while (answer.status === 204) answer = await report()
  expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
  const seconds = Number(answer.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
})
