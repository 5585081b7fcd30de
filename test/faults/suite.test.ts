// One fault at a time under a running installation: every connect that was accepted ends as it must, and nothing else is left of it.
import { appendFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { faults } from './suite/list.ts'
import { runFault } from './suite/run-fault.ts'

/** Set by `npm run faults`: all of them at size, and where each result goes, a line of JSON each. */
const { FAULTS_FULL, FAULTS_ONLY, FAULTS_CONNECTS, FAULTS_RESULTS } = process.env
const full = FAULTS_FULL !== undefined
const connects = Number(FAULTS_CONNECTS ?? 20)
/** As many a second as two cores take beside all the rest. */
const postMs = full ? Math.max(30_000, (connects / 20) * 1000) : 6_000
const endMs = full ? 15 * 60_000 : 4 * 60_000
const chosen = faults.filter(({ name, small }) => (FAULTS_ONLY ? name.includes(FAULTS_ONLY) : full || small))

test.for(chosen)(
  '$name: nothing lost, stuck, doubled or left behind',
  { timeout: endMs + 20 * 60_000 },
  async (fault) => {
    const result = await runFault(fault, { connects, postMs, endMs })
    if (FAULTS_RESULTS) await appendFile(FAULTS_RESULTS, `${JSON.stringify(result)}\n`)
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
    })
  },
)
