// What the admin's list counts: by status beside the list, and the summary above it.
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { ConnectionCounts, ConnectionPage, Summary } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { countAll, takeCount, type CountRow } from '../../src/db/kept-counts.ts'
import { countOnce } from '../../workers/connection-counts.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { minutesAgo, storeChannels, storedChannel } from '../helpers/stored-channels.ts'
import { watchOnce } from '../../workers/incidents.ts'

const PATH = '/api/admin/connections'
const MINUTE_MS = 60_000
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
beforeEach(async () => {
  await system.context.db.channels.deleteMany({})
})

const store = (...channels: ChannelDoc[]) => storeChannels(system.context, channels)

describe('the counts', () => {
  const counts = async (query = '') => {
    const { body } = await admin.request('GET', `${PATH}/counts${query}`)
    const { byStatus, more } = ConnectionCounts.parse(body)
    const found = byStatus.filter(({ count }) => count > 0).map(({ status, count }) => [status, count])
    return { ...Object.fromEntries(found), ...(more ? { more } : {}) }
  }
  const slow = 'https://slow.example.com'
  const many = (count: number, code: OutcomeCode, parts: Partial<ChannelDoc> = {}) =>
    Array.from({ length: count }, (_, index) => storedChannel(code, minutesAgo(1 + index), parts))
  const cases: [string, () => string, object][] = [
    ['nothing', () => '', { action_required: 4, retrying: 3, connected: 6 }],
    ['a status, which they leave aside', () => '?status=connected', { action_required: 4, retrying: 3, connected: 6 }],
    ['a server', () => '?server=slow.example.com', { retrying: 3, connected: 1 }],
    ['an outcome', () => '?outcome=bad_credentials', { action_required: 4 }],
    ['an outcome and a server', () => '?outcome=pds_unreachable&server=slow.example.com', { retrying: 3 }],
    ['who can fix it', () => '?fixBy=time', { retrying: 3 }],
    ['who asked', () => '?asked=true', { action_required: 1 }],
    ['what is not seen', () => '?unseen=true&fixBy=user', { action_required: 3 }],
    ['a user', () => `?user=${user.id}`, { connected: 5 }],
    ['a text', () => '?q=nobody', {}],
    ['a time', () => `?from=${minutesAgo(2.5).toISOString()}`, { action_required: 2, retrying: 2, connected: 3 }],
    ['an outcome that is none', () => '?outcome=nonsense', {}],
  ]
  beforeEach(async () => {
    await store(
      ...many(2, 'bad_credentials'),
      storedChannel('bad_credentials', minutesAgo(9), { askedAt: minutesAgo(8) }),
      storedChannel('bad_credentials', minutesAgo(9), { seen: { by: 'admin@example.com', at: minutesAgo(8) } }),
      ...many(3, 'pds_unreachable', { serviceUrl: slow }),
      ...many(1, 'connected', { serviceUrl: slow }),
      ...many(5, 'connected', { userId: user.id }),
    )
    await system.context.db.connectionCounts.deleteMany({})
  })

  test.for(cases)('follow %s', async ([, query, expected]) => {
    expect(await counts(query())).toEqual(expected)
  })

  test('have once what a text finds by the name and by its user', async () => {
    const [name = ''] = user.email.split('@')
    await store(storedChannel('bad_credentials', minutesAgo(1), { userId: user.id, handle: `${name}.example.com` }))
    expect(await counts(`?q=${name}`)).toEqual({ action_required: 1, connected: 5 })
    const { body } = await admin.request('GET', `${PATH}?q=${name}`)
    expect(ConnectionPage.parse(body).connections).toHaveLength(6)
  })

  /** As if there were so many that nobody counts them when somebody looks; the others are `verifying`. */
  async function beVeryMany() {
    await countOnce(system.context)
    const rows = (await countAll(system.context.db, new Date(), async () => true)) ?? []
    const status = 'verifying' as const
    const very = { status, code: null, serviceUrl: 'https://x.example.com', asked: false, again: false, unseen: true }
    await system.context.db.connectionCounts.updateOne(
      {},
      { $set: { rows: [...rows, { ...very, count: 1_000_000 }], lookAt: new Date(8e14) } },
    )
  }

  test.for(cases)(
    'among very many follow %s, with what was not there when a worker counted',
    async ([, query, expected]) => {
      await beVeryMany()
      const { verifying: _, ...found } = await counts(query())
      expect(found).toEqual(expected)
    },
  )

  test('of what can run again are the same among very many', async () => {
    const [password, session] = [{ secrets: { password: 'sealed' } }, { secrets: { session: 'sealed' } }]
    await store(
      ...many(2, 'pds_error', password),
      ...many(3, 'pds_error', { ...session, step: 'verify' }),
      ...many(4, 'pds_error', { ...password, step: 'verify' }),
      ...many(5, 'login_rate_limited', { ...password, nextTryAt: minutesAgo(-1) }),
      ...many(6, 'login_rate_limited', { ...password, nextTryAt: minutesAgo(1) }),
      ...many(7, 'wrong_server', password),
      ...many(8, 'connected', { ...session, step: 'check' }),
    )
    const again = async () => (await admin.request('GET', `${PATH}/retry`)).body
    expect(await again()).toEqual({ count: 11, vain: 7 })
    await beVeryMany()
    expect(await again()).toEqual({ count: 11, vain: 7 })
  })

  test('say that they are not all where they are very many', async () => {
    await store(...many(4_100, 'connected', { requestId: 'same', serviceUrl: 'https://x.example.com' }))
    await countOnce(system.context)
    const counted = await system.context.db.connectionCounts.findOne().orFail()
    expect(counted.rows.reduce((sum, { count }) => sum + count, 0)).toBe(4_113)
    expect(await counts('?q=same')).toEqual({ connected: 4_100 })
    const very = { ...(counted.rows[0] as CountRow), count: 1_000_000 }
    await system.context.db.connectionCounts.updateOne({}, { $set: { rows: [very] } })
    expect(await counts('?q=same')).toEqual({ connected: 1_000, more: true })
    const all = { action_required: 4, retrying: 3, connected: 1_000, more: true }
    expect(await counts(`?from=${minutesAgo(5_000).toISOString()}`)).toEqual(all)
  })

  test('are made by one worker at a time, and again when one died', async () => {
    const { context } = system
    const now = new Date()
    expect(await Promise.all([countOnce(context, now), countOnce(context, now)])).toContain(false)
    expect(await countOnce(context, now)).toBe(false)
    expect(await takeCount(context.db, new Date(now.getTime() + 3600_000), new Date(8e14))).toBe(true)
    expect(await countOnce(context, new Date(9e14))).toBe(true)
  })
})

describe('the summary', () => {
  /** It is kept for some seconds, so the test waits for what it stored. */
  const summary = (total: number) =>
    vi.waitFor(
      async () => {
        const found = Summary.parse((await admin.request('GET', `${PATH}/summary`)).body)
        expect(found.byStatus.reduce((sum, { count }) => sum + count, 0)).toBe(total)
        return found
      },
      { timeout: 45_000, interval: 200 },
    )

  test('counts by status, outcome, hour and server, and names the incident', async () => {
    const serviceUrl = inject('pds').pdsUrl
    const hourStart = Math.floor(Date.now() / (60 * MINUTE_MS)) * 60 * MINUTE_MS
    const at = (hours: number) => new Date(hourStart - hours * 60 * MINUTE_MS)
    const many = (count: number, ...given: Parameters<typeof storedChannel>) =>
      Array.from({ length: count }, () => storedChannel(...given))
    await store(
      ...many(2, 'connected', at(5), { serviceUrl }),
      ...many(1, 'bad_credentials', at(5), { serviceUrl }),
      ...many(20, 'connected', at(3)),
      ...many(14, 'pds_unreachable', at(0)),
      ...many(3, 'waiting_for_rate_limit', at(0)),
      ...many(1, 'connected', at(0)),
      ...many(4, 'wrong_server', at(30)),
      ...many(5, 'connected', at(30), { serviceUrl }),
      storedChannel('connected', at(0), { status: 'connecting', outcome: null }),
      storedChannel('connected', at(0), { status: 'disconnected', live: undefined as never }),
    )
    await watchOnce(system.context)
    const found = await summary(51)
    expect(found.byStatus).toEqual([
      { status: 'action_required', count: 5 },
      { status: 'failed', count: 0 },
      { status: 'retrying', count: 17 },
      { status: 'connecting', count: 1 },
      { status: 'verifying', count: 0 },
      { status: 'connected', count: 28 },
    ])
    expect(found.byOutcome.map(({ code, fixBy, count }) => [code, fixBy, count])).toEqual([
      ['pds_unreachable', 'time', 14],
      ['wrong_server', 'admin', 4],
      ['waiting_for_rate_limit', 'time', 3],
      ['bad_credentials', 'user', 1],
    ])
    expect(found.byHour.map(({ at }) => at)).toEqual(
      Array.from({ length: 24 }, (_, index) => at(23 - index).toISOString()),
    )
    expect(found.byHour.filter(({ connected, failed }) => connected + failed > 0)).toEqual([
      { at: at(5).toISOString(), connected: 2, failed: 1 },
      { at: at(3).toISOString(), connected: 20, failed: 0 },
      { at: at(0).toISOString(), connected: 1, failed: 14 },
    ])
    expect(found.serviceUrl).toBe(serviceUrl)
    expect(found.atServiceUrl).toEqual({ connected: 2, failed: 1 })
    expect(found.incident).toMatchObject({
      code: 'pds_unreachable',
      server: 'https://pds.example.com',
      since: at(0).toISOString(),
      connects: 15,
      failed: 14,
      before: 0,
    })
  })
})
