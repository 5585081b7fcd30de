// What is remembered of test posts that a server did not refuse: by all workers, and without Redis on the safe side.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, expect, inject, test } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { readWorkerConfig } from '../../src/config.ts'
import { recallTestPosts, rememberTestPosts } from '../../workers/test-posts.ts'

const { redisUrl } = inject('stores')
const config = readWorkerConfig({
  MONGODB_URL: 'mongodb://127.0.0.1/unused',
  REDIS_URL: redisUrl,
  QUEUE_PREFIX: `test-posts-${randomUUID()}`,
  ...newSealingKeys(),
})
const redis = new Redis(redisUrl)
const gone = new Redis(redisUrl, { enableOfflineQueue: false, lazyConnect: true })
afterAll(() => [redis, gone].forEach((client) => client.disconnect()))

const write = { origin: 'https://pds.example', channelId: 'one' }
const nothing = { published: false, left: false }
const recall = (of: Partial<typeof write> = {}) => recallTestPosts({ redis, config }, { ...write, ...of })

test('a published one counts for the server, one that was left for its channel, until it is gone', async () => {
  expect(await recall()).toEqual(nothing)
  await rememberTestPosts({ redis, config }, write, { testPost: 'refused_as_it_should', before: nothing })
  expect(await recall()).toEqual(nothing)

  await rememberTestPosts({ redis, config }, write, { testPost: 'left', before: nothing })
  const before = (await recall()) ?? nothing
  expect(before).toEqual({ published: true, left: true })
  expect(await recall({ channelId: 'two' })).toEqual({ published: true, left: false })
  expect(await recall({ origin: 'https://other.example', channelId: 'two' })).toEqual(nothing)

  await rememberTestPosts({ redis, config }, write, { testPost: undefined, before })
  expect(await recall()).toEqual(before)
  await rememberTestPosts({ redis, config }, write, { testPost: 'not_tried', before })
  expect(await recall()).toEqual({ published: true, left: false })
})

test('without Redis nobody knows whether a server may be asked to write, and no step breaks off', async () => {
  expect(await recallTestPosts({ redis: gone, config }, write)).toBeNull()
  await rememberTestPosts({ redis: gone, config }, write, { testPost: 'left', before: nothing })
})
