// The gate in front of servers, on a real Redis. The clock is a parameter: nothing here waits for it.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Limit } from '../../src/outcomes/evidence.ts'
import { readConfig } from '../../src/config.ts'
import type { JobName } from '../../src/jobs.ts'
import { createHostGate, type Entered, type HostGate, type Result } from '../../workers/gate/gate.ts'
import { collectLog } from '../helpers/log.ts'

const { redisUrl } = inject('stores')
const redis = new Redis(redisUrl)
const others: Redis[] = []
afterAll(() => [redis, ...others].forEach((client) => client.disconnect()))

const START = Date.parse('2026-11-24T12:00:00Z')
const TIMEOUT_MS = 15_000
const after = (ms: number) => new Date(START + ms)

function createGate(prefix: string, { client = redis, redisMs = 20_000 }: { client?: Redis; redisMs?: number } = {}) {
  const config = readConfig({
    MONGODB_URL: 'mongodb://127.0.0.1/unused',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    AUTH_SECRET: 'a secret that nobody can guess at all',
    SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    WORKER_CONCURRENCY: '20',
  })
  return createHostGate({ redis: client, config, log: collectLog().logger, redisMs })
}

let prefix: string
let gate: HostGate
beforeEach(() => {
  prefix = `gate-${randomUUID()}`
  gate = createGate(prefix)
})

const DEAD = 'https://dead.example'
const fault: Result = { kind: 'fault', code: 'pds_unreachable' }
const answered: Result = { kind: 'answered' }
const nothing: Result = { kind: 'nothing' }

interface Target {
  at?: HostGate
  origin?: string
  step?: JobName
  identifier?: string
}

const enter = (ms: number, { at = gate, origin = DEAD, step = 'connect', identifier = '' }: Target = {}) =>
  at.enter({ step, origin, ...(identifier ? { identifier } : {}) }, after(ms))

const inside = (entered: Entered) => {
  if (!entered.go) throw new Error(`has to wait: ${entered.reason}`)
  return entered
}
const waits = (entered: Entered) => {
  if (entered.go) throw new Error('was let through')
  return entered
}
const call = async (ms: number, result: Result, target: Target = {}) =>
  inside(await enter(ms, target)).leave(result, after(ms))

/** @returns when the probe may go */
async function putAside(ms: number, rounds = 1): Promise<number> {
  let at = ms
  for (let count = 0; count < 3; count++) await call(at, fault)
  for (let round = 1; ; round++) {
    at += waits(await enter(at)).waitMs
    if (round === rounds) return at
    await call(at, fault)
  }
}

describe('a server that fails', () => {
  test('is put aside after three faults in a row, not after two', async () => {
    await call(0, fault)
    await call(0, fault)
    await call(0, fault)
    expect(waits(await enter(1))).toMatchObject({ reason: 'aside', code: 'pds_unreachable' })
  })

  test('is not put aside as long as it answers in between', async () => {
    for (const result of [fault, fault, answered, fault, fault]) await call(0, result)
    expect((await enter(1)).go).toBe(true)
  })

  test('keeps for those who wait what was seen there last', async () => {
    await call(0, fault)
    await call(0, fault)
    await call(0, { kind: 'fault', code: 'pds_error' })
    expect(waits(await enter(1))).toMatchObject({ code: 'pds_error' })
  })

  test('is put aside once for all calls that were out when it happened', async () => {
    const out = [inside(await enter(0)), inside(await enter(0)), inside(await enter(0))]
    const second = createGate(prefix)
    const late = [inside(await enter(0, { at: second })), inside(await enter(0, { at: second }))]
    for (const each of out) await each.leave(fault, after(TIMEOUT_MS))
    const until = TIMEOUT_MS + waits(await enter(TIMEOUT_MS + 1)).waitMs
    for (const each of late) await each.leave(fault, after(until + 1))
    expect((await enter(until + 2)).go).toBe(true)
  })

  test('is put aside for longer every time, and for ten minutes at most', async () => {
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

  test('starts from the beginning after it was back', async () => {
    const at = await putAside(0, 3)
    await call(at, answered)
    expect((await putAside(at)) - at).toBeLessThan(12_000)
  })

  test('holds up nobody who goes elsewhere', async () => {
    await putAside(0)
    expect((await enter(1, { origin: 'https://well.example' })).go).toBe(true)
  })

  test('is put aside for all processes', async () => {
    const second = createGate(prefix)
    await call(0, fault)
    await call(0, fault, { at: second })
    await call(0, fault)
    expect(waits(await enter(1, { at: second })).reason).toBe('aside')
  })
})

describe('coming back', () => {
  test('one probe at a time, in all processes together', async () => {
    const second = createGate(prefix)
    const at = await putAside(0)
    const all = await Promise.all([enter(at), enter(at, { at: second }), enter(at), enter(at, { at: second })])
    expect(all.filter(({ go }) => go)).toHaveLength(1)
    for (const each of all) if (!each.go) expect(each.waitMs).toBeGreaterThanOrEqual(TIMEOUT_MS)
  })

  test('everybody goes on as soon as the probe was answered, whatever the answer', async () => {
    const at = await putAside(0)
    await call(at, answered)
    const all = await Promise.all([enter(at + 1), enter(at + 1), enter(at + 1, { at: createGate(prefix) })])
    expect(all.every(({ go }) => go)).toBe(true)
  })

  test('a probe that learnt nothing leaves its turn to the next', async () => {
    const at = await putAside(0)
    await call(at, nothing)
    expect((await enter(at + 1)).go).toBe(true)
  })

  test('of those who wait, the first comes as the probe and the others one after the other when it is over', async () => {
    for (let count = 0; count < 3; count++) await call(0, fault)
    const times: number[] = []
    for (let index = 0; index < 100; index++) times.push(waits(await enter(0)).waitMs)
    const [first = 0, ...rest] = times
    expect(Math.min(...rest) - first).toBeGreaterThanOrEqual(TIMEOUT_MS)
    expect(Math.max(...rest) - Math.min(...rest)).toBeGreaterThan(1_900)
  })
})

describe('places', () => {
  test('a server that has not answered yet gets three of the slots, one that has gets most of them', async () => {
    const out = [inside(await enter(0)), inside(await enter(0)), inside(await enter(0))]
    expect(waits(await enter(0)).reason).toBe('full')
    await out[0]?.leave(answered, after(400))
    let more = 0
    while ((await enter(400)).go) more++
    expect(more + 2).toBe(16)
  })

  test('each kind of step has its own', async () => {
    for (let count = 0; count < 3; count++) await enter(0)
    expect((await enter(0, { step: 'verify' })).go).toBe(true)
  })

  test('removals share those of the sign-ins, whose queue they are in', async () => {
    for (let count = 0; count < 3; count++) inside(await enter(0, { step: 'disconnect' }))
    expect(waits(await enter(0))).toMatchObject({ reason: 'full' })
  })

  test('those who found none are called when the server has answered, as many as there are places then', async () => {
    const out = [inside(await enter(0)), inside(await enter(0)), inside(await enter(0))]
    const called: number[] = []
    for (let index = 0; index < 20; index++) {
      const entered = waits(await enter(0))
      if (entered.reason === 'full') entered.park(() => called.push(index))
    }
    expect(called).toEqual([])
    await out[0]?.leave(answered, after(400))
    expect(called).toEqual([...Array(14).keys()])
  })

  test('who is told to wait comes by himself when the calls that are out must have ended', async () => {
    for (let count = 0; count < 3; count++) await enter(0)
    expect(waits(await enter(0)).waitMs).toBeGreaterThanOrEqual(TIMEOUT_MS)
  })

  test('a step that broke off gives its place back', async () => {
    for (let count = 0; count < 5; count++) await call(0, nothing)
    expect((await enter(0)).go).toBe(true)
  })

  test('before a step begins, its process knows whether it would have to wait', async () => {
    const wouldWait = async (ms: number) => (await gate.mustWait({ step: 'connect', origin: DEAD }, after(ms)))?.reason
    expect(await wouldWait(0)).toBeUndefined()
    expect(gate.crowded()).toBe(false)
    const out = [inside(await enter(0)), inside(await enter(0)), inside(await enter(0))]
    expect(await wouldWait(0)).toBe('full')
    expect(gate.crowded()).toBe(true)
    for (const each of out) await each.leave(fault, after(0))
    await enter(1)
    expect(await wouldWait(1)).toBe('aside')
  })
})

describe('a server that limits', () => {
  const named = (ms: number): Limit => ({ policy: '30;w=300', endsAt: after(ms) })
  const limited = (scope: 'identity' | 'server', limit: Limit): Result => ({
    kind: 'answered',
    limit: { scope, limit },
  })
  const alice = { identifier: 'alice.example' }
  const bob = { identifier: 'bob.example' }

  test('a limit of one identity: its next sign-in waits until the time that was named, nobody else waits', async () => {
    await call(0, limited('identity', named(240_000)), alice)
    const { waitMs, ...rest } = waits(await enter(1000, alice))
    expect(rest).toMatchObject({ reason: 'limited', code: 'waiting_for_rate_limit' })
    expect(waitMs).toBeGreaterThanOrEqual(239_000)
    expect(waitMs).toBeLessThan(240_000)
    expect((await enter(1000, bob)).go).toBe(true)
    expect((await enter(1000, { step: 'verify' })).go).toBe(true)
    expect((await enter(1000, { ...alice, origin: 'https://other.example' })).go).toBe(true)
    expect((await enter(240_000, alice)).go).toBe(true)
  })

  test('a limit of an identity that is not known holds up nobody', async () => {
    await call(0, limited('identity', named(240_000)))
    expect((await enter(1000)).go).toBe(true)
  })

  test('a limit of our address: everybody waits there, and they do not come back in the same moment', async () => {
    await call(0, limited('server', { policy: '3000;w=300', endsAt: after(60_000) }), alice)
    const times: number[] = []
    for (let index = 0; index < 20; index++)
      times.push(waits(await enter(0, index % 2 ? bob : { step: 'verify' })).waitMs)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(60_000)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(300)
    expect((await enter(0, { ...bob, origin: 'https://other.example' })).go).toBe(true)
  })

  test('without a time it is the window of the policy, without a policy five minutes', async () => {
    await call(0, limited('identity', { policy: '100;w=86400', endsAt: null }), alice)
    await call(0, limited('identity', { policy: null, endsAt: null }), bob)
    expect(Math.round(waits(await enter(0, alice)).waitMs / 1000)).toBe(21_600)
    expect(Math.round(waits(await enter(0, bob)).waitMs / 1000)).toBe(300)
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
    const away = createGate(prefix, { client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    await call(0, fault, { at: away, identifier: 'alice.example' })
    await call(0, answered, { at: away, identifier: 'alice.example' })
  })

  test('the gate is open a moment later when Redis does not answer', async () => {
    const silent = createGate(prefix, { client: client('redis://127.0.0.1:1', {}), redisMs: 200 })
    const startedAt = performance.now()
    expect((await enter(0, { at: silent })).go).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('no more than its places are taken all the same', async () => {
    const away = createGate(prefix, { client: client('redis://127.0.0.1:1', { enableOfflineQueue: false }) })
    for (let count = 0; count < 3; count++) inside(await enter(0, { at: away }))
    expect(waits(await enter(0, { at: away })).reason).toBe('full')
  })
})
