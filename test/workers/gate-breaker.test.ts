// The circuit breaker of a server, as the gate shows it: what opens it, who is held up by it, and what closes it again.
import { describe, expect, test } from 'vitest'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Told } from '../../workers/gate/gate.ts'
import { after, answered, DEAD, faulty, inside, nothing, silent, TIMEOUT_MS, useGate, waits } from '../helpers/gate.ts'

const ground = useGate()
const { enter, call, open } = ground

describe('a breaker', () => {
  test('opens after three calls in a row without an answer, not after two, whosever they are', async () => {
    const alone = { userId: 'alice', identity: 'alice.example' }
    await call(0, silent, alone)
    await call(0, silent, alone)
    await call(0, silent, alone)
    expect(waits(await enter(1))).toMatchObject({ reason: 'breaker_open', origin: DEAD, code: 'pds_unreachable' })
  })

  test('stays closed as long as the server answers in between', async () => {
    for (const told of [silent, silent, answered, silent, silent]) await call(0, told)
    inside(await enter(1))
  })

  test('opens after three faults that three users met with three identities', async () => {
    await call(0, faulty)
    await call(0, faulty)
    inside(await enter(1))
    await call(1, faulty)
    expect(waits(await enter(2))).toMatchObject({ code: 'pds_error' })
  })

  test('a wall that is met three times opens it, also by one user, and not once; whoever waits is told what it is', async () => {
    const names = { reason: 'challenge', product: 'Cloudflare' }
    const walled: Told = { kind: 'fault', code: 'server_protected', names }
    const agency = { userId: 'agency' }
    await call(0, walled, agency)
    await call(0, answered, agency)
    await call(0, walled, agency)
    inside(await enter(1))
    for (let count = 0; count < 3; count++) await call(1, walled, agency)
    expect(waits(await enter(3))).toMatchObject({ code: 'server_protected', names })
  })

  test('three certificates that do not hold open it however many were answered before', async () => {
    for (let count = 0; count < 20; count++) await call(0, answered)
    for (let count = 0; count < 3; count++) await call(0, { kind: 'fault', code: 'server_certificate' })
    expect(waits(await enter(1))).toMatchObject({ code: 'server_certificate' })
  })

  test('its trial is told why it opened: a wall ends when the wall does, not when something answers', async () => {
    const codes: OutcomeCode[] = []
    const at = ground.gateOf({
      isUp: async (_origin, code) => {
        codes.push(code)
        return true
      },
    })
    for (let count = 0; count < 3; count++) await call(0, { kind: 'fault', code: 'server_protected' }, { at })
    inside(await enter(20_000, { at }))
    expect(codes).toEqual(['server_protected'])
  })

  test.each([
    ['one user with many identities', { userId: 'mallory' }],
    ['many users with one identity', { identity: 'broken.example' }],
  ])('faults that %s meets close a server to everybody only when they are many', async (_who, same) => {
    for (let count = 0; count < 8; count++) await call(0, faulty, same)
    inside(await enter(1))
    // A dead server must be noticed where there is one user alone.
    await call(1, faulty, same)
    waits(await enter(2))
  })

  test('a server that answered many gets more faults in a row than one that answered none', async () => {
    for (let count = 0; count < 20; count++) await call(0, answered)
    for (let count = 0; count < 12; count++) await call(0, faulty)
    inside(await enter(1))
    await call(1, faulty)
    waits(await enter(2))
  })

  test('one that kept silent three times opens however many it answered before', async () => {
    for (let count = 0; count < 20; count++) await call(0, answered)
    for (let count = 0; count < 3; count++) await call(0, silent)
    waits(await enter(1))
  })

  test('opens once for all calls that were out when it happened', async () => {
    await call(0, answered)
    const out = [await enter(0), await enter(0), await enter(0), await enter(0), await enter(0)].map(inside)
    const late = out.splice(3)
    for (const each of out) await each.leave(silent, after(TIMEOUT_MS))
    const until = TIMEOUT_MS + waits(await enter(TIMEOUT_MS)).waitMs
    await call(until, answered)
    for (const each of late) await each.leave(silent, after(until + 1))
    await call(until + 2, silent)
    inside(await enter(until + 2))
  })

  test('is open for longer every time, and for ten minutes at most', async () => {
    const seconds: number[] = []
    for (let round = 1; round <= 8; round++) seconds.push(0)
    ground.isUp = async () => false
    for (let count = 0; count < 3; count++) await call(0, silent)
    for (let round = 0, at = 0; round < 8; round++) {
      const { waitMs } = waits(await enter(at))
      seconds[round] = waitMs / 1000
      at += waitMs
    }
    const expected = [10, 30, 60, 120, 300, 600, 600, 600]
    expected.forEach((want, index) => expect(Math.abs((seconds[index] ?? 0) / want - 1)).toBeLessThan(0.12))
  })

  test('starts from the beginning after a call was answered, not after a trial alone', async () => {
    let at = await open(0)
    inside(await enter(at))
    for (let count = 0; count < 3; count++) await call(at, silent)
    expect(waits(await enter(at)).waitMs).toBeGreaterThan(25_000)

    at += 40_000
    await call(at, answered)
    expect((await open(at)) - at).toBeLessThan(12_000)
  })

  test('holds up nobody who goes elsewhere', async () => {
    await open(0)
    inside(await enter(1, { origin: 'https://well.example' }))
  })

  test('says nothing to another process', async () => {
    const second = ground.gateOf()
    for (let count = 0; count < 3; count++) await call(0, silent, { at: second })
    expect(waits(await enter(1, { at: second }))).toMatchObject({ reason: 'breaker_open' })
    inside(await enter(1))
  })

  test('is one of a thousand at most: the server that was not heard of for longest is forgotten', async () => {
    const old = { origin: 'https://old.example' }
    await call(0, silent)
    await call(0, silent)
    for (let count = 0; count < 3; count++) await call(0, silent, old)
    await Promise.all(
      Array.from({ length: 997 }, (_, index) => call(1, silent, { origin: `https://${index}.example` })),
    )
    await call(2, silent)
    await call(3, silent, { origin: 'https://the-thousandth.example' })
    waits(await enter(3, old))
    await call(3, silent, { origin: 'https://one-more.example' })
    inside(await enter(4, old))
    waits(await enter(4))
  })

  test('is logged when it opens and when it closes', async () => {
    const at = await open(0)
    await call(at, answered)
    await call(at, answered)
    const lines = ground.log.records().map(({ msg, server, reason }) => ({ msg, server, reason }))
    expect(lines).toEqual([
      { msg: 'breaker opened', server: DEAD, reason: 'pds_unreachable' },
      { msg: 'breaker closed', server: DEAD, reason: undefined },
    ])
  })
})

describe('a half-open breaker', () => {
  /** Holds the trial until it is told how it went. */
  const holdTrial = () => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    ground.isUp = () => promise
    return resolve
  }

  test('has the server tried with a call of our own before anybody is sent there, one at a time', async () => {
    const at = await open(0)
    const end = holdTrial()
    const first = enter(at)
    for (const each of [await enter(at), await enter(at), await enter(at)])
      expect(waits(each).waitMs).toBeGreaterThanOrEqual(TIMEOUT_MS)
    end(true)
    inside(await first)
    expect(ground.trials).toEqual([DEAD])
  })

  test('is closed for everybody as soon as the trial is answered', async () => {
    const at = await open(0)
    inside(await enter(at))
    for (const each of [await enter(at + 1), await enter(at + 1)]) inside(each)
    expect(ground.trials).toHaveLength(1)
  })

  test.each([
    ['is not answered', async () => false],
    ['breaks off', () => Promise.reject(new Error('a mistake of ours'))],
  ])('opens again where the trial %s, and keeps no slot for whoever came for it', async (_how, isUp) => {
    let at = await open(0)
    ground.isUp = isUp
    for (let count = 0; count < 4; count++) at += waits(await enter(at)).waitMs
    ground.isUp = async () => true
    for (let count = 0; count < 3; count++) inside(await enter(at))
  })

  test('a visit that learnt nothing opens and closes nothing', async () => {
    for (const told of [silent, silent, nothing]) await call(0, told)
    inside(await enter(0))
    await call(0, silent)
    waits(await enter(0))
  })

  test('of those who wait, the first comes for the trial and the others one after the other when it is over', async () => {
    for (let count = 0; count < 3; count++) await call(0, silent)
    const times: number[] = []
    for (let index = 0; index < 100; index++) times.push(waits(await enter(0)).waitMs)
    const [first = 0, ...rest] = times
    expect(Math.min(...rest) - first).toBeGreaterThanOrEqual(TIMEOUT_MS)
    expect(Math.max(...rest) - Math.min(...rest)).toBeGreaterThan(1_900)
  })
})
