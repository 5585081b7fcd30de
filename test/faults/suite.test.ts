// One fault at a time under a running installation: every connect that was accepted ends as it must, and nothing else is left of it.
import { appendFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { faults } from './suite/list.ts'
import { runFault } from './suite/run-fault.ts'

/** Set by `npm run faults`: all of them at size, and where each result goes, a line of JSON each. */
const { FAULTS_FULL, FAULTS_ONLY, FAULTS_CONNECTS, FAULTS_RESULTS } = process.env
const full = FAULTS_FULL !== undefined
const SMALL = 20
const FULL = { usual: 1_000, throughout: 10_000 }
/** As many a second as two cores take beside all the rest; the fault begins after a third of them and may last half a minute. */
const A_SECOND = 20
const SHORTEST_MS = full ? 30_000 : 6_000
const endMs = full ? 15 * 60_000 : 4 * 60_000
const chosen = faults.filter(({ name, small }) => (FAULTS_ONLY ? name.includes(FAULTS_ONLY) : full || small))

const note = async (result: object) => {
  if (FAULTS_RESULTS) await appendFile(FAULTS_RESULTS, `${JSON.stringify(result)}\n`)
}

test.for(chosen)(
  '$name: nothing lost, stuck, doubled or left behind',
  { timeout: 3 * 3600_000 },
  async (fault, { skip }) => {
    const missing = await fault.missing?.()
    if (missing) {
      await note({ fault: fault.name, missing })
      return skip(missing)
    }
    const size = full ? FULL[fault.throughout ? 'throughout' : 'usual'] : SMALL
    const connects = Number(FAULTS_CONNECTS ?? size)
    const postMs = Math.max(SHORTEST_MS, (connects / A_SECOND) * 1000)
    const result = await runFault(fault, { connects, postMs, endMs })
    await note(result)
    expect(result).toMatchObject({
      accepted: connects,
      finished: connects,
      lost: 0,
      stuck: 0,
      wrong: [],
      doubled: 0,
      passwords: 0,
      published: 0,
      sessions: 0,
      ...(fault.throughout ? { tooManySignIns: [] } : {}),
    })
  },
)
