// Opening the database: its indexes are there, also where processes start at the same moment.
import { randomBytes } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { openDb } from '../../src/db/open.ts'

/** What the queries of each collection lean on; with a million documents one that is missing is felt by everybody. */
const indexes = {
  attempts: ['channelId 1, revision -1'],
  audit: ['option 1, _id -1', 'whom 1, _id -1', 'at 1, where {"retry.requestId":{"$type":"string"}}'],
  channels: [
    'identifier 1, userId 1, unique, where {"live":true}',
    'did 1, userId 1, unique, where {"live":true,"did":{"$type":"string"}}',
    'userId 1, live 1, rank 1, _id -1',
    'userId 1, groups 1, rank 1, _id -1, where {"groups":{"$exists":true}}',
    'step 1, lease.sweepAt 1',
    'rank 1, since -1, _id -1, status 1',
    'rank 1, outcome.code 1, since -1, _id -1',
    'rank 1, serviceUrl 1, since -1, _id -1',
    'rank 1, serviceUrl 1, outcome.code 1, since -1, _id -1',
    'outcome.params.actualServer 1, userId 1, where {"outcome.code":"wrong_server"}',
    'handle 1',
    'parts 1, rank 1, where {"live":true}',
    'requestId 1',
    'notice.at 1, where {"notice.at":{"$type":"date"}}',
    'userId 1, notice.at 1, where {"notice.at":{"$type":"date"}}',
    'askedAt 1, where {"askedAt":{"$type":"date"}}',
    'submittedAt -1',
    'submittedAt 1, where {"secrets.password":{"$type":"string"}}',
  ],
  'removed-users': ['lookAt 1'],
  'connection-counts': [],
  'idempotency-keys': ['createdAt 1, gone after 86400 s'],
  'incident-watch': [],
  incidents: [
    'server 1, unique, where {"open":true}',
    'tell.at 1, where {"tell.at":{"$type":"date"}}',
    'closedAt 1, where {"spent":true}',
  ],
  removals: ['userId 1, _id -1', 'endedAt 1, gone after 2592000 s'],
  subscriptions: ['telling.at 1, where {"telling.at":{"$type":"date"}}'],
  migrations: [],
  options: [],
  mails: ['step 1, lease.sweepAt 1', 'removeAt 1, gone after 0 s', 'userId 1'],
  'sealing-keys': [],
  processes: ['at 1, gone after 300 s'],
  servers: [],
  // Of the accounts library.
  account: ['userId 1'],
  session: ['token 1, unique', 'userId 1', 'expiresAt 1, gone after 0 s'],
  twoFactor: ['userId 1'],
  'used-codes': ['usedAt 1, gone after 120 s'],
  user: [
    'role 1',
    'email 1, unique',
    'role 1, _id -1',
    'banned 1, _id -1, where {"banned":true}',
    'invitedAt 1, _id -1, where {"invitedAt":{"$type":"date"}}',
  ],
  verification: ['identifier 1', 'value 1', 'expiresAt 1, gone after 0 s'],
}

const newUrl = () => inject('stores').mongoUrl.replace(/\/[^/]*$/, `/t${randomBytes(6).toString('hex')}`)

test('any number of processes can start at once on an empty database', async () => {
  for (let round = 0; round < 4; round++) {
    const url = newUrl()
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDb(url)))
    expect((await opened[0]?.channels.collection.indexes())?.length).toBeGreaterThan(10)
    await Promise.all(opened.map(({ connection }) => connection.close()))
  }
})

test('every collection has the indexes that its queries lean on, and no other', async () => {
  const { connection } = await openDb(newUrl())
  const inWords = ({ key, unique, partialFilterExpression: where, expireAfterSeconds: age }: Record<string, unknown>) =>
    [
      ...Object.entries(key as object).map(([field, direction]) => `${field} ${direction}`),
      ...(unique ? ['unique'] : []),
      ...(where ? [`where ${JSON.stringify(where)}`] : []),
      ...(age === undefined ? [] : [`gone after ${JSON.stringify(age)} s`]),
    ].join(', ')
  const collections = await connection.listCollections()
  const found = collections.map(async ({ name }) => {
    const all = await connection.collection(name).indexes()
    return [name, new Set(all.map(inWords).filter((index) => index !== '_id 1'))]
  })
  const byName: unknown = Object.fromEntries(await Promise.all(found))
  await connection.dropDatabase()
  await connection.close()
  expect(byName).toEqual(Object.fromEntries(Object.entries(indexes).map(([name, all]) => [name, new Set(all)])))
})
