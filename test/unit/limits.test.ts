// What the headers of a 429 are believed to say, and what is waited where they say nothing that can be believed.

import { describe, expect, it } from 'vitest'
import { defaultWaitMs, readLimit, readPause } from '../../src/bluesky/limits.ts'

const at = new Date('2026-11-24T12:00:00Z')
const epoch = (seconds: number) => String(at.getTime() / 1000 + seconds)
const read = (headers: Record<string, string>) => readLimit(new Headers(headers), at)
const waitOf = (headers: Record<string, string>) => {
  const { endsAt } = read(headers)
  return endsAt && (endsAt.getTime() - at.getTime()) / 1000
}

describe('the end of a limit is taken from', () => {
  it.each<[string, Record<string, string>, number]>([
    ['Retry-After in seconds', { 'retry-after': '90' }, 90],
    ['Retry-After in seconds, with spaces', { 'retry-after': '  90 ' }, 90],
    ['Retry-After as a date', { 'retry-after': 'Tue, 24 Nov 2026 12:10:00 GMT' }, 600],
    ['RateLimit-Reset as a point in time', { 'ratelimit-reset': epoch(300) }, 300],
    ['RateLimit-Reset as seconds from now', { 'ratelimit-reset': '45' }, 45],
    ['the later of both', { 'retry-after': '10', 'ratelimit-reset': epoch(300) }, 300],
    ['the later of both, the other way round', { 'retry-after': '600', 'ratelimit-reset': epoch(300) }, 600],
    ['a whole day', { 'ratelimit-reset': epoch(86_400) }, 86_400],
    ['the one that makes sense', { 'retry-after': '9'.repeat(30), 'ratelimit-reset': epoch(300) }, 300],
    ['the one that is not past', { 'retry-after': '60', 'ratelimit-reset': epoch(-300) }, 60],
  ])('%s', (_, headers, seconds) => {
    expect(waitOf(headers)).toBe(seconds)
  })
})

describe('nothing is believed of', () => {
  it.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['empty headers', { 'retry-after': '', 'ratelimit-reset': '' }],
    ['no time at all', { 'retry-after': '0' }],
    ['less than no time', { 'retry-after': '-5', 'ratelimit-reset': '-5' }],
    ['words', { 'retry-after': 'soon', 'ratelimit-reset': 'later' }],
    ['a broken number', { 'retry-after': '1e3', 'ratelimit-reset': '1.5e9' }],
    ['two values in one', { 'retry-after': '60, 60', 'ratelimit-reset': '60, 60' }],
    ['a time that is past', { 'ratelimit-reset': epoch(-1), 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }],
    ['now', { 'ratelimit-reset': epoch(0) }],
    ['more than a day away', { 'ratelimit-reset': epoch(26 * 3600), 'retry-after': String(26 * 3600) }],
    ['the end of the century', { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' }],
    ['a number without end', { 'retry-after': '9'.repeat(400), 'ratelimit-reset': '9'.repeat(400) }],
    ['thousandths of a second', { 'ratelimit-reset': String(at.getTime() + 60_000) }],
  ])('%s', (_, headers) => {
    expect(read(headers).endsAt).toBeNull()
  })
})

describe('a pause of a server in trouble', () => {
  const pauseOf = (headers: Record<string, string>) => readPause(new Headers(headers), at)

  it('is what Retry-After says, as of a limit', () => {
    expect(pauseOf({ 'retry-after': '600' })).toEqual({ policy: null, endsAt: new Date(at.getTime() + 600_000) })
    expect(pauseOf({ 'retry-after': 'Tue, 24 Nov 2026 12:10:00 GMT' })?.endsAt?.toISOString()).toBe(
      '2026-11-24T12:10:00.000Z',
    )
  })

  it.each<Record<string, string>>([
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-5' },
    { 'retry-after': String(26 * 3600) },
    // Of limits, which every answer of some servers speaks of.
    { 'ratelimit-reset': epoch(300), 'ratelimit-policy': '3000;w=300' },
  ])('is none of %j', (headers) => {
    expect(pauseOf(headers)).toBeNull()
  })
})

describe('the policy', () => {
  it('is kept as it was', () => {
    expect(read({ 'ratelimit-policy': ' 30;w=300 ' }).policy).toBe('30;w=300')
  })

  it('may be missing or empty', () => {
    expect(read({}).policy).toBeNull()
    expect(read({ 'ratelimit-policy': '  ' }).policy).toBeNull()
  })

  it('is cut where it is no policy but a flood', () => {
    expect(read({ 'ratelimit-policy': 'x'.repeat(5_000) }).policy).toHaveLength(100)
  })
})

describe('without a time, the wait is', () => {
  it.each<[string | null, number]>([
    [null, 300_000],
    ['', 300_000],
    ['30;w=300', 300_000],
    ['300;w=86400', 21_600_000],
    ['5000; w=3600', 3_600_000],
    ['"default";q=100;w=60', 60_000],
    ['30;w=0', 300_000],
    ['30;w=-5', 300_000],
    ['30;w=999999999999', 300_000],
    ['30', 300_000],
  ])('for the policy %j %d ms', (policy, ms) => {
    expect(defaultWaitMs(policy)).toBe(ms)
  })
})
