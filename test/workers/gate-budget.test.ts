// The budget of sign-ins, on a real Redis: below what servers allow, so that nobody runs into their limits.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, expect, inject, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/config.ts'
import { createGate } from '../../workers/gate/gate.ts'
import { collectLog } from '../helpers/log.ts'

const { redisUrl } = inject('stores')
const redis = new Redis(redisUrl)
afterAll(() => redis.disconnect())

const configWith = (budgets: string, prefix = 'unused') =>
  readConfig({
    MONGODB_URL: 'mongodb://127.0.0.1/unused',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    AUTH_SECRET: 'a secret that nobody can guess at all',
    SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    SIGN_IN_BUDGETS: budgets,
  })

/** Signs in when called; tells why it has to wait, if it was not let through. */
function createSignIn(budgets: string, prefix = `budget-${randomUUID()}`) {
  const gate = createGate({ redis, config: configWith(budgets, prefix), log: collectLog().logger, redisMs: 20_000 })
  return async (identifier: string, origin = 'https://pds.example') => {
    const entered = await gate.enter({ queue: 'connect', origin, identifier })
    if (entered.kind !== 'entered') return entered
    await entered.leave({ kind: 'answered' })
    return 'signed in'
  }
}
const timesLetThrough = async (signIn: () => Promise<unknown>, tries: number) => {
  let count = 0
  for (let index = 0; index < tries; index++) if ((await signIn()) === 'signed in') count++
  return count
}

test('an identity that used up its budget waits until the window ends, others do not', async () => {
  const signIn = createSignIn('identity=2/60')
  expect(await timesLetThrough(() => signIn('alice.example'), 2)).toBe(2)
  const waiting = await signIn('alice.example')
  expect(waiting).toMatchObject({ reason: 'over_budget', code: 'waiting_for_rate_limit' })
  const { waitMs } = waiting as { waitMs: number }
  expect(waitMs).toBeGreaterThan(50_000)
  expect(waitMs).toBeLessThan(62_000)
  expect(await signIn('bob.example')).toBe('signed in')
  expect(await signIn('alice.example', 'https://other.example')).toBe('signed in')
})

test('the longest of several windows counts', async () => {
  const signIn = createSignIn('identity=2/60,identity=2/3600,identity=5/7200')
  expect(await timesLetThrough(() => signIn('alice.example'), 3)).toBe(2)
  expect(((await signIn('alice.example')) as { waitMs: number }).waitMs).toBeGreaterThan(3_000_000)
})

test('a server has a budget for all identities together; who waits for it keeps his own', async () => {
  const prefix = `budget-${randomUUID()}`
  const signIn = createSignIn('server=3/60,identity=3/60', prefix)
  for (const name of ['a', 'b', 'c']) expect(await signIn(`${name}.example`)).toBe('signed in')
  for (let count = 0; count < 5; count++) expect(await signIn('d.example')).toMatchObject({ reason: 'over_budget' })
  // As when the server's window ends.
  expect(await redis.del(`${prefix}:rate-limit:sign-ins:server:60:pds.example`)).toBe(1)
  expect(await timesLetThrough(() => signIn('d.example'), 4)).toBe(3)
})

test('all processes share it', async () => {
  const prefix = `budget-${randomUUID()}`
  const [first, second] = [createSignIn('identity=4/60', prefix), createSignIn('identity=4/60', prefix)]
  const results = await Promise.all(
    Array.from({ length: 6 }, (_, index) => (index % 2 ? first : second)('alice.example')),
  )
  expect(results.filter((result) => result === 'signed in')).toHaveLength(4)
})

test('a server can have its own', async () => {
  const signIn = createSignIn('identity=3/60,identity@small.example=1/60,identity@local.example:8080=2/60')
  expect(await timesLetThrough(() => signIn('alice.example', 'https://small.example'), 4)).toBe(1)
  expect(await timesLetThrough(() => signIn('alice.example', 'http://local.example:8080'), 4)).toBe(2)
  expect(await timesLetThrough(() => signIn('alice.example', 'https://else.example'), 4)).toBe(3)
})

test('a verify takes nothing of it', async () => {
  const prefix = `budget-${randomUUID()}`
  const gate = createGate({
    redis,
    config: configWith('server=1/60', prefix),
    log: collectLog().logger,
    redisMs: 20_000,
  })
  for (let count = 0; count < 3; count++) {
    expect((await gate.enter({ queue: 'verify', origin: 'https://pds.example' })).kind).toBe('entered')
  }
})

test('who waits for a budget gives his slot back, and the turn of a trial', async () => {
  const gate = createGate({
    redis,
    config: configWith('identity=1/60', `budget-${randomUUID()}`),
    log: collectLog().logger,
    redisMs: 20_000,
  })
  const origin = 'https://pds.example'
  const signIn = (at: Date) => gate.enter({ queue: 'connect', origin, identifier: 'alice.example' }, at)
  const at = (ms: number) => new Date(1_800_000_000_000 + ms)
  const out = await signIn(at(0))
  if (out.kind === 'entered') await out.leave({ kind: 'answered' }, at(0))
  for (let count = 0; count < 20; count++) expect(await signIn(at(0))).toMatchObject({ reason: 'over_budget' })

  for (let count = 0; count < 3; count++) {
    const entered = await gate.enter({ queue: 'connect', origin }, at(1))
    if (entered.kind === 'entered') await entered.leave({ kind: 'fault', code: 'pds_error' }, at(1))
  }
  expect(await signIn(at(2))).toMatchObject({ reason: 'breaker_open' })
  expect(await signIn(at(12_000))).toMatchObject({ reason: 'over_budget' })
  expect((await gate.enter({ queue: 'connect', origin }, at(12_001))).kind).toBe('entered')
})

test('what is not said stays below what servers are known to allow', () => {
  const general = (budgets: string) =>
    configWith(budgets)
      .worker.signInBudgets.filter(({ host }) => host === null)
      .map(({ per, count, windowSeconds }) => `${per}=${count}/${windowSeconds}`)
  expect(general('')).toEqual(['identity=20/300', 'identity=80/86400', 'server=2500/300'])
  expect(general('server=100/60')).toEqual(['server=100/60', 'identity=20/300', 'identity=80/86400'])
  expect(general('identity@bsky.social=9/86400')).toEqual(['identity=20/300', 'identity=80/86400', 'server=2500/300'])
})

test.each([
  'identity',
  'identity=20',
  'identity=0/300',
  'identity=20/0',
  'somebody=1/1',
  'identity=1/1,,',
  'identity@=1/1',
])('a budget that cannot be read is named at the start: %s', (budgets) => {
  expect(() => configWith(budgets)).toThrow(ConfigError)
  expect(() => configWith(budgets)).toThrow(/SIGN_IN_BUDGETS is not usable/)
})
