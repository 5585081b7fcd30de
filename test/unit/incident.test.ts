// The incident rule: what is one, since when, and that chance or few connects never are.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Tally } from '../../src/db/connections.ts'
import { findIncident, incidentText, MIN_CONNECTS } from '../../src/incident.ts'

const SLOT_MS = 300_000
const SERVER = 'https://pds.example.com'
const day = Date.parse('2026-03-01T00:00:00Z')

const ended = (slot: number, code: OutcomeCode, count: number, serviceUrl = SERVER): Tally => ({
  at: new Date(day + slot * SLOT_MS),
  first: new Date(day + slot * SLOT_MS + 60_000),
  serviceUrl,
  connected: outcomes[code].good === true,
  code,
  count,
})
const slots = (from: number, to: number, ...each: [OutcomeCode, number][]) =>
  Array.from({ length: to - from }, (_, index) => each.map(([code, count]) => ended(from + index, code, count))).flat()
const judge = (failed: number, connects: number, code: OutcomeCode) =>
  findIncident([ended(0, code, failed), ended(0, 'connected', connects - failed)].filter(({ count }) => count > 0))
const fewestFailures = (connects: number, code: OutcomeCode) =>
  Array.from({ length: connects }, (_, index) => index + 1)
    .find((failed) => judge(failed, connects, code) !== null)
    ?.toString() ?? 'never'

describe('an outage', () => {
  const before = [...slots(100, 125, ['connected', 4]), ended(110, 'pds_unreachable', 3)]
  const outage = slots(169, 182, ['pds_unreachable', 9], ['connected', 2])

  test('is named with its outcome, server, beginning and both shares', () => {
    const found = findIncident([...before, ...outage])
    expect(found).toEqual({
      code: 'pds_unreachable',
      server: SERVER,
      since: '2026-03-01T14:06:00.000Z',
      connects: 143,
      failed: 117,
      before: 3 / 103,
    })
    expect(found && incidentText(found)).toBe(
      '82 % of 143 connects since 14:06 UTC failed with `pds_unreachable` at pds.example.com; before: 3 %',
    )
  })

  test('says nothing of before when there was too little to compare with', () => {
    const found = findIncident(outage)
    expect(found).toMatchObject({ connects: 143, before: 0 })
    expect(found && incidentText(found)).toMatch(/at pds\.example\.com$/)
  })

  test('is over as soon as the newest connects work', () => {
    expect(findIncident([...before, ...outage, ended(182, 'connected', 9)])).not.toBeNull()
    expect(findIncident([...before, ...outage, ended(182, 'connected', 10)])).toBeNull()
  })

  test('is over when those who failed got through', () => {
    expect(
      findIncident([...before, ...outage.map((each) => ({ ...each, connected: true, code: 'connected' as const }))]),
    ).toBeNull()
  })

  test('of one server is not blamed on another', () => {
    const elsewhere = slots(100, 182, ['connected', 20]).map((each) => ({ ...each, serviceUrl: 'https://bsky.social' }))
    expect(findIncident([...elsewhere, ...before, ...outage])).toMatchObject({ server: SERVER, connects: 143 })
  })

  test('with the most failures is the one that is named', () => {
    const smaller = slots(169, 182, ['pds_error', 9]).map((each) => ({
      ...each,
      serviceUrl: 'https://small.example.com',
      count: 5,
    }))
    expect(findIncident([...smaller, ...outage])).toMatchObject({ code: 'pds_unreachable' })
  })
})

test('a wrong Service URL on a new system is an incident', () => {
  expect(judge(20, 20, 'wrong_server')).toMatchObject({ code: 'wrong_server', connects: 20, failed: 20 })
})

test('what users get wrong every day is none, until nearly everybody does', () => {
  const usual = slots(0, 200, ['connected', 3], ['bad_credentials', 1])
  expect(findIncident(usual)).toBeNull()
  expect(findIncident([...usual, ...slots(200, 206, ['bad_credentials', 10])])).toMatchObject({
    code: 'bad_credentials',
    connects: 60,
  })
})

test('a server that fails half of its connects all day long is a state of affairs once it was so before', () => {
  const half = slots(0, 100, ['connected', 5], ['pds_error', 5])
  expect(
    findIncident([
      ...slots(0, 5, ['connected', 10]),
      ...half.map((each) => ({ ...each, at: new Date(each.at.getTime() + 5 * SLOT_MS) })),
    ]),
  ).not.toBeNull()
  expect(findIncident([...half, ...slots(100, 110, ['connected', 3], ['pds_error', 7])])).toBeNull()
})

test('the table in docs/incidents.md is right', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/incidents.md'), 'utf8')
  const rows = [...page.matchAll(/^\|\s*(\d+)(?: or fewer)?\s*\|\s*(\w+)\s*\|\s*(\w+)\s*\|$/gm)].map(
    ([, ...row]) => row,
  )
  expect(rows).toHaveLength(5)
  const right = rows.map(([connects]) => [
    connects,
    fewestFailures(Number(connects), 'pds_unreachable'),
    fewestFailures(Number(connects), 'bad_credentials'),
  ])
  expect(rows).toEqual(right)
})

const anyCode = fc.constantFrom(...outcomeCodes)
const anyEnded = (most: number) =>
  fc
    .record({ slot: fc.nat(287), code: anyCode, count: fc.integer({ min: 1, max: most }) })
    .map(({ slot, code, count }) => ended(slot, code, count))

test('fewer connects than the least number are never an incident, whatever became of them', () => {
  const few = fc.array(anyEnded(1), { maxLength: MIN_CONNECTS - 1 })
  fc.assert(fc.property(few, (all) => findIncident(all) === null))
})

test('an incident always tells what is really there', () => {
  fc.assert(
    fc.property(fc.array(anyEnded(30), { maxLength: 60 }), (all) => {
      const found = findIncident(all)
      if (!found) return
      const total = all.reduce((sum, { count }) => sum + count, 0)
      expect(found.connects).toBeGreaterThanOrEqual(MIN_CONNECTS)
      expect(found.connects).toBeLessThanOrEqual(total)
      expect(found.failed / found.connects).toBeGreaterThan(2 * found.before - 1e-9)
      expect(outcomes[found.code].good).toBeUndefined()
      expect(all.some(({ first, code }) => first.toISOString() === found.since && code === found.code)).toBe(true)
    }),
  )
})

test('connects whose failures are chance alone raise no alarm in a thousand days', () => {
  let seed = 1
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const chance: [OutcomeCode, number][] = [
    ['pds_error', 0.04],
    ['pds_unreachable', 0.04],
    ['bad_credentials', 0.22],
  ]
  const one = (): OutcomeCode => {
    let rest = random()
    return chance.find(([, share]) => (rest -= share) < 0)?.[0] ?? 'connected'
  }
  const alarms = Array.from({ length: 1_000 }, (_, index) => {
    const connects = [12, 40, 150, 600][index % 4] ?? 0
    return findIncident(Array.from({ length: connects }, () => ended(Math.floor(random() * 288), one(), 1)))
  }).filter((incident) => incident !== null)
  expect(alarms).toEqual([])
})
