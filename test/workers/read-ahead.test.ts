// What is read ahead of claims: one query for all that ask at the same time, and never what was there before.
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createReadAhead } from '../../workers/gate/read-ahead.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
})
afterAll(() => system.stop())

const keep = async (status: 'connecting' | 'action_required' = 'connecting') => {
  const channel = storedChannel('pds_unreachable', new Date(), { status })
  await system.context.db.channels.create(channel)
  return channel._id.toHexString()
}

test('those that ask at the same time share one query, and each gets its own', async () => {
  const ids = [await keep(), await keep(), await keep()]
  const readAhead = createReadAhead(system.context)
  const sent = await sentWhile(system, async () => {
    const found = await Promise.all(ids.map(readAhead))
    expect(found.map((one) => one?.channel._id.toHexString())).toEqual(ids)
    expect(found[0]?.options['bluesky_service-url'].effective).toBe(system.env['BLUESKY_SERVICE_URL'])
  })
  expect(sent.filter(({ find }) => find === 'channels')).toHaveLength(1)
})

test('whoever asks later sees what is there then', async () => {
  const id = await keep()
  const readAhead = createReadAhead(system.context)
  expect((await readAhead(id))?.channel.nextTryAt).toBeNull()
  const nextTryAt = new Date()
  await system.context.db.channels.updateOne({ _id: id }, { nextTryAt })
  expect((await readAhead(id))?.channel.nextTryAt).toEqual(nextTryAt)
})

test('of a step that is over, or of nothing, there is nothing to read', async () => {
  const readAhead = createReadAhead(system.context)
  expect(await readAhead(await keep('action_required'))).toBeNull()
  expect(await readAhead(new Types.ObjectId().toHexString())).toBeNull()
})
