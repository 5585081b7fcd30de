// A submitted connect is one write to MongoDB, which leaves a whole channel, or one that is under way as it is.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { submitConnect } from '../../src/db/channels.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
})
afterAll(() => system.stop())

const userId = randomUUID()
const submit = (identifier: string) =>
  submitConnect(system.context.db, {
    userId,
    identifier,
    serviceUrl: 'https://pds.example',
    requestId: randomUUID(),
    at: new Date(),
    sealFor: async (id) => `sealed for ${id}`,
  })
const stored = (id: unknown) => system.context.db.channels.findById(id).select('+secrets')

test('a new one is written with one command, and the schema has nothing to add to it', async () => {
  let id: unknown
  const sent = await sentWhile(system, async () => {
    const { channel, started } = await submit('new.example')
    expect(started).toBe(true)
    expect(channel).not.toHaveProperty('secrets')
    id = channel._id
  })
  const names = sent.map((command) => Object.entries(command)[0]?.join(':'))
  expect(names.filter((name) => name?.endsWith(':channels'))).toEqual(['find:channels', 'findAndModify:channels'])
  const document = await stored(id)
  await expect(document?.validate()).resolves.toBeUndefined()
  expect(document?.toObject()).toEqual(await stored(id).lean())
  expect(document?.toObject().secrets).toEqual({ password: `sealed for ${String(id)}` })
})

test.for([
  ['new-handle.example', { handle: 1 }],
  ['did:plc:bbbbbbbbbbbbbbbbbbbbbbbb', { did: 1, userId: 1 }],
] as const)('%s is looked for by an index of its own, however many channels its user has', async ([name, index]) => {
  const sent = await sentWhile(system, () => submit(name))
  expect(sent.find(({ find }) => find === 'channels')?.['hint']).toEqual(index)
  const query = { userId, live: true, identifier: name }
  expect(sent.find(({ findAndModify }) => findAndModify === 'channels')?.['query']).toEqual(query)
})

test('one that is under way stays as it is, to its revision and its password', async () => {
  const { channel } = await submit('under-way.example')
  const before = await stored(channel._id).lean()
  expect(await submit('under-way.example')).toMatchObject({ started: false, channel: { _id: channel._id } })
  expect(await stored(channel._id).lean()).toEqual(before)
})

test('one that has the identifier as its handle or DID is started anew', async () => {
  const { channel } = await submit('typed.example')
  const did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
  const { channels } = system.context.db
  for (const identifier of ['handle.example', did]) {
    await channels.updateOne({ _id: channel._id }, { status: 'failed', handle: 'handle.example', did })
    expect(await submit(identifier)).toMatchObject({ started: true, channel: { _id: channel._id } })
  }
})

test('of many at once one makes the channel, and all are led to it', async () => {
  const found = await Promise.all(Array.from({ length: 10 }, () => submit('many.example')))
  expect(found.filter(({ started }) => started)).toHaveLength(1)
  expect(new Set(found.map(({ channel }) => channel._id.toHexString())).size).toBe(1)
})
