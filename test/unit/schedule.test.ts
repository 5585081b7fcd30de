// When a channel is checked next: at a time of its own, evenly spread over all of them, and well before its session ends.
import { Types } from 'mongoose'
import { describe, expect, test } from 'vitest'
import { endOf } from '../../src/bluesky/session.ts'
import { nextCheckAt, nextLookAt } from '../../src/schedule.ts'

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
const AT = new Date('2026-11-27T10:20:30.400Z')
const daily = { intervalMs: DAY_MS, giveUpAfterMs: 5 * DAY_MS }
const off = { ...daily, intervalMs: 0 }
const later = (ms: number, from = AT) => new Date(from.getTime() + ms)
const newIds = (count: number) => Array.from({ length: count }, () => new Types.ObjectId().toHexString())
/** As far from now as it is due. */
const dueIn = (at: Date, from = AT) => at.getTime() - from.getTime()

/** @returns how many of a hundred thousand are due in each of `parts` equal parts of a day */
function perPart(due: (id: string) => Date, parts: number): number[] {
  const counts = Array.from({ length: parts }, () => 0)
  // Made one after the other, as those of a big import are: their ids differ in their last digits alone.
  for (const id of newIds(100_000)) {
    const part = Math.floor((dueIn(due(id)) / DAY_MS) * parts)
    counts[part] = (counts[part] ?? 0) + 1
  }
  return counts
}

describe('the checks of a day', () => {
  test('are evenly spread over it, however the channels came: every quarter of an hour has its ninety-sixth, give or take 15 %', () => {
    const counts = perPart((id) => nextCheckAt(id, null, daily, AT), 96)
    expect(counts).toHaveLength(96)
    expect(Math.min(...counts)).toBeGreaterThan((100_000 / 96) * 0.85)
    expect(Math.max(...counts)).toBeLessThan((100_000 / 96) * 1.15)
  })

  test('of channels that are broken in a way that may pass are as evenly spread', () => {
    const counts = perPart((id) => nextLookAt(id, off, AT), 24)
    expect(counts).toHaveLength(24)
    expect(Math.min(...counts)).toBeGreaterThan((100_000 / 24) * 0.9)
  })

  test('come at the time of day that is the channel its own, whenever the one before was', () => {
    for (const id of newIds(500)) {
      const first = nextCheckAt(id, null, daily, AT)
      // In time, and held up for hours by an outage.
      for (const heldUpMs of [0, 1, 7 * HOUR_MS, DAY_MS - 1]) {
        expect(nextCheckAt(id, null, daily, later(heldUpMs, first))).toEqual(later(DAY_MS, first))
      }
      expect(nextCheckAt(id, null, daily, later(-1, first))).toEqual(first)
    }
  })

  test('are never further away than the interval, and never now', () => {
    for (const intervalMs of [30_000, HOUR_MS, DAY_MS, 30 * DAY_MS]) {
      for (const id of newIds(200)) {
        const ms = dueIn(nextCheckAt(id, null, { ...daily, intervalMs }, AT))
        expect(ms).toBeGreaterThan(0)
        expect(ms).toBeLessThanOrEqual(intervalMs)
      }
    }
  })
})

describe('before a session ends', () => {
  test.each([
    { what: 'of two hours', leftMs: 2 * HOUR_MS },
    { what: 'of twelve days', leftMs: 12 * DAY_MS },
    { what: 'of ninety days', leftMs: 90 * DAY_MS },
  ])('one $what is checked with a quarter of its time left at least, where checks are off too', ({ leftMs }) => {
    const end = later(leftMs)
    for (const id of newIds(200)) {
      const onlyBeforeEnd = dueIn(nextCheckAt(id, end, off, AT))
      expect(onlyBeforeEnd).toBeGreaterThanOrEqual(leftMs / 2)
      expect(onlyBeforeEnd).toBeLessThanOrEqual((leftMs * 3) / 4 + 1)
      expect(dueIn(nextCheckAt(id, end, daily, AT))).toBeLessThanOrEqual(Math.min(DAY_MS, (leftMs * 3) / 4 + 1))
    }
  })

  test('sessions that began together are not renewed together', () => {
    const due = newIds(1_000).map((id) => dueIn(nextCheckAt(id, later(80 * DAY_MS), off, AT)) / DAY_MS)
    for (let day = 40; day < 60; day++) expect(due.filter((at) => at >= day && at < day + 1).length).toBeLessThan(100)
  })

  test.each([
    { what: 'no time', end: null },
    { what: 'a time that is past', end: later(-1) },
    { what: 'now', end: AT },
  ])('a session that names $what counts as one of ninety days', ({ end }) => {
    const [id = ''] = newIds(1)
    const ms = dueIn(nextCheckAt(id, end, off, AT))
    expect(ms).toBeGreaterThanOrEqual(45 * DAY_MS)
    expect(ms).toBeLessThanOrEqual(67.5 * DAY_MS)
  })

  test('a channel that was long past due is planned from now on', () => {
    for (const id of newIds(50)) expect(nextCheckAt(id, later(10 * DAY_MS), daily, AT) > AT).toBe(true)
  })
})

describe('the end of a session, as its refresh token says it', () => {
  const tokenOf = (claims: string) => ['e30', Buffer.from(claims).toString('base64url'), 'x'].join('.')
  const end = (refreshJwt: string) => endOf({ refreshJwt, accessJwt: 'a', did: 'did:web:a.example' })

  test('is read', () => {
    expect(end(tokenOf('{"exp":1800000000}'))).toEqual(new Date(1_800_000_000_000))
  })

  test.each([
    '{}',
    '{"exp":"1800000000"}',
    '{"exp":null}',
    '{"exp":1e300}',
    '{"exp":[1800000000]}',
    '[]',
    'null',
    '"text"',
    'no json',
    '',
  ])('and nothing where it says %s', (claims) => {
    expect(end(tokenOf(claims))).toBeNull()
  })

  test.each(['', 'opaque', '..', 'k3J9-long-and-opaque', 'a.b'])('nor in what is no JWT: %s', (jwt) => {
    expect(end(jwt)).toBeNull()
  })
})
