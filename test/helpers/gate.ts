// A gate on a real Redis, and short words for what goes on at it. The clock is a parameter: next to nothing waits for it.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, inject } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { readWorkerConfig } from '../../src/config.ts'
import { createStores } from '../../src/stores.ts'
import type { IsUp } from '../../workers/gate/breaker.ts'
import { createGate, type Entered, type Full, type Gate, type Told, type Waits } from '../../workers/gate/gate.ts'
import type { Visit } from '../../workers/gate/visit.ts'
import { collectLog } from './log.ts'

export const DEAD = 'https://dead.example'
export const TIMEOUT_MS = 15_000
export const START = Date.parse('2026-11-24T12:00:00Z')
export const after = (ms: number) => new Date(START + ms)

export const silent: Told = { kind: 'fault', code: 'pds_unreachable' }
export const faulty: Told = { kind: 'fault', code: 'pds_error' }
export const answered: Told = { kind: 'answered' }
export const nothing: Told = { kind: 'nothing' }

/** Everybody is somebody else, unless a test says who. */
export type Target = Partial<Visit> & { at?: Gate }

export function inside(entered: Entered) {
  if (entered.kind !== 'entered') throw new Error(`has to wait: ${JSON.stringify(entered)}`)
  return entered
}
export function waits(entered: Entered): Full | Waits {
  if (entered.kind === 'entered') throw new Error('was let through')
  return entered
}

interface GateOptions {
  env?: Record<string, string>
  client?: Redis
  redisMs?: number
  isUp?: IsUp
}

/** A gate for each test; `ground.gate` and the words below it are those of the test that runs. */
export function useGate() {
  const { redisUrl } = inject('stores')
  const redis = new Redis(redisUrl)
  afterAll(() => redis.disconnect())

  const ground = {
    redis,
    log: collectLog(),
    prefix: '',
    gate: undefined as unknown as Gate,
    /** which servers were tried */
    trials: [] as string[],
    isUp: (): Promise<boolean> => Promise.resolve(true),

    gateOf({ env = {}, client = redis, redisMs = 20_000, isUp }: GateOptions = {}): Gate {
      const config = readWorkerConfig({
        MONGODB_URL: 'mongodb://127.0.0.1/unused',
        REDIS_URL: redisUrl,
        QUEUE_PREFIX: ground.prefix,
        ...newSealingKeys(),
        WORKER_CONCURRENCY: '20',
        ...env,
      })
      const trial = (origin: string) => {
        ground.trials.push(origin)
        return ground.isUp()
      }
      const { logger: log } = ground.log
      return createGate({ redis: client, config, log, stores: createStores(config, log), redisMs }, isUp ?? trial)
    },

    enter(ms: number, { at, origin = DEAD, ...visit }: Target = {}): Promise<Entered> {
      const somebody = { userId: randomUUID(), identity: `${randomUUID()}.example`, isOwner: false }
      return (at ?? ground.gate).enter({ job: 'verify', origin, serviceUrl: origin, ...somebody, ...visit }, after(ms))
    },

    async call(ms: number, told: Told, target: Target = {}): Promise<void> {
      return inside(await ground.enter(ms, target)).leave(told, after(ms))
    },

    /** @returns when the trial may go */
    async open(ms: number, rounds = 1): Promise<number> {
      ground.isUp = async () => false
      for (let count = 0; count < 3; count++) await ground.call(ms, silent)
      let at = ms
      for (let round = 0; round < rounds; round++) at += waits(await ground.enter(at)).waitMs
      ground.isUp = async () => true
      return at
    },
  }

  beforeEach(() => {
    ground.log = collectLog()
    ground.prefix = `gate-${randomUUID()}`
    ground.trials.length = 0
    ground.isUp = async () => true
    ground.gate = ground.gateOf()
  })
  return ground
}
