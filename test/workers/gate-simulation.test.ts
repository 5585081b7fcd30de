// Two workers at the same server, one of which cannot reach out by itself: the other must not wait because of it.
import { expect, test } from 'vitest'
import type { Gate, Told } from '../../workers/gate/gate.ts'
import { after, answered, silent, useGate } from '../helpers/gate.ts'

const ground = useGate()
const HALF_AN_HOUR_MS = 1800_000
/** The broken one tries twice a second. */
const STEP_MS = 500

test('half an hour beside a broken worker: at most one in twenty tries of a healthy one waits', async () => {
  const attempt = async (at: Gate, ms: number, told: Told): Promise<'waits' | 'goes'> => {
    const entered = await ground.enter(ms, { at, origin: 'https://well.example' })
    if (entered.kind !== 'entered') return 'waits'
    await entered.leave(told, after(ms))
    return 'goes'
  }
  // Its trials fail as well.
  const broken = ground.gateOf({ isUp: async () => false })
  const healthy = ground.gateOf({ env: { SIGN_IN_BUDGETS: 'server=100000/300' } })
  const ofBroken: string[] = []
  const ofHealthy: string[] = []
  for (let ms = 0; ms < HALF_AN_HOUR_MS; ms += STEP_MS) {
    ofBroken.push(await attempt(broken, ms, silent))
    if (ms % 1000 === 0) ofHealthy.push(await attempt(healthy, ms, answered))
  }
  const waiting = (all: string[]) => all.filter((each) => each === 'waits').length / all.length
  expect(waiting(ofHealthy)).toBeLessThanOrEqual(0.05)
  // Its own breaker keeps the broken one away.
  expect(waiting(ofBroken)).toBeGreaterThan(0.95)
})
