// Redis behind one address that leads to another server after a failover, and a Redis that takes no writes for a while.
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openRedis } from '../../src/redis.ts'
import { parseRedisUrl } from '../../src/redis-url.ts'
import { connects, readiness, submitGood, untilConnected } from '../helpers/connected.ts'
import { startProxy, type Proxy } from '../helpers/proxy.ts'
import { startCluster, startRedisServer, startReplica, type RedisServer } from '../helpers/redis-servers.ts'
import { createSystem, type System } from '../helpers/system.ts'

async function systemOn(port: number): Promise<System> {
  const system = await createSystem({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } })
  onTestFinished(() => system.stop())
  return system
}
const WAIT = { timeout: 60_000, interval: 100 }
/** What was said of Redis. */
const said = (system: System) =>
  system.log.records().flatMap(({ store, state, level, msg }) => {
    if (store === 'Redis') return [state]
    return level === 'warn' ? [msg] : []
  })

test('the server became a replica and kept its connections: they are opened anew, and lead to its successor', async () => {
  const master = await startRedisServer()
  const replica = await startReplica(master)
  const proxy = await startProxy({ port: master.port })
  const system = await systemOn(proxy.port)
  await connects(system)
  const user = await system.user()
  await replica.client.replicaof('NO', 'ONE')
  await master.client.replicaof('127.0.0.1', replica.port)
  proxy.target = { port: replica.port }
  await untilConnected(user, await submitGood(user))
  await expect.poll(() => readiness(system.url), WAIT).toMatchObject({ status: 200, redis: 'ok' })
}, 180_000)

test('the server takes what is sent and answers nothing: another connection is opened', async () => {
  const master = await startRedisServer()
  const replica = await startReplica(master)
  const proxy = await startProxy({ port: master.port })
  const system = await systemOn(proxy.port)
  await connects(system)
  const user = await system.user()
  await replica.client.replicaof('NO', 'ONE')
  proxy.silent = true
  const id = await submitGood(user)
  await expect.poll(() => readiness(system.url), WAIT).toMatchObject({ status: 503, mongodb: 'ok', redis: 'silent' })
  proxy.target = { port: replica.port }
  proxy.forsake()
  await untilConnected(user, id)
}, 180_000)

test('connections to a cluster that nothing comes over any more: a subscription is opened anew', async () => {
  const proxies: Proxy[] = []
  const nodes = await startCluster(async (port) => {
    const proxy = await startProxy({ port })
    proxies.push(proxy)
    return proxy.port
  })
  const address = parseRedisUrl(`redis+cluster://${proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}`)
  if (!address) throw new Error('no address of a cluster')
  const subscriber = openRedis({ redis: { address, prefix: '' } }, pino({ level: 'silent' }), 'subscriber')
  onTestFinished(() => subscriber.disconnect())
  const heard: string[] = []
  subscriber.on('message', (_topic: string, text: string) => heard.push(text))
  await subscriber.subscribe('news')
  const tell = async (text: string) => {
    await nodes[0]?.client.publish('news', text)
    return heard
  }
  await expect.poll(() => tell('before'), WAIT).toContain('before')
  for (const proxy of proxies) proxy.forsake()
  await expect.poll(() => tell('after'), WAIT).toContain('after')
}, 180_000)

const faults: { word: string; begin: (redis: RedisServer) => Promise<unknown> }[] = [
  { word: 'full', begin: ({ client }) => client.config('SET', 'maxmemory', '1') },
  { word: 'read_only', begin: ({ client }) => client.replicaof('127.0.0.1', '1') },
]

test.for(faults)(
  'a Redis that is $word is told by /readyz and once by the log, and waited out',
  { timeout: 180_000 },
  async ({ word, begin }) => {
    const redis = await startRedisServer()
    const system = await systemOn(redis.port)
    await connects(system)
    const user = await system.user()
    await begin(redis)
    await expect.poll(() => readiness(system.url), WAIT).toMatchObject({ status: 503, mongodb: 'ok', redis: word })
    const id = await submitGood(user)
    // However often it is asked meanwhile: the sweep runs every second, and brings the step back each time.
    await expect.poll(() => redis.client.info('errorstats'), WAIT).toMatch(/count=([5-9]|\d\d)/)
    expect(said(system)).toEqual([word])
    await redis.client.config('SET', 'maxmemory', '0')
    await redis.client.replicaof('NO', 'ONE')
    await untilConnected(user, id)
    expect(said(system)).toEqual([word, 'ok'])
    const [, end] = system.log.records().filter(({ store }) => store === 'Redis')
    expect(end).toMatchObject({ was: word, faults: expect.any(Number), forMs: expect.any(Number) })
  },
)
