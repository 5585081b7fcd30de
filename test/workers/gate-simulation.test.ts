// Two workers at the same server, one of which cannot reach out by itself: the other must not wait because of it.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createGate, type Gate, type Told } from '../../workers/gate/gate.ts'
import { collectLog } from '../helpers/log.ts'

const { redisUrl } = inject('stores')
const redis = new Redis(redisUrl)
afterAll(() => redis.disconnect())

const START = Date.parse('2026-11-24T12:00:00Z')
const HALF_AN_HOUR_MS = 1800_000
/** The broken one tries twice a second. */
const STEP_MS = 500

test('half an hour beside a broken worker: at most one in twenty tries of a healthy one waits', async () => {
  const config = readConfig({
    MONGODB_URL: 'mongodb://127.0.0.1/unused',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: `gate-${randomUUID()}`,
    AUTH_SECRET: 'a secret that nobody can guess at all',
    SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  })
  const worker = () => createGate({ redis, config, log: collectLog().logger, redisMs: 20_000 })
  const attempt = async (gate: Gate, at: Date, told: Told): Promise<'waits' | 'goes'> => {
    const entered = await gate.enter({ queue: 'verify', origin: 'https://well.example' }, at)
    if (entered.kind !== 'entered') return 'waits'
    await entered.leave(told, at)
    return 'goes'
  }
  const [broken, healthy] = [worker(), worker()]
  const ofBroken: string[] = []
  const ofHealthy: string[] = []
  for (let ms = 0; ms < HALF_AN_HOUR_MS; ms += STEP_MS) {
    const at = new Date(START + ms)
    ofBroken.push(await attempt(broken, at, { kind: 'fault', code: 'pds_unreachable' }))
    if (ms % 1000 === 0) ofHealthy.push(await attempt(healthy, at, { kind: 'answered' }))
  }
  const waiting = (all: string[]) => all.filter((each) => each === 'waits').length / all.length
  expect(waiting(ofHealthy)).toBeLessThanOrEqual(0.05)
  // Its own breaker keeps the broken one away.
  expect(waiting(ofBroken)).toBeGreaterThan(0.95)
})
