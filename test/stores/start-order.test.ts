// Processes that start before their stores: they wait, say so once, and go on when the stores come.
import { expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'
import { readiness, submitGood, untilConnected } from '../helpers/connected.ts'
import { startProgram } from '../helpers/program-process.ts'
import { startProxy, targetOf } from '../helpers/proxy.ts'
import { createSystem } from '../helpers/system.ts'

const stores = inject('stores')
const WAIT = { timeout: 120_000, interval: 200 }
const parsed = (lines: string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>)

/** An API of the test's own, whose settings the processes share; the addresses of their stores lead nowhere yet. */
async function prepare() {
  const [mongoPort, redisPort] = [await freePort(), await freePort()]
  const system = await createSystem({ workers: false })
  onTestFinished(() => system.stop())
  const database = new URL(system.env['MONGODB_URL'] ?? '').pathname
  return {
    system,
    env: {
      ...system.env,
      MONGODB_URL: `mongodb://127.0.0.1:${mongoPort}${database}?serverSelectionTimeoutMS=500`,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    },
    comes: {
      mongodb: () => startProxy(targetOf(stores.mongoUrl), mongoPort),
      redis: () => startProxy(targetOf(stores.redisUrl), redisPort),
    },
  }
}

test('a worker waits for both, then works; each line that it writes is JSON, and of waiting there is one for each', async () => {
  const { system, env, comes } = await prepare()
  const worker = await startProgram('worker', env)
  const ready = () => readiness(worker.healthUrl).catch(() => null)
  await expect.poll(ready, WAIT).toMatchObject({ status: 503, mongodb: 'waiting', redis: 'waiting' })
  const user = await system.user()
  const id = await submitGood(user)
  await comes.mongodb()
  await expect.poll(ready, WAIT).toMatchObject({ status: 503, mongodb: 'ok', redis: 'waiting' })
  await comes.redis()
  await expect.poll(ready, WAIT).toMatchObject({ status: 200 })
  await untilConnected(user, id)
  const told = parsed(worker.lines).filter(({ store }) => store !== undefined)
  expect(told.map(({ store, state }) => `${String(store)} ${String(state)}`)).toEqual([
    'MongoDB waiting',
    'MongoDB ok',
    'Redis waiting',
    'Redis ok',
  ])
}, 240_000)

test('an API without MongoDB answers 503 at once; without Redis it takes connects', async () => {
  const { system, env, comes } = await prepare()
  const api = await startProgram('api', env)
  await expect
    .poll(() => readiness(api.url).catch(() => null), WAIT)
    .toMatchObject({ status: 503, mongodb: 'waiting', redis: 'waiting' })
  const early = await fetch(`${api.url}/api/me`)
  expect([early.status, early.headers.get('retry-after'), await early.json()]).toMatchObject([
    503,
    '5',
    { code: 'store_away' },
  ])
  await comes.mongodb()
  await expect.poll(() => readiness(api.url), WAIT).toMatchObject({ status: 503, mongodb: 'ok', redis: 'waiting' })
  const user = await system.user()
  const post = () =>
    fetch(`${api.url}/api/channels/bluesky`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: 'somebody.test', appPassword: 'aaaa-bbbb-cccc-dddd' }),
    })
  await expect.poll(async () => (await post()).status, WAIT).toBe(202)
  await comes.redis()
  await expect.poll(() => readiness(api.url), WAIT).toMatchObject({ status: 200 })
  parsed(api.lines)
}, 240_000)

const kinds: ('api' | 'worker')[] = ['api', 'worker']

test.for(kinds)('%s: a signal ends the waiting at once', { timeout: 240_000 }, async (kind) => {
  const { env } = await prepare()
  const process = await startProgram(kind, env)
  await expect.poll(() => readiness(process.healthUrl).catch(() => null), WAIT).toMatchObject({ status: 503 })
  process.kill('SIGTERM')
  expect(await process.ended).toBe(0)
})
