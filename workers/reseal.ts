// Seals anew what another key sealed, beside everything that runs: what is in hand is left for the next pass.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../src/db/open.ts'
import { readSealed, replaceSealed, type Resealed, type SealedValue } from '../src/db/sealed-values.ts'
import type { Seal } from '../src/seal.ts'
import { keyIdOf, tryUnseal } from './count-sealed.ts'
import type { Unseal } from './unseal.ts'

/** Long enough for the deadline of every step, which is how long a channel can be in hand. */
const MOST_PASSES = 60
const BETWEEN_PASSES_MS = 2_000
const TELL_EVERY_MS = 5_000

interface Resealing {
  db: Db
  seal: Seal
  unseal: Unseal
  /** of the key that `seal` seals with */
  keyId: string
  /** values a second, at most */
  rate: number
  tell: (line: string) => void
}

export interface ResealResult {
  resealed: number
  /** by key id: values that cannot be opened */
  closed: Map<string, number>
  /** false: values of older keys go on coming */
  isOver: boolean
}

/** May be killed and started again at any time: what it has done shows in each value itself. */
export async function resealAll(resealing: Resealing): Promise<ResealResult> {
  let resealed = 0
  let lastTold = Date.now()
  for (let passes = 1; ; passes++) {
    const closed = new Map<string, number>()
    let found = 0
    for await (const page of readSealed(resealing.db)) {
      const startedAt = Date.now()
      const others = page.filter(({ sealed }) => keyIdOf(sealed) !== resealing.keyId)
      if (others.length === 0) continue
      const opened = await sealAnew(resealing, others, closed)
      found += opened.length
      resealed += await replaceSealed(resealing.db, opened, new Date())
      if (Date.now() - lastTold > TELL_EVERY_MS) {
        resealing.tell(`sealed anew: ${resealed}`)
        lastTold = Date.now()
      }
      await sleep(Math.max(0, (others.length / resealing.rate) * 1000 - (Date.now() - startedAt)))
    }
    if (found === 0) return { resealed, closed, isOver: true }
    if (passes === MOST_PASSES) return { resealed, closed, isOver: false }
    if (passes > 1) await sleep(BETWEEN_PASSES_MS)
  }
}

async function sealAnew(
  { seal, unseal }: Resealing,
  values: SealedValue[],
  closed: Map<string, number>,
): Promise<Resealed[]> {
  const sealed = values.map(async (value): Promise<Resealed | null> => {
    const text = await tryUnseal(unseal, value)
    if (text !== null) return { ...value, anew: await seal(value.purpose, value.owner, text) }
    const id = keyIdOf(value.sealed)
    closed.set(id, (closed.get(id) ?? 0) + 1)
    return null
  })
  return (await Promise.all(sealed)).filter((value) => value !== null)
}
