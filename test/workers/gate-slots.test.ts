// The slots of servers and the places of users in one process, as the gate shows them: one that hangs never holds every job.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { Entered, Place } from '../../workers/gate/gate.ts'
import { after, answered, DEAD, faulty, inside, nothing, silent, TIMEOUT_MS, useGate, waits } from '../helpers/gate.ts'

const ground = useGate()
const { enter, call } = ground

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
    const stranger = { serviceUrl: 'https://service.example' }
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
    // Each would have waited for half a second at least.
    expect(performance.now() - at).toBeLessThan(8_000)
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
    expect(ground.gate.mustWait({ job: 'verify', origin: DEAD }, after(3_001))).toMatchObject({ kind: 'full' })
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

  test('one that answers with a fault of its own does not hang: it keeps its slots', async () => {
    await call(0, answered)
    await call(1, faulty)
    await fill(16, 2)
  })

  test('has three again after it kept silent', async () => {
    await call(0, answered)
    await call(1, silent)
    await fill(3, 2)
    expect(counts(await Promise.all([enter(2), enter(2)]))).toEqual({ entered: 0, full: 2 })
  })

  test('with everybody at one server that is well, a worker that has just begun sends nobody back into the queue', async () => {
    let [left, full] = [240, 0]
    const job = async () => {
      while (left-- > 0) {
        const [origin, userId] = ['https://well.example', String(left)]
        const who = { userId, identity: `${left}.example`, isOwner: false }
        const visit = { job: 'verify', origin, serviceUrl: origin, ...who } as const
        const entered = ground.gate.mustWait(visit, after(0)) ?? (await ground.gate.enter(visit, after(0)))
        if (entered.kind !== 'entered') full++
        else await nextTurn().then(() => entered.leave(answered, after(1)))
      }
    }
    await Promise.all(Array.from({ length: 20 }, job))
    expect(full).toBe(0)
  })

  test('each queue has its own', async () => {
    await fill(3)
    inside(await enter(5_000, { job: 'connect' }))
  })

  test('removals share those of the sign-ins, whose queue they are in', async () => {
    for (let count = 0; count < 3; count++) inside(await enter(0, { job: 'disconnect' }))
    expect((await enter(5_000, { job: 'connect' })).kind).toBe('full')
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
    const wouldWait = (ms: number) => ground.gate.mustWait({ job: 'verify', origin: DEAD }, after(ms))
    expect(wouldWait(0)).toBeNull()
    expect(ground.gate.crowded(after(0))).toBe(false)
    const out = await fill(3)
    // There may be a slot soon.
    expect(wouldWait(100)).toBeNull()
    expect(ground.gate.crowded(after(100))).toBe(false)
    expect(wouldWait(5_000)).toMatchObject({ kind: 'full' })
    expect(ground.gate.crowded(after(5_000))).toBe(true)
    for (const each of out) await each.leave(silent, after(5_000))
    expect(wouldWait(5_001)).toMatchObject({ reason: 'breaker_open' })
    expect(ground.gate.crowded(after(5_001))).toBe(true)
    // It is time for the trial.
    expect(wouldWait(20_000)).toBeNull()
    expect(ground.gate.crowded(after(20_000))).toBe(false)
  })
})

describe('places of a user', () => {
  const take = (ms: number, userId = 'flooder') => ground.gate.takePlace('connect', userId, after(ms))
  const taken = (place: Place) => {
    if (place.kind !== 'taken') throw new Error('found no place')
    return place
  }
  const fill = async (userId?: string) => {
    const all = []
    for (let count = 0; count < 10; count++) all.push(taken(await take(0, userId)))
    return all
  }

  test('are half of the jobs in hand: whatever one user is at, there is room for others', async () => {
    await fill()
    expect((await take(1_000)).kind).toBe('full')
    await fill('somebody else')
  })

  test('each queue has its own', async () => {
    await fill()
    taken(await ground.gate.takePlace('verify', 'flooder', after(1_000)))
  })

  test('while jobs of the user end swiftly, his next one waits for a place in memory', async () => {
    const [first, second] = await fill()
    const [next, last] = [take(100), take(100)]
    first?.leave(after(200))
    taken(await next)
    second?.leave(after(400))
    taken(await last)
  })

  test('while they hang, his others go back into the queue, and one is called for each that ends', async () => {
    const [first, second] = await fill()
    const called: number[] = []
    for (const index of [0, 1, 2]) {
      const place = await take(1_000)
      if (place.kind !== 'full') throw new Error('found a place')
      expect(place.waitMs).toBeGreaterThanOrEqual(TIMEOUT_MS)
      place.onSlot(() => called.push(index))
    }
    first?.leave(after(TIMEOUT_MS))
    expect(called).toEqual([0])
    taken(await take(TIMEOUT_MS + 1))
    second?.leave(after(TIMEOUT_MS + 2))
    expect(called).toEqual([0, 1])
  })
})
