// Retention: what has its age goes, and nothing else.
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forgetOld } from '../../src/db/retention.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const DAY_MS = 24 * 3600_000
const keepDays = { attempts: 10, audit: 20, merged: 30 }
const now = new Date()
const ago = (days: number) => new Date(now.getTime() - days * DAY_MS)
/** An id that was made then. */
const idOf = (at: Date) =>
  new Types.ObjectId(`${(at.getTime() / 1000).toString(16).slice(0, 8)}${new Types.ObjectId().toHexString().slice(8)}`)

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

test('attempts, audit entries and merged channels go when they have their age', async () => {
  const { attempts, audit, channels } = system.context.db
  const channelId = new Types.ObjectId()
  await attempts.collection.insertMany([9, 11].map((days) => ({ _id: idOf(ago(days)), channelId, revision: days })))
  const order = { retry: { filter: {}, requestId: 'r' } }
  await audit.collection.insertMany([
    { _id: idOf(ago(19)), actor: 'young' },
    { _id: idOf(ago(21)), actor: 'old' },
    { _id: idOf(ago(22)), actor: 'old, and not done yet', ...order },
  ])
  const gone = { status: 'disconnected' as const, mergedInto: new Types.ObjectId() }
  const stored = [
    storedChannel('connected', ago(29), { ...gone, identifier: 'young.test' }),
    storedChannel('connected', ago(31), { ...gone, identifier: 'old.test' }),
    storedChannel('connected', ago(31), { identifier: 'live.test' }),
  ]
  await channels.collection.insertMany(
    stored.map(({ live, ...channel }) => (channel.mergedInto ? channel : { ...channel, live })),
  )
  expect(await forgetOld(system.context.db, keepDays, now, 10)).toEqual({
    attempts: 1,
    audit: 1,
    merged: 1,
    incidents: 0,
  })
  expect(await attempts.distinct('revision')).toEqual([9])
  expect((await audit.distinct('actor')).toSorted()).toEqual(['old, and not done yet', 'young'])
  expect((await channels.distinct('identifier')).toSorted()).toEqual(['live.test', 'young.test'])
})

test('of many that are too old so many go at a time', async () => {
  const { attempts } = system.context.db
  const channelId = new Types.ObjectId()
  await attempts.collection.insertMany(
    Array.from({ length: 5 }, (_, revision) => ({ _id: idOf(ago(100)), channelId, revision })),
  )
  const counts = []
  for (let round = 0; round < 3; round++) counts.push((await forgetOld(system.context.db, keepDays, now, 2)).attempts)
  expect(counts).toEqual([2, 2, 1])
})

test('a session and a link of the accounts library have an end that MongoDB can go by', async () => {
  const { connection } = system.context.db
  await system.user()
  const session = await connection.collection('session').findOne()
  expect(session?.['expiresAt']).toBeInstanceOf(Date)
})
