// The gate in front of servers, on a real Redis. The clock is a parameter: next to nothing here waits for it.
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { readConfig, type QueueName } from '../../src/config.ts'
import { jobs } from '../../src/jobs.ts'
import type { Limit } from '../../src/outcomes/evidence.ts'
import { createGate, type Entered, type Gate, type Told } from '../../workers/gate/gate.ts'
import { collectLog } from '../helpers/log.ts'

const { redisUrl } = inject('stores')
const redis = new Redis(redisUrl)
const others: Redis[] = []
afterAll(() => [redis, ...others].forEach((client) => client.disconnect()))

const START = Date.parse('2026-11-24T12:00:00Z')
const TIMEOUT_MS = 15_000
const HOUR_MS = 3600_000
const after = (ms: number) => new Date(START + ms)

let log = collectLog()

function gateOf(prefix: string, { client = redis, redisMs = 20_000 }: { client?: Redis; redisMs?: number } = {}) {
  const config = readConfig({
    MONGODB_URL: 'mongodb://127.0.0.1/unused',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    AUTH_SECRET: 'a secret that nobody can guess at all',
    SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    WORKER_CONCURRENCY: '20',
  })
  return createGate({ redis: client, config, log: log.logger, redisMs })
}

let prefix: string
let gate: Gate
beforeEach(() => {
  log = collectLog()
  prefix = `gate-${randomUUID()}`
  gate = gateOf(prefix)
})

const DEAD = 'https://dead.example'
const fault: Told = { kind: 'fault', code: 'pds_unreachable' }
const answered: Told = { kind: 'answered' }
const nothing: Told = { kind: 'nothing' }

interface Target {
  at?: Gate
  origin?: string
  queue?: QueueName
  identifier?: string
  isServiceUrl?: boolean
}

function enter(ms: number, { at = gate, origin = DEAD, queue = 'connect', identifier = '', ...more }: Target = {}) {
  return at.enter({ queue, origin, isServiceUrl: true, ...more, ...(identifier ? { identifier } : {}) }, after(ms))
}

const inside = (entered: Entered) => {
  if (entered.kind !== 'entered') throw new Error(`has to wait: ${JSON.stringify(entered)}`)
  return entered
}
const waits = (entered: Entered) => {
  if (entered.kind === 'entered') throw new Error('was let through')
  return entered
}
const tellFault = (entered: Entered) => (entered.kind === 'entered' ? entered.leave(fault, after(0)) : undefined)
const call = async (ms: number, told: Told, target: Target = {}) =>
  inside(await enter(ms, target)).leave(told, after(ms))

/** @returns when the trial may go */
async function open(ms: number, rounds = 1): Promise<number> {
  let at = ms
  for (let count = 0; count < 3; count++) await call(at, fault)
  for (let round = 1; ; round++) {
    at += waits(await enter(at)).waitMs
    if (round === rounds) return at
    await call(at, fault)
  }
}

describe('a breaker', () => {
  test('opens after three faults in a row, not after two', async () => {
    await call(0, fault)
    await call(0, fault)
    await call(0, fault)
    expect(waits(await enter(1))).toMatchObject({ reason: 'breaker_open', origin: DEAD, code: 'pds_unreachable' })
  })

  test('stays closed as long as the server answers in between', async () => {
    for (const told of [fault, fault, answered, fault, fault]) await call(0, told)
    inside(await enter(1))
  })

  test('keeps for those who wait what was seen there last', async () => {
    await call(0, fault)
    await call(0, fault)
    await call(0, { kind: 'fault', code: 'pds_error' })
    expect(waits(await enter(1))).toMatchObject({ code: 'pds_error' })
  })

  test('opens once for all calls that were out when it happened', async () => {
    await call(0, answered)
    const out = [await enter(0), await enter(0), await enter(0), await enter(0), await enter(0)].map(inside)
    const late = out.splice(3)
    for (const each of out) await each.leave(fault, after(TIMEOUT_MS))
    const until = TIMEOUT_MS + waits(await enter(TIMEOUT_MS)).waitMs
    for (const each of late) await each.leave(fault, after(until + 1))
    inside(await enter(until + 2))
  })

  test('is open for longer every time, and for ten minutes at most', async () => {
    const seconds: number[] = []
    for (let count = 0; count < 3; count++) await call(0, fault)
    for (let round = 0, at = 0; round < 8; round++) {
      const { waitMs } = waits(await enter(at))
      seconds.push(waitMs / 1000)
      at += waitMs
      await call(at, fault)
    }
    const expected = [10, 30, 60, 120, 300, 600, 600, 600]
    expected.forEach((want, index) => expect(Math.abs((seconds[index] ?? 0) / want - 1)).toBeLessThan(0.12))
  })

  test('starts from the beginning after it was closed', async () => {
    const at = await open(0, 3)
    await call(at, answered)
    expect((await open(at)) - at).toBeLessThan(12_000)
  })

  test('holds up nobody who goes elsewhere', async () => {
    await open(0)
    inside(await enter(1, { origin: 'https://well.example' }))
  })

  test('says nothing to another process', async () => {
    const second = gateOf(prefix)
    for (let count = 0; count < 10; count++)
      await second.enter({ queue: 'connect', origin: DEAD }, after(0)).then(tellFault)
    expect(waits(await enter(1, { at: second }))).toMatchObject({ reason: 'breaker_open' })
    inside(await enter(1))
  })

  test('remembers nothing for longer than an hour', async () => {
    await call(0, fault)
    await call(0, fault)
    await call(HOUR_MS, fault)
    inside(await enter(HOUR_MS))

    const at = await open(2 * HOUR_MS)
    inside(await enter(at + HOUR_MS))
    inside(await enter(at + HOUR_MS))
  })

  test('is one of a thousand at most: the server that was not heard of for longest is forgotten', async () => {
    const old = { origin: 'https://old.example' }
    await call(0, fault)
    await call(0, fault)
    for (let count = 0; count < 3; count++) await call(0, fault, old)
    await Promise.all(Array.from({ length: 997 }, (_, index) => call(1, fault, { origin: `https://${index}.example` })))
    await call(2, fault)
    await call(3, fault, { origin: 'https://the-thousandth.example' })
    waits(await enter(3, old))
    await call(3, fault, { origin: 'https://one-more.example' })
    inside(await enter(4, old))
    waits(await enter(4))
  })

  test('is logged when it opens and when it closes', async () => {
    const at = await open(0)
    await call(at, answered)
    await call(at, answered)
    const lines = log.records().map(({ msg, server, reason }) => ({ msg, server, reason }))
    expect(lines).toEqual([
      { msg: 'breaker opened', server: DEAD, reason: 'pds_unreachable' },
      { msg: 'breaker closed', server: DEAD, reason: undefined },
    ])
  })
})

describe('a half-open breaker', () => {
  test('lets one trial through at a time', async () => {
    const at = await open(0)
    const all = await Promise.all([enter(at), enter(at), enter(at), enter(at)])
    expect(all.filter(({ kind }) => kind === 'entered')).toHaveLength(1)
    for (const each of all) if (each.kind !== 'entered') expect(each.waitMs).toBeGreaterThanOrEqual(TIMEOUT_MS)
  })

  test('closes for everybody as soon as the trial was answered, whatever the answer', async () => {
    const at = await open(0)
    await call(at, answered)
    for (const each of [await enter(at + 1), await enter(at + 1), await enter(at + 1)]) inside(each)
  })

  test('after a trial that learnt nothing it is the turn of the next', async () => {
    const at = await open(0)
    await call(at, nothing)
    inside(await enter(at + 1))
  })

  test('a trial that never comes to an end is given up', async () => {
    const at = await open(0)
    const lost = inside(await enter(at))
    waits(await enter(at + 69_000))
    inside(await enter(at + 70_000))
    // It is not the turn of the new one that it gives back.
    await lost.leave(nothing, after(at + 70_001))
    waits(await enter(at + 70_002))
  })

  test('of those who wait, the first comes as the trial and the others one after the other when it is over', async () => {
    for (let count = 0; count < 3; count++) await call(0, fault)
    const times: number[] = []
    for (let index = 0; index < 100; index++) times.push(waits(await enter(0)).waitMs)
    const [first = 0, ...rest] = times
    expect(Math.min(...rest) - first).toBeGreaterThanOrEqual(TIMEOUT_MS)
    expect(Math.max(...rest) - Math.min(...rest)).toBeGreaterThan(1_900)
  })
})

describe('slots', () => {
  const fill = async (count: number, ms = 0) => {
    const out = []
    for (let index = 0; index < count; index++) out.push(inside(await enter(ms)))
    return out
  }
  const counts = (all: Entered[]) => ({
    entered: all.filter(({ kind }) => kind === 'entered').length,
    full: all.filter(({ kind }) => kind === 'full').length,
  })

  test('a server that has not answered yet gets three, and the others wait for its first answer in memory', async () => {
    const [first] = await fill(3)
    const others = Array.from({ length: 17 }, () => enter(100))
    await first?.leave(answered, after(400))
    // It has most of the jobs in hand then, and the rest does not wait for ever.
    expect(counts(await Promise.all(others))).toEqual({ entered: 14, full: 3 })
  })

  test('a server that only an account names is not waited for in memory before it has answered', async () => {
    const stranger = { isServiceUrl: false }
    const first = inside(await enter(0, stranger))
    for (let count = 0; count < 2; count++) inside(await enter(0, stranger))
    expect(waits(await enter(0, stranger))).toMatchObject({ kind: 'full' })
    await first.leave(answered, after(400))
    for (let count = 0; count < 14; count++) inside(await enter(400, stranger))
  })

  test('who waits in memory gives up soon, and nobody waits any more for a server that hangs', async () => {
    await fill(3)
    const startedAt = performance.now()
    expect((await enter(0)).kind).toBe('full')
    expect(performance.now() - startedAt).toBeGreaterThan(500)
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS / 2)
    const at = performance.now()
    for (let count = 0; count < 20; count++) expect((await enter(2_000)).kind).toBe('full')
    expect(performance.now() - at).toBeLessThan(500)
  })

  test('one that answered and begins to hang holds four fifths of the jobs, and the rest only for a moment', async () => {
    await call(0, answered)
    await fill(16, 100)
    const startedAt = performance.now()
    expect(counts(await Promise.all(Array.from({ length: 4 }, () => enter(200))))).toEqual({ entered: 0, full: 4 })
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS / 2)
    expect(await enter(3_000)).toMatchObject({ kind: 'full' })
  })

  test('one that answers slowly is not waited for in memory', async () => {
    const [first] = await fill(3)
    await first?.leave(answered, after(3_000))
    await fill(14, 3_000)
    expect(gate.mustWait({ queue: 'connect', origin: DEAD }, after(3_001))).toMatchObject({ kind: 'full' })
  })

  test('one that was well is still waited for after nobody was there for a while', async () => {
    await call(0, answered)
    const [first] = await fill(16, 60_000)
    const waiting = enter(60_001)
    await first?.leave(answered, after(60_100))
    inside(await waiting)
  })

  test('one that was well is forgotten after ten minutes', async () => {
    await call(0, answered)
    await call(600_000, answered, { origin: 'https://other.example' })
    await fill(3, 600_000)
    expect(counts([await enter(600_000)])).toEqual({ entered: 0, full: 1 })
  })

  test('has three again after a fault', async () => {
    await call(0, answered)
    await call(1, fault)
    await fill(3, 2)
    expect(counts(await Promise.all([enter(2), enter(2)]))).toEqual({ entered: 0, full: 2 })
  })

  test('with everybody at one server that is well, a worker that has just begun sends nobody back into the queue', async () => {
    let [left, full] = [240, 0]
    const job = async () => {
      while (left-- > 0) {
        const visit = { queue: 'verify', origin: 'https://well.example', isServiceUrl: true } as const
        const entered = gate.mustWait(visit, after(0)) ?? (await gate.enter(visit, after(0)))
        if (entered.kind !== 'entered') full++
        else await nextTurn().then(() => entered.leave(answered, after(1)))
      }
    }
    await Promise.all(Array.from({ length: 20 }, job))
    expect(full).toBe(0)
  })

  test('each queue has its own', async () => {
    await fill(3)
    inside(await enter(5_000, { queue: 'verify' }))
  })

  test('removals share those of the sign-ins, whose queue they are in', async () => {
    for (let count = 0; count < 3; count++) inside(await enter(0, { queue: jobs.disconnect.queue }))
    expect((await enter(5_000)).kind).toBe('full')
  })

  const park = async (ms: number, called: () => void) => {
    const entered = await enter(ms)
    if (entered.kind !== 'full') throw new Error('found a slot')
    entered.onSlot(called)
  }

  test('those who found none are called when the server has answered, as many as there are slots then', async () => {
    const [first, ...others] = await fill(3)
    const called: number[] = []
    for (let index = 0; index < 20; index++) await park(5_000, () => called.push(index))
    expect(called).toEqual([])
    await first?.leave(answered, after(5_400))
    expect(called).toEqual([...Array(14).keys()])
    await others[0]?.leave(answered, after(5_500))
    expect(called).toHaveLength(15)
    // Those went elsewhere.
    await others[1]?.leave(answered, after(6_500))
    expect(called).toEqual([...Array(20).keys()])
  })

  test('who has come by himself meanwhile is not called', async () => {
    const [first] = await fill(3)
    const called: string[] = []
    await park(5_000, () => called.push('early'))
    await park(50_000, () => called.push('late'))
    await first?.leave(answered, after(60_000))
    expect(called).toEqual(['late'])
  })

  test('who was told to wait is called at once when there is a slot by then', async () => {
    const [first] = await fill(3)
    const entered = await enter(5_000)
    await first?.leave(answered, after(5_001))
    const called = vi.fn<() => void>()
    if (entered.kind === 'full') entered.onSlot(called)
    expect(called).toHaveBeenCalledTimes(1)
  })

  test('who is told to wait comes by himself when the calls that are out must have ended, one after the other', async () => {
    await fill(3)
    const times: number[] = []
    for (let count = 0; count < 50; count++) {
      times.push(waits(await enter(5_000)).waitMs)
      await park(5_000, () => {})
    }
    expect(Math.min(...times)).toBeGreaterThanOrEqual(TIMEOUT_MS)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1_900)
  })

  test('a step that broke off gives its slot back, and tells nothing of its server', async () => {
    const [first] = await fill(3)
    await first?.leave(nothing, after(1))
    inside(await enter(1))
    expect((await enter(5_000)).kind).toBe('full')
  })

  test('before a step begins, its process knows whether it would have to wait', async () => {
    const wouldWait = (ms: number) => gate.mustWait({ queue: 'connect', origin: DEAD }, after(ms))
    expect(wouldWait(0)).toBeNull()
    expect(gate.crowded(after(0))).toBe(false)
    const out = await fill(3)
    // There may be a slot soon.
    expect(wouldWait(100)).toBeNull()
    expect(gate.crowded(after(100))).toBe(false)
    expect(wouldWait(5_000)).toMatchObject({ kind: 'full' })
    expect(gate.crowded(after(5_000))).toBe(true)
    for (const each of out) await each.leave(fault, after(5_000))
    expect(wouldWait(5_001)).toMatchObject({ reason: 'breaker_open' })
    expect(gate.crowded(after(5_001))).toBe(true)
    // It is time for the trial.
    expect(wouldWait(20_000)).toBeNull()
    expect(gate.crowded(after(20_000))).toBe(false)
  })
})

describe('a server that limits', () => {
  const named = (ms: number): Limit => ({ policy: '30;w=300', endsAt: after(ms) })
  const limited = (scope: 'identity' | 'server', limit: Limit): Told => ({ kind: 'answered', limit: { scope, limit } })
  const alice = { identifier: 'alice.example' }
  const bob = { identifier: 'bob.example' }

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
    inside(await enter(1000, { queue: 'verify' }))
    inside(await enter(1000, { ...alice, origin: 'https://other.example' }))
  })

  test('when the time has come it goes on', async () => {
    await call(0, limited('identity', named(300)), alice)
    waits(await enter(0, alice))
    await vi.waitFor(async () => inside(await enter(0, alice)), { timeout: 20_000 })
  })

  test('a time that is past when it is told holds up nobody, and leaves nothing in Redis', async () => {
    await call(1000, limited('server', named(0)))
    inside(await enter(1000))
    expect(await redis.keys(`${prefix}:*`)).toEqual([])
  })

  test('a limit of an identity that is not known holds up nobody', async () => {
    await call(0, limited('identity', named(240_000)))
    inside(await enter(1000))
    inside(await enter(1000, alice))
  })

  test('a limit of our address: everybody waits there, and they do not come back in the same moment', async () => {
    await call(0, limited('server', { policy: '3000;w=300', endsAt: after(60_000) }), alice)
    const times: number[] = []
    for (let index = 0; index < 20; index++)
      times.push(Date.now() + waits(await enter(0, index % 2 ? bob : { queue: 'verify' })).waitMs)
    expect(Math.min(...times) - Date.now()).toBeGreaterThan(55_000)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(150)
    inside(await enter(0, { ...bob, origin: 'https://other.example' }))
  })

  test('what one process was told counts for all', async () => {
    const second = gateOf(prefix)
    await call(0, limited('identity', named(240_000)), alice)
    expect(waits(await enter(1, { ...alice, at: second }))).toMatchObject({ reason: 'rate_limited' })
    await call(1, limited('server', named(60_000)), bob)
    expect(waits(await enter(2, { ...bob, at: second }))).toMatchObject({ reason: 'rate_limited' })
  })

  test('who waits for it takes nothing from the budget of sign-ins', async () => {
    await call(0, limited('identity', named(300)), alice)
    for (let count = 0; count < 30; count++) waits(await enter(0, alice))
    await vi.waitFor(async () => inside(await enter(0, alice)), { timeout: 20_000 })
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
    const away = gateOf(prefix, { client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    await call(0, fault, { at: away, identifier: 'alice.example' })
    await call(0, answered, { at: away, identifier: 'alice.example' })
  })

  test('the gate is open a moment later when Redis does not answer', async () => {
    const silent = gateOf(prefix, { client: client('redis://127.0.0.1:1', {}), redisMs: 200 })
    const startedAt = performance.now()
    inside(await enter(0, { at: silent }))
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('no more than its slots are taken all the same', async () => {
    const away = gateOf(prefix, { client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    for (let count = 0; count < 3; count++) inside(await enter(0, { at: away }))
    expect((await enter(5_000, { at: away })).kind).toBe('full')
  })
})
