// Writes down which servers this process has put aside, for administrators to read: no other process goes by it.
import type { Context } from '../../src/context.ts'
import { writeBreakers, type OpenBreaker } from '../../src/db/processes.ts'
import { startRounds } from '../rounds.ts'

/** As many as somebody may want to read of. */
const MOST_TOLD = 20

type Needs = Pick<Context, 'config' | 'db' | 'stores' | 'processId'>

/** Next to always nothing is open, and nothing is written. */
export function startTelling(context: Needs, openBreakers: () => OpenBreaker[]) {
  let told = '[]'
  const once = async () => {
    const breakers = openBreakers().slice(-MOST_TOLD)
    const text = JSON.stringify(breakers)
    if (text === told) return
    await writeBreakers(context.db, context.processId, breakers)
    told = text
  }
  return startRounds(context, once, 'the servers that are put aside could not be told')
}
