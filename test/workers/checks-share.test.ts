// How many checks a worker process has in hand: all it can where it serves nothing else, a quarter beside what people wait for.
import { afterEach, expect, test, vi } from 'vitest'
import { startWorkers, steps } from '../../workers/start.ts'
import type { Step } from '../../workers/step.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
afterEach(() => system.stop())

test.each([
  { queues: 'check', inHand: 12 },
  { queues: 'connect,verify,check', inHand: 3 },
])('a process that serves $queues has $inHand of its 12 checks in hand', async ({ queues, inHand }) => {
  system = await createSystem({ workers: false, env: { WORKER_QUEUES: queues, WORKER_CONCURRENCY: '12' } })
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked = vi.fn<() => void>()
  const slow: Step = {
    ...steps.check,
    where: () => ({ kind: 'nowhere', origin: 'https://pds.example.com' }),
    async ask() {
      asked()
      await promise
      return { kind: 'known', code: 'connected' }
    },
  }
  const sweepAt = new Date(Date.now() - 1_000)
  const due = Array.from({ length: 40 }, () =>
    storedChannel('connected', sweepAt, { step: 'check', lease: { generation: 1, claims: 0, failures: 0, sweepAt } }),
  )
  await system.context.db.channels.insertMany(due)
  const workers = await startWorkers(system.context, { ...steps, check: slow })
  try {
    const counts = async () => {
      const { active, prioritized = 0, waiting = 0 } = await system.context.queues.check.getJobCounts()
      return { active, left: prioritized + waiting }
    }
    const all = { active: inHand, left: due.length - inHand }
    await vi.waitFor(async () => expect(await counts()).toEqual(all), { timeout: 45_000 })
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(inHand), { timeout: 45_000 })
  } finally {
    resolve()
    await workers.stop()
  }
})
