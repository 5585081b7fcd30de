// What an admin set going again: some at a time, by whichever process sweeps, each channel once.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SavedOptions } from '../../src/contract.ts'
import { findRetryOrder } from '../../src/db/retries.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const CHANNELS = 1_200
const RIGHT = 'https://right.example.com'
let system: System

beforeEach(async () => {
  system = await createSystem({ workers: false })
  const channels = Array.from({ length: CHANNELS }, (_, index) =>
    index % 2 === 0
      ? storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } })
      : storedChannel('not_a_pds', new Date(), { step: 'verify', secrets: { session: 'sealed' } }),
  )
  await system.context.db.channels.insertMany(channels)
})
afterEach(() => system.stop())

const count = (filter: object) => system.context.db.channels.countDocuments(filter)
const saveRightUrl = async () => {
  const admin = await system.admin()
  const body = { 'bluesky_service-url': RIGHT }
  return admin.request<SavedOptions>('PUT', '/api/admin/api-integration/bluesky', { body })
}

test('a save says how many run again, and they begin some at a time, whoever of several processes sweeps', async () => {
  expect((await saveRightUrl()).body.retried).toBe(CHANNELS)
  expect(await count({ 'lease.generation': 1 })).toBe(CHANNELS)
  await sweepOnce(system.context)
  expect(await count({ 'lease.generation': 2 })).toBe(500)
  await Promise.all([sweepOnce(system.context), sweepOnce(system.context)])
  await sweepOnce(system.context)
  await sweepOnce(system.context)
  expect(await count({ 'lease.generation': 2 })).toBe(CHANNELS)
  expect(await count({ status: 'connecting', serviceUrl: RIGHT })).toBe(CHANNELS / 2)
  expect(await count({ status: 'verifying' })).toBe(CHANNELS / 2)
  expect(await findRetryOrder(system.context.db)).toBeNull()
  const { wait = 0 } = await system.context.queues.connect.getJobCounts('wait')
  expect(wait).toBeGreaterThan(0)
})

test('another Service URL brings sign-ins that wait forward, not checks: those go to the server of the account', async () => {
  const { channels } = system.context.db
  await channels.deleteMany({})
  const nextTryAt = new Date(Date.now() + 3600_000)
  await channels.insertMany([
    storedChannel('pds_error', new Date(), { nextTryAt, secrets: { password: 'sealed' } }),
    storedChannel('pds_error', new Date(), { nextTryAt, step: 'verify', secrets: { session: 'sealed' } }),
  ])
  expect((await saveRightUrl()).body.retried).toBe(1)
  await sweepOnce(system.context)
  expect(await count({ step: 'connect', status: 'connecting', nextTryAt: null })).toBe(1)
  expect(await count({ step: 'verify', status: 'retrying', nextTryAt })).toBe(1)
})

test('what failed again meanwhile is not begun a second time', async () => {
  await saveRightUrl()
  await sweepOnce(system.context)
  await system.context.db.channels.updateMany(
    { 'lease.generation': 2 },
    { $set: { status: 'action_required', rank: 0, since: new Date(), outcome: { code: 'wrong_server' } } },
  )
  for (let times = 0; times < 3; times++) await sweepOnce(system.context)
  expect(await count({ 'lease.generation': 2 })).toBe(CHANNELS)
})

test('an order that cannot be carried out keeps the sweep from nothing else', async () => {
  const { db, queues } = system.context
  await db.channels.updateOne({ step: 'connect' }, { $set: { 'lease.sweepAt': new Date() } })
  const retry = { filter: { asOf: 'nonsense' as never }, requestId: 'r' }
  await db.audit.create({ at: new Date(), actor: 'a', option: 'retry', from: '', to: '', retried: 1, retry })
  expect(await sweepOnce(system.context)).toBe(1)
  expect(await queues.connect.getJobCountByTypes('wait', 'prioritized')).toBe(1)
})
