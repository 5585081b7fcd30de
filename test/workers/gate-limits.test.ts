// What a server named in a 429, on a real Redis: whom it holds up, for how long; and the gate while Redis is away.
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Limit } from '../../src/outcomes/evidence.ts'
import type { Told } from '../../workers/gate/gate.ts'
import { after, answered, inside, silent, useGate, waits } from '../helpers/gate.ts'

const ground = useGate()
const { enter, call } = ground
const others: Redis[] = []
afterAll(() => others.forEach((client) => client.disconnect()))

describe('a server that limits', () => {
  const named = (ms: number): Limit => ({ policy: '30;w=300', endsAt: after(ms) })
  const limited = (scope: 'identity' | 'server', limit: Limit): Told => ({ kind: 'answered', limit: { scope, limit } })
  const alice = { job: 'connect', identity: 'alice.example' } as const
  const bob = { job: 'connect', identity: 'bob.example' } as const

  test('a limit of one identity: its next sign-in waits until the time that was named, nobody else waits', async () => {
    // Redis goes by a clock of its own.
    const before = Date.now()
    await call(0, limited('identity', named(240_000)), alice)
    const { waitMs, ...rest } = waits(await enter(1000, alice))
    const [comesAt, now] = [Date.now() + waitMs, Date.now()]
    expect(rest).toMatchObject({ reason: 'rate_limited', code: 'waiting_for_rate_limit' })
    expect(comesAt).toBeGreaterThanOrEqual(before + 239_990)
    expect(comesAt).toBeLessThan(now + 240_100)
    inside(await enter(1000, bob))
    inside(await enter(1000, { job: 'verify' }))
    inside(await enter(1000, { ...alice, origin: 'https://other.example' }))
  })

  test('when the time has come it goes on', async () => {
    await call(0, limited('identity', named(300)), alice)
    waits(await enter(0, alice))
    await vi.waitFor(async () => inside(await enter(0, alice)), { timeout: 45_000 })
  })

  test('a time that is past when it is told holds up nobody, and leaves nothing in Redis', async () => {
    await call(1000, limited('server', named(0)))
    inside(await enter(1000))
    expect(await ground.redis.keys(`${ground.prefix}:rate-limit:named:*`)).toEqual([])
  })

  test('a limit of an identity that was named to something else than a sign-in holds up nobody', async () => {
    await call(0, limited('identity', named(240_000)), { identity: 'alice.example' })
    inside(await enter(1000, { identity: 'alice.example' }))
    inside(await enter(1000, alice))
  })

  test('a limit of our address: everybody waits there, and they do not come back in the same moment', async () => {
    await call(0, limited('server', { policy: '3000;w=300', endsAt: after(60_000) }), alice)
    const times: number[] = []
    for (let index = 0; index < 20; index++)
      times.push(Date.now() + waits(await enter(0, index % 2 ? bob : { job: 'verify' })).waitMs)
    expect(Math.min(...times) - Date.now()).toBeGreaterThan(40_000)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(150)
    inside(await enter(0, { ...bob, origin: 'https://other.example' }))
  })

  test('a limit of sign-ins from our address that has no policy: every sign-in there waits, and nothing else', async () => {
    await call(0, limited('server', { policy: null, endsAt: after(60_000) }), alice)
    expect(waits(await enter(0, bob))).toMatchObject({ reason: 'rate_limited', code: 'waiting_for_rate_limit' })
    inside(await enter(0, { job: 'verify' }))
    inside(await enter(0, { ...bob, origin: 'https://other.example' }))
  })

  test('what one process was told counts for all', async () => {
    const second = ground.gateOf()
    await call(0, limited('identity', named(240_000)), alice)
    expect(waits(await enter(1, { ...alice, at: second }))).toMatchObject({ reason: 'rate_limited' })
    await call(1, limited('server', named(60_000)), bob)
    expect(waits(await enter(2, { ...bob, at: second }))).toMatchObject({ reason: 'rate_limited' })
  })

  test('who waits for it takes nothing from the budget of sign-ins', async () => {
    await call(0, limited('identity', named(2_000)), alice)
    for (let count = 0; count < 30; count++) waits(await enter(0, alice))
    await vi.waitFor(async () => inside(await enter(0, alice)), { timeout: 45_000 })
  })

  test('without a time it is the window of the policy, without a policy five minutes', async () => {
    await call(0, limited('identity', { policy: '100;w=86400', endsAt: null }), alice)
    await call(0, limited('identity', { policy: null, endsAt: null }), bob)
    expect(Math.abs(waits(await enter(0, alice)).waitMs - 21_600_000)).toBeLessThan(20_000)
    expect(Math.abs(waits(await enter(0, bob)).waitMs - 300_000)).toBeLessThan(20_000)
  })
})

describe('without Redis', () => {
  const client = (url: string, options: object) => {
    const made = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, ...options })
    made.on('error', () => {})
    others.push(made)
    return made
  }

  test('the gate is open when Redis is away', async () => {
    const away = ground.gateOf({ client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    await call(0, silent, { at: away, job: 'connect' })
    await call(0, answered, { at: away, job: 'connect' })
  })

  test('the gate is open a moment later when Redis does not answer', async () => {
    const silent = ground.gateOf({ client: client('redis://127.0.0.1:1', {}), redisMs: 200 })
    const startedAt = performance.now()
    inside(await enter(0, { at: silent }))
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('no more than its slots are taken all the same', async () => {
    const away = ground.gateOf({ client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    for (let count = 0; count < 3; count++) inside(await enter(0, { at: away }))
    expect((await enter(5_000, { at: away })).kind).toBe('full')
  })
})
