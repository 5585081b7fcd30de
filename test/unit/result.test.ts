// The line of the log that a job's result becomes.
import { expect, test } from 'vitest'
import { lineOf, type Result } from '../../workers/result.ts'

const server = 'https://pds.example'
const answer = { call: 'createSession', status: 200, error: null, detail: null, durationMs: 7 }
const waits = { kind: 'waits', reason: 'breaker_open', origin: server, waitMs: 9, code: 'pds_unreachable' } as const

test.for<[Result, object]>([
  [{ kind: 'skipped' }, { end: 'skipped' }],
  [
    { kind: 'parked', wait: { kind: 'full', waitMs: 9, onSlot: () => {} } },
    { end: 'parked', waitMs: 9 },
  ],
  [
    { kind: 'waits', wait: waits },
    { end: 'waits', reason: 'breaker_open', outcome: 'pds_unreachable', server, waitMs: 9 },
  ],
  [
    { kind: 'kept', status: 'connected', outcome: 'connected', server, answer },
    { end: 'kept', status: 'connected', outcome: 'connected', server, answer },
  ],
  [
    { kind: 'overtaken', outcome: 'signed_in', server, answer: null },
    { end: 'overtaken', outcome: 'signed_in', server, answer: null },
  ],
  [
    { kind: 'forgotten', ended: false, outcome: 'session_not_ended', server, answer },
    { end: 'forgotten', ended: false, outcome: 'session_not_ended', server, answer },
  ],
])('%j', ([result, expected]) => {
  expect(lineOf(result)).toEqual(expected)
})
