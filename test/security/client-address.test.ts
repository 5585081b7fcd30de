// Passwords are tried by clients of their own, whatever they say about themselves, and by account: strangers lock nobody out.
import { request as ask } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignInDelays } from '../../src/api/sign-in-delays.ts'
import type { Problem } from '../../src/contract.ts'
import { createSystem, PASSWORD, type Answer, type System } from '../helpers/system.ts'

/** Behind so many proxies; a fourth sign-in of a client is one too many. */
const systems: System[] = []
/** Behind one proxy, for what goes by account. */
let system: System
const FEW = 3

beforeAll(async () => {
  const start = (proxies: number, QUOTAS?: string) =>
    createSystem({ workers: false, env: { TRUST_PROXY: String(proxies), ...(QUOTAS ? { QUOTAS } : {}) } })
  systems.push(...(await Promise.all([0, 1, 2].map((proxies) => start(proxies, `sign-in@address=${FEW}/600`)))))
  system = await start(1)
}, 120_000)
afterAll(() => Promise.all([...systems, system].map((each) => each.stop())))

type Said = Answer<Partial<Problem>>

/** @param forwarded what the proxies in front have written down, and before it whatever the client said */
const signIn = (at: System, forwarded: string, email = 'nobody@example.com', password = 'not the right one') =>
  at.anyone.request<Partial<Problem>>('POST', '/api/auth/sign-in/email', {
    body: { email, password },
    headers: { 'x-forwarded-for': forwarded },
  })
const statuses = async (count: number, attempt: (index: number) => Promise<Said>) => {
  const seen: number[] = []
  for (let i = 0; i < count; i++) seen.push((await attempt(i)).status)
  return seen
}
/**
 * Wrong passwords until `seconds` or more are left to wait. How many that takes is the machine's affair: the slower it looks
 * at each, the more of a wait is over by the next one; but each doubles it.
 */
async function untilDelayed(seconds: number, attempt: (index: number) => Promise<Said>) {
  for (let index = 0, failed = 0; ; index++) {
    const refused = await attempt(index)
    if (refused.status === 401 || refused.status === 400) failed++
    else expect([refused.status, refused.body.code]).toEqual([429, 'sign_in_delayed'])
    if (refused.status === 429 && secondsOf(refused) >= seconds) return { refused, failed }
    if (refused.status === 429) await sleep(100)
  }
}
const secondsOf = ({ headers }: Said) => Number(headers.get('retry-after'))

test('without a proxy, what a client says of its address changes nothing', async () => {
  const [direct] = systems as [System]
  expect(await statuses(4, (i) => signIn(direct, `198.51.100.${i}`))).toEqual([401, 401, 401, 429])
  const refused = await signIn(direct, '198.51.100.9')
  expect(refused.body).toMatchObject({ code: 'address_quota_used', status: 429 })
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
  expect(secondsOf(refused)).toBeGreaterThan(540)
  expect(refused.body.detail).toMatch(/Try again in (9|10) minutes\.$/)
})

test.for([
  [1, (client: string) => client],
  [2, (client: string) => `${client}, 203.0.113.7`],
] as const)('behind %i: each client counts for itself, whatever it claims', async ([proxies, through]) => {
  const at = systems[proxies] as System
  expect(await statuses(4, (i) => signIn(at, through(`10.9.8.${i}, 192.0.2.1`)))).toEqual([401, 401, 401, 429])
  expect((await signIn(at, through('192.0.2.2'))).status).toBe(401)
})

test('a /64 of IPv6 is one client, and an IPv4 address is the same however it is written', async () => {
  const at = systems[1] as System
  expect(await statuses(4, (i) => signIn(at, `2001:db8:0:1:${i}::${i}`))).toEqual([401, 401, 401, 429])
  expect((await signIn(at, '2001:db8:0:2::1')).status).toBe(401)
  const written = ['192.0.2.30', '::ffff:192.0.2.30', '::ffff:c000:21e', '0:0:0:0:0:ffff:192.0.2.30']
  expect(await statuses(4, (i) => signIn(at, written[i] ?? ''))).toEqual([401, 401, 401, 429])
})

test('the header for the library is ours alone: a session keeps the true address', async () => {
  const email = 'address@example.com'
  const { status } = await system.anyone.request('POST', '/api/auth/sign-up/email', {
    body: { email, password: PASSWORD, name: 'Test' },
    headers: { 'x-forwarded-for': '192.0.2.40', 'x-client-address': '203.0.113.66' },
  })
  expect(status).toBe(200)
  const { connection } = system.context.db
  const user = await connection.collection('user').findOne({ email })
  expect(await connection.collection('session').findOne({ userId: user?._id })).toMatchObject({
    ipAddress: '192.0.2.40',
  })
})

test('another spelling of the path, or a form in place of JSON, is no way around the count', async () => {
  const at = systems[1] as System
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'not the right one' })
  const spelled = (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.50' }
    ask(`${at.url}/`, { method: 'POST', path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end(body)
    return promise
  }
  const seen = []
  for (const path of [
    'admin/../sign-in/email',
    'sign-out/../sign-in/email',
    'admin/%2e%2e/sign-in/email',
    'sign-in/email',
  ])
    seen.push(await spelled(`/api/auth/${path}`))
  expect(seen).toEqual([404, 404, 404, 401])
  const form = await fetch(`${at.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'x-forwarded-for': '192.0.2.51' },
    body: new URLSearchParams({ email: 'nobody@example.com', password: 'x' }),
  })
  expect(form.status).toBe(415)
})

test('sign-ups of an address are counted by themselves', async () => {
  const at = await createSystem({ workers: false, env: { QUOTAS: 'sign-up@address=2/600' } })
  try {
    await Promise.all([at.user(), at.user()])
    await expect(at.user()).rejects.toThrow('429')
    await at.admin()
  } finally {
    await at.stop()
  }
})

test.for(['somebody', 'nobody'])('by account: the waits after failed tries grow, for %s', async (who) => {
  const { email } = who === 'somebody' ? await system.user() : { email: 'no-account@example.com' }
  const attempt = (password?: string) => signIn(system, '192.0.2.60', email.toUpperCase(), password)
  expect(await statuses(6, () => attempt())).toEqual(Array(6).fill(401))
  const first = await untilDelayed(1, () => attempt())
  expect(first.refused.body.detail).toMatch(
    /^Too many passwords were tried for this account\. Try again in \d+ seconds?\.$/,
  )
  expect(secondsOf(first.refused)).toBeLessThanOrEqual(2 * 2 ** first.failed)
  const then = await untilDelayed(8, () => attempt())
  expect(secondsOf(then.refused)).toBeLessThanOrEqual(2 * 2 ** (first.failed + then.failed))
  // The right one waits as well.
  expect((await attempt(PASSWORD)).body).toMatchObject({ code: 'sign_in_delayed', status: 429 })
})

test('tries that race are counted before they are looked at', async () => {
  const { email } = await system.user()
  const startedAt = Date.now()
  const racing = await Promise.all(Array.from({ length: 40 }, () => signIn(system, '192.0.2.70', email)))
  const looked = racing.filter(({ status }) => status === 401).length
  expect(racing.filter(({ status }) => status === 429)).toHaveLength(40 - looked)
  // Five are free; then one has the first turn, and on a slow machine one more after 2, 6, 14 … seconds.
  const turns = 1 + Math.floor(Math.log2((Date.now() - startedAt) / 2000 + 1))
  expect(looked).toBeGreaterThan(5)
  expect(looked).toBeLessThanOrEqual(5 + turns)
})

test('a right password ends the count', async () => {
  const { email } = await system.user()
  expect(await statuses(5, () => signIn(system, '192.0.2.80', email))).toEqual(Array(5).fill(401))
  expect((await signIn(system, '192.0.2.80', email, PASSWORD)).status).toBe(200)
  expect(await statuses(5, () => signIn(system, '192.0.2.80', email))).toEqual(Array(5).fill(401))
})

test('a stranger at another address delays themselves, not the owner', async () => {
  const { email } = await system.user()
  await untilDelayed(1, () => signIn(system, '192.0.2.90', email))
  expect((await signIn(system, '192.0.2.91', email, PASSWORD)).status).toBe(200)
})

test('guesses from everywhere are slowed, and the owner, where they signed in before, is not', async () => {
  const { email } = await system.user()
  const home = '192.0.2.100'
  expect((await signIn(system, home, email, PASSWORD)).status).toBe(200)
  // As many failed tries, without the time that looking at a password takes.
  const delays = createSignInDelays(system.context)
  for (let i = 0; i < 101; i++) await delays.begin({ email, network: `198.18.${Math.floor(i / 5)}.1` })
  const { refused } = await untilDelayed(1, (index) => signIn(system, `198.18.${100 + index}.1`, email))
  expect(secondsOf(refused)).toBeLessThanOrEqual(60)
  expect((await signIn(system, home, email, PASSWORD)).status).toBe(200)
})

test.for([
  ['verify-password', (password: string) => ({ password })],
  ['change-password', (currentPassword: string) => ({ currentPassword, newPassword: 'another long password' })],
] as const)('%s is delayed by session, wherever it comes from', async ([path, bodyOf]) => {
  const user = await system.user()
  const attempt = (index: number, password = 'not the right one') =>
    user.request<Partial<Problem>>('POST', `/api/auth/${path}`, {
      body: bodyOf(password),
      headers: { 'x-forwarded-for': `192.0.2.${110 + index}` },
    })
  const seen = await statuses(6, attempt)
  expect(seen).not.toContain(429)
  expect(seen).not.toContain(200)
  await untilDelayed(8, attempt)
  expect((await attempt(0, PASSWORD)).body.code).toBe('sign_in_delayed')
  expect((await signIn(system, '192.0.2.110', user.email, PASSWORD)).status).toBe(200)
})

test('no address and no e-mail address stands in Redis', async () => {
  const { email } = await system.user()
  await signIn(system, '192.0.2.130', email)
  const { redis, config } = system.context
  const keys = await redis.keys(`${config.redis.prefix}:quota:*`)
  expect(keys.length).toBeGreaterThan(3)
  expect(keys.filter((key) => key.includes('@ex') || key.includes('192.0'))).toEqual([])
})
