// At its start each process finds out whether its keys fit what is stored, instead of the first person who connects.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { readApiConfig, readWorkerConfig } from '../../src/config.ts'
import { openDb, type Db } from '../../src/db/open.ts'
import { retireSealingKeys } from '../../src/db/sealing-keys.ts'
import { createSeal } from '../../src/seal.ts'
import { checkSealingKey } from '../../src/sealing-key.ts'
import { checkKeys } from '../../workers/check-keys.ts'
import { allOf, newKeys, runNode, type KeyPair } from '../helpers/keys.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const k1 = newKeys('k1')
const k2 = newKeys('k2')
const otherK1 = newKeys('k1')
let url: string
let db: Db

beforeEach(async () => {
  url = inject('stores').mongoUrl.replace(/\/[^/]*$/, `/t${randomBytes(6).toString('hex')}`)
  db = await openDb(url)
})
afterEach(async () => {
  await db.connection.dropDatabase()
  await db.connection.close()
})

const envOf = (keys: KeyPair) => ({
  ...keys,
  MONGODB_URL: url,
  REDIS_URL: inject('stores').redisUrl,
  QUEUE_PREFIX: new URL(url).pathname.slice(1),
})
const startWorker = (keys: KeyPair) => checkKeys({ db, config: readWorkerConfig(envOf(keys)) })
const startApi = (keys: KeyPair) => {
  const config = readApiConfig({ ...envOf(keys), AUTH_SECRET: randomBytes(32).toString('hex') })
  return checkSealingKey({ db, config, seal: createSeal(config.sealingKey) })
}
const storeChannel = async (keys: KeyPair) => {
  const channel = storedChannel('connected', new Date())
  const id = channel._id.toHexString()
  const seal = createSeal(readWorkerConfig(envOf(keys)).sealingKey)
  await db.channels.create({ ...channel, secrets: { session: await seal('session', id, '{}') } })
}

/** Sentences stand in lines of JSON. */
const unquoted = (said: string) => said.replaceAll('\\"', '"')

test('whoever comes first, the API or a worker: with halves of one pair both start, and start again', async () => {
  await startApi(k1)
  await startWorker(k1)
  await Promise.all([startApi(k1), startWorker(k1), startWorker(k1), startApi(k1)])
  expect(await db.sealingKeys.countDocuments()).toBe(1)
})

test('a worker whose key is another one of the same id does not start: exit 78 and a sentence', async () => {
  await startWorker(k1)
  const { code, said } = await runNode(['workers/main.ts'], envOf(otherK1))
  expect(unquoted(said)).toContain('the key "k1" of UNSEALING_KEYS is another one than the "k1" on record')
  expect(code).toBe(78)
}, 120_000)

test('an API that seals with a key that no worker has does not start: exit 78 and a sentence', async () => {
  await startWorker(k1)
  const env = { ...envOf(k2), AUTH_SECRET: randomBytes(32).toString('hex'), PORT: '0' }
  const { code, said } = await runNode(['src/main.ts'], env)
  expect(unquoted(said)).toContain('no worker has opened anything of the key "k2"')
  expect(code).toBe(78)
  await expect(startApi(otherK1)).rejects.toThrow('another "k1" than the one that workers open')
}, 120_000)

test('a worker without a key that sealed what is stored does not start', async () => {
  await startWorker(allOf(k1, k2))
  await expect(startWorker(k2)).rejects.toThrow('UNSEALING_KEYS lacks the key "k1"')
  await retireSealingKeys(db, ['k1'], new Date())
  await startWorker(k2)
})

test('a worker does not start beside an API that seals with another key, until that one is put right', async () => {
  await startApi(otherK1)
  await expect(startWorker(k1)).rejects.toThrow('"k1" of UNSEALING_KEYS is another one')
  await startApi(k1)
  await startWorker(k1)
})

test('a database from before keys were recorded: only the keys that sealed its values are taken', async () => {
  await storeChannel(k1)
  await expect(startWorker(otherK1)).rejects.toThrow('opens none of 1 values')
  await expect(startWorker(k2)).rejects.toThrow('opens none of 1 values')
  expect(await db.sealingKeys.countDocuments()).toBe(0)
  await startWorker(k1)
})

test('a new key: the workers first, then the API; one that is retired seals nothing any more', async () => {
  await startWorker(k1)
  await startApi(k1)
  await startWorker(allOf(k1, k2))
  await startApi(k2)
  await retireSealingKeys(db, ['k1'], new Date())
  await expect(startApi(k1)).rejects.toThrow('"k1" is retired')
  await expect(startWorker(allOf(k2, k1))).rejects.toThrow('"k1" of SEALING_KEY is retired')
})
