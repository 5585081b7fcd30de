// /metrics: what a scrape finds after connects of several kinds, and that nothing of a person is ever in it.
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { queueNames } from '../../src/config.ts'
import { channelStatuses } from '../../src/contract.ts'
import { authRoutes } from '../../src/auth/routes.ts'
import { jobNames } from '../../src/jobs.ts'
import { mongoCommands } from '../../src/metrics.ts'
import { outcomeCodes } from '../../src/outcomes/catalogue.ts'
import { commit, version } from '../../src/version.ts'
import { openStream } from '../helpers/event-stream.ts'
import { scrape, total, type Sample } from '../helpers/metrics.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System
let user: Client
/** what a label, or any line, must not hold */
const private_: string[] = []

beforeAll(async () => {
  system = await createSystem()
  user = await system.user()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  private_.push(user.id, user.email, account.handle, account.did, appPassword, pds.pdsUrl, new URL(pds.pdsUrl).host)
  const channels = [
    await user.connect(account.handle, appPassword),
    await user.connect((await createAccount(pds)).handle, 'aaaa-bbbb-cccc-dddd'),
    await user.connect('nobody-has-this.test', 'aaaa-bbbb-cccc-dddd'),
  ]
  for (const { id } of channels) {
    private_.push(id)
    await system.settled(user, id)
    await user.request('GET', `/api/channels/${id}?token=secret`)
  }
  await user.request('GET', '/somewhere/else?appPassword=aaaa-bbbb-cccc-dddd')
  await user.request('GET', '/api/unsubscribe/not-a-token')
  // What a step ends with is written before it is counted.
  await vi.waitFor(async () => expect(total((await scrape(system)).samples, ENDED)).toBe(3), { timeout: 45_000 })
})
afterAll(() => system.stop())

const ENDED = 'bluesky_connect_connects_ended_total'
const of = (samples: Sample[], name: string, labels = {}) => total(samples, `bluesky_connect_${name}`, labels)

test('three connects are counted from the front door to how each ended', async () => {
  const { samples } = await scrape(system)
  expect(of(samples, 'connects_accepted_total', { way: 'connect' })).toBe(3)
  expect(of(samples, 'connects_ended_total', { outcome: 'connected', server: 'service_url' })).toBe(1)
  expect(of(samples, 'connects_ended_total', { outcome: 'bad_credentials', server: 'service_url' })).toBe(1)
  expect(of(samples, 'connect_duration_seconds_count', { status: 'connected' })).toBe(1)
  expect(of(samples, 'connect_duration_seconds_count', { status: 'action_required' })).toBe(2)
  expect(of(samples, 'connect_tries_sum')).toBe(3)
  expect(of(samples, 'step_attempts_total', { step: 'connect', outcome: 'signed_in' })).toBe(1)
  expect(of(samples, 'step_duration_seconds_count', { step: 'verify' })).toBe(1)
  expect(of(samples, 'http_requests_total', { method: 'POST', route: '/api/channels/bluesky', status: '202' })).toBe(3)
  expect(of(samples, 'http_request_duration_seconds_count', { route: '/api/channels/:id' })).toBeGreaterThanOrEqual(3)
  expect(of(samples, 'mongodb_command_duration_seconds_count', { command: 'find', result: 'ok' })).toBeGreaterThan(0)
  expect(of(samples, 'redis_command_duration_seconds_count', { result: 'ok' })).toBeGreaterThan(0)
  expect(of(samples, 'build_info', { version, commit })).toBe(1)
})

test('what stores hold is told at each scrape, and says so when they do not answer', async () => {
  const { samples } = await scrape(system)
  expect(of(samples, 'passwords_kept')).toBe(0)
  expect(of(samples, 'store_answers', { store: 'mongodb' })).toBe(1)
  expect(of(samples, 'store_answers', { store: 'redis' })).toBe(1)
  for (const queue of queueNames) expect(samples).toContainEqual(sample('queue_paused', { queue }, 0))
  expect(of(samples, 'budget_calls', { window_seconds: '300' })).toBe(2500)
  expect(of(samples, 'budget_left_calls', { window_seconds: '300' })).toBeLessThan(2500)
})

test('a channel that waits shows its age, its password and the lag of the sweep; a paused queue shows as such', async () => {
  const other = await createSystem({ workers: false })
  const waiting = await other.user()
  const { id } = await waiting.connect('waiting.test', 'aaaa-bbbb-cccc-dddd')
  const hourAgo = new Date(Date.now() - 3600_000)
  await other.context.db.channels.updateOne({ _id: id }, { since: hourAgo, 'lease.sweepAt': hourAgo })
  await other.context.queues.verify.pause()
  const stream = await openStream(other.url, waiting.token)
  await stream.next('snapshot')
  const { samples } = await scrape(other)
  expect(of(samples, 'oldest_waiting_seconds')).toBeGreaterThan(3599)
  expect(of(samples, 'sweep_lag_seconds', { step: 'connect' })).toBeGreaterThan(3599)
  expect(of(samples, 'passwords_kept')).toBe(1)
  expect(of(samples, 'queue_jobs', { queue: 'connect', state: 'waiting' })).toBe(1)
  expect(of(samples, 'queue_paused', { queue: 'verify' })).toBe(1)
  expect(of(samples, 'event_streams')).toBe(1)
  // It has no workers, so nobody knows of breakers there.
  expect(samples.some(({ name }) => name === 'bluesky_connect_breakers_open')).toBe(false)
  await stream[Symbol.asyncDispose]()
  await other.context.queues.verify.resume()
  await other.stop()
})

test('the public address does not tell them', async () => {
  const response = await fetch(`${system.url}/metrics`)
  expect(await response.text()).not.toContain('bluesky_connect_')
})

test('every label is one of a closed set, and nothing of a person is in any line', async () => {
  const routes = system.routes.filter(({ path }) => !path.startsWith('/api/auth/')).map(({ path }) => path)
  const library = authRoutes.map((route) => `/api/auth${route.split(' ')[1]}`)
  const closed: Record<string, RegExp | string[]> = {
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
    route: [...routes, ...library, '/api/auth/*path', '/admin/queues', '/assets', 'other'],
    outcome: outcomeCodes,
    server: ['service_url', 'bluesky', 'other'],
    step: [...jobNames, 'mail'],
    fix_by: ['nobody', 'user', 'admin', 'time', 'us'],
    queue: [...queueNames],
    way: ['connect', 'reconnect'],
    reason: ['full', 'breaker_open', 'rate_limited', 'over_budget'],
    result: ['ok', 'failed'],
    state: ['waiting', 'active', 'delayed', 'failed'],
    store: ['mongodb', 'redis'],
    command: [...mongoCommands, 'other'],
    window_seconds: ['300'],
    commit: [commit],
  }
  const status = [...channelStatuses, ...Array.from({ length: 500 }, (_, index) => String(index + 100))]
  const { text, samples } = await scrape(system)
  for (const { name, labels } of samples.filter(({ name }) => name.startsWith('bluesky_connect_'))) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'le' || label === 'version') continue
      expect({ ...closed, status }[label], `${name}{${label}="${value}"}`).toContain(value)
    }
  }
  for (const secret of private_) expect(text).not.toContain(secret)
  expect(text).not.toContain('aaaa-bbbb')
})

const sample = (name: string, labels: Record<string, string>, value: number): Sample => ({
  name: `bluesky_connect_${name}`,
  labels,
  value,
})
