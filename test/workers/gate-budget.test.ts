// The budgets of calls and sign-ins, on a real Redis: below what servers allow, and no user can use one up for the others.
import { expect, test } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { ConfigError, readWorkerConfig } from '../../src/config.ts'
import { answered, inside, silent, useGate, type Target } from '../helpers/gate.ts'

const ground = useGate()
const origin = 'https://pds.example'
const DAY_MS = 24 * 3600_000

const use = (budgets: string) => {
  ground.gate = ground.gateOf({ env: { SIGN_IN_BUDGETS: budgets } })
}
const signIn = (identity: string, who: Target = {}) => go({ job: 'connect', identity, ...who })

/** Goes there and is answered. @returns what it would have to wait, if it was not let through */
async function go(visit: Target) {
  const entered = await ground.enter(0, { origin, ...visit })
  if (entered.kind !== 'entered') return entered
  await entered.leave(answered)
  return 'went'
}
const timesLetThrough = async (visit: () => Promise<unknown>, tries: number) => {
  let count = 0
  for (let index = 0; index < tries; index++) if ((await visit()) === 'went') count++
  return count
}

test("wrong passwords for an identity use up their user's own part first, and nobody else waits", async () => {
  use('identity=16/60')
  const stranger = () => signIn('alice.example', { userId: 'stranger' })
  expect(await timesLetThrough(stranger, 30)).toBe(4)
  const waiting = (await stranger()) as { waitMs: number }
  expect(waiting).toMatchObject({ reason: 'over_budget', code: 'waiting_for_rate_limit' })
  expect(waiting.waitMs).toBeGreaterThan(50_000)
  expect(waiting.waitMs).toBeLessThan(62_000)
  expect(await signIn('alice.example', { userId: 'alice' })).toBe('went')
  expect(await signIn('bob.example', { userId: 'stranger' })).toBe('went')
  expect(await signIn('alice.example', { userId: 'stranger', origin: 'https://other.example' })).toBe('went')
})

test('strangers, however many, never make the owner of an identity wait', async () => {
  use('identity=16/60')
  const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
  // Each a user of his own.
  expect(await timesLetThrough(() => signIn(did), 40)).toBe(12)
  const owner = { userId: 'owner', isOwner: true }
  expect(await timesLetThrough(() => signIn(did, owner), 10)).toBe(4)
  // Not even the owner gets an identity over what the server allows.
  expect(await signIn(did, { isOwner: true })).toMatchObject({ reason: 'over_budget' })
})

test('the longest of several windows counts', async () => {
  use('identity=8/60,identity=8/3600,identity=20/7200')
  const alice = () => signIn('alice.example', { userId: 'alice' })
  expect(await timesLetThrough(alice, 3)).toBe(2)
  expect(((await alice()) as { waitMs: number }).waitMs).toBeGreaterThan(3_000_000)
})

test('who waits for one budget takes nothing from another', async () => {
  use('server=8/60,identity=16/60')
  for (const userId of ['a', 'b', 'c', 'd']) expect(await signIn(`${userId}.example`, { userId })).toBe('went')
  const late = () => signIn('e.example', { userId: 'e' })
  for (let count = 0; count < 9; count++) expect(await late()).toMatchObject({ reason: 'over_budget' })
  // As when the server's window ends.
  expect(await ground.redis.del(`${ground.prefix}:rate-limit:server:60:${origin}`)).toBe(1)
  expect(await late()).toBe('went')
})

test('every call to a server counts: sign-ins, proofs and removals, each for as much as it asks', async () => {
  use('server=12/60')
  expect(await go({ job: 'connect' })).toBe('went')
  expect(await go({ job: 'verify' })).toBe('went')
  expect(await go({ job: 'disconnect' })).toBe('went')
  expect(await timesLetThrough(() => go({ job: 'verify' }), 10)).toBe(2)
  for (const job of ['connect', 'verify', 'disconnect'] as const)
    expect(await go({ job })).toMatchObject({ reason: 'over_budget', code: 'waiting_for_rate_limit' })
})

test('a check that has to renew its session counts at the server that does it, too', async () => {
  use('server=2/60,other=80/60')
  const service = 'https://service.example'
  const check = () => go({ job: 'verify', serviceUrl: service, refreshesAt: service })
  expect(await timesLetThrough(check, 4)).toBe(2)
  expect(await go({ job: 'verify', serviceUrl: service })).toBe('went')
})

test('one user uses up no more than a quarter of it: random handles and proofs in a loop stop that user alone', async () => {
  use('server=80/60')
  const flooder = { userId: 'flooder' }
  let handle = 0
  expect(await timesLetThrough(() => signIn(`random-${handle++}.example`, flooder), 90)).toBe(10)
  expect(await go({ job: 'verify', ...flooder })).toMatchObject({ reason: 'over_budget' })
  expect(await timesLetThrough(() => go({ job: 'verify' }), 20)).toBe(20)
})

test('checks use half of a budget, and whoever connects has all of his part, whatever the checks of his own channels used', async () => {
  use('server=80/60')
  const agency = { userId: 'agency' }
  expect(await timesLetThrough(() => go({ job: 'check', ...agency }), 20)).toBe(3)
  expect(await timesLetThrough(() => go({ job: 'check' }), 20)).toBe(7)
  expect(await go({ job: 'check' })).toMatchObject({ reason: 'over_budget', code: 'waiting_for_rate_limit' })
  expect(await timesLetThrough(() => go({ job: 'connect', ...agency }), 20)).toBe(10)
})

test('a check that renews its session at the server of the account counts for that call, too', async () => {
  use('server=40/60')
  expect(await timesLetThrough(() => go({ job: 'check', refreshesAt: origin }), 20)).toBe(4)
})

test('checks that wait for a budget come back one after the other, no faster than it lets them through', async () => {
  use('server=80/60')
  expect(await timesLetThrough(() => go({ job: 'check' }), 10)).toBe(10)
  const waits: number[] = []
  for (let count = 0; count < 200; count++) waits.push(((await go({ job: 'check' })) as { waitMs: number }).waitMs)
  const first = waits[0] ?? NaN
  expect(first).toBeGreaterThan(50_000)
  expect(first).toBeLessThanOrEqual(60_000)
  // Ten in a minute.
  waits.forEach((waitMs, index) => expect(Math.abs(waitMs - first - index * 6_000)).toBeLessThanOrEqual(1))
  const elsewhere = await timesLetThrough(() => go({ job: 'check', origin: 'https://other.example' }), 5)
  expect(elsewhere).toBe(5)
})

test('no check waits longer for its turn than a day', async () => {
  use('server=2/3600')
  const days: number[] = []
  await go({ job: 'check' })
  for (let count = 0; count < 60; count++)
    days.push(((await go({ job: 'check' })) as { waitMs: number }).waitMs / DAY_MS)
  expect(Math.max(...days)).toBeLessThanOrEqual(1)
  expect(Math.max(...days)).toBeGreaterThan(0.9)
})

test('a server that only accounts name gets much less than the Service URL', async () => {
  use('server=80/60,other=8/60')
  expect(await timesLetThrough(() => go({ job: 'connect', serviceUrl: 'https://service.example' }), 20)).toBe(4)
  expect(await timesLetThrough(() => go({ job: 'connect', origin: 'https://service.example' }), 20)).toBe(20)
})

test('all processes share them', async () => {
  use('server=8/60')
  const first = ground.gate
  use('server=8/60')
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, index) => go({ job: 'connect', at: index % 2 ? first : ground.gate })),
  )
  expect(results.filter((result) => result === 'went')).toHaveLength(4)
})

test('a server can have its own, the Service URL or not', async () => {
  use('server=80/60,other=80/60,server@small.example=2/60,server@local.example:8080=6/60')
  const times = (at: string, serviceUrl = at) =>
    timesLetThrough(() => go({ job: 'connect', origin: at, serviceUrl }), 5)
  expect(await times('https://small.example')).toBe(1)
  expect(await times('http://local.example:8080', 'https://small.example')).toBe(3)
  expect(await times('https://else.example', 'https://small.example')).toBe(5)
})

test('a budget ends with its window', async () => {
  use('identity=4/1')
  const alice = () => signIn('alice.example', { userId: 'alice' })
  expect(await alice()).toBe('went')
  const keys = await ground.redis.keys(`${ground.prefix}:rate-limit:identity:1:*`)
  expect(keys).toHaveLength(2)
  for (const key of keys) expect(await ground.redis.pttl(key)).toBeGreaterThan(0)
  expect(keys.join()).not.toContain('alice.example')
})

test('who waits for a budget gives his slot back', async () => {
  use('identity=4/60')
  const alice = { job: 'connect', origin, identity: 'alice.example', userId: 'alice' } as const
  const first = inside(await ground.enter(0, alice))
  for (let count = 0; count < 20; count++) expect(await ground.enter(0, alice)).toMatchObject({ reason: 'over_budget' })
  await first.leave(silent)
  for (let count = 0; count < 3; count++) inside(await ground.enter(1, { job: 'connect', origin }))
})

const configWith = (budgets: string) =>
  readWorkerConfig({
    MONGODB_URL: 'mongodb://127.0.0.1/unused',
    REDIS_URL: 'redis://127.0.0.1/0',
    ...newSealingKeys(),
    SIGN_IN_BUDGETS: budgets,
  })

test('what is not said stays below what servers are known to allow', () => {
  const general = (budgets: string) =>
    configWith(budgets)
      .worker.budgets.filter(({ host }) => host === null)
      .map(({ per, count, windowSeconds }) => `${per}=${count}/${windowSeconds}`)
  const byDefault = ['identity=16/300', 'identity=80/86400', 'server=2500/300', 'other=500/300']
  expect(general('')).toEqual(byDefault)
  expect(general('server=100/60')).toEqual(['server=100/60', ...byDefault.filter((each) => !each.startsWith('server'))])
  expect(general('identity@bsky.social=9/86400')).toEqual(byDefault)
})

test.each([
  'identity',
  'identity=20',
  'identity=0/300',
  'identity=20/0',
  'somebody=1/1',
  'identity=1/1,,',
  'identity@=1/1',
  'other@pds.example=1/1',
])('a budget that cannot be read is named at the start: %s', (budgets) => {
  expect(() => configWith(budgets)).toThrow(ConfigError)
  expect(() => configWith(budgets)).toThrow(/SIGN_IN_BUDGETS is not usable/)
})
