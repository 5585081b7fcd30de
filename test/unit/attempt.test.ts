// What an attempt keeps of an answer: enough to tell one from the other, never a word that the server chose freely.
import { expect, test } from 'vitest'
import type { Answer } from '../../src/outcomes/evidence.ts'
import { answerOf } from '../../workers/attempt.ts'
import type { Asked } from '../../workers/step.ts'

const seen = (answer: Answer, durationMs: number | null = 7): Asked => ({
  kind: 'seen',
  seen: { step: 'connect', serviceUrl: 'https://pds.example', call: 'createSession', answer },
  durationMs,
})
const refusal = (error: string): Answer => ({
  kind: 'error',
  status: 401,
  error,
  message: error,
  xrpc: true,
  limit: null,
})
const kept = { call: 'createSession', durationMs: 7 }

test.for<[string, Asked, ReturnType<typeof answerOf>]>([
  ['a success', seen({ kind: 'ok', status: 200 }), { ...kept, status: 200, error: null, detail: null }],
  ['a refusal', seen(refusal('InvalidToken')), { ...kept, status: 401, error: 'InvalidToken', detail: null }],
  [
    'a success that says nothing of use',
    seen({ kind: 'invalid', status: 200, detail: 'abcd-efgh' }),
    { ...kept, status: 200, error: null, detail: 'unexpected body' },
  ],
  [
    'no answer',
    seen({ kind: 'fault', fault: { reason: 'timeout', detail: 'abcd-efgh' } }),
    { ...kept, status: null, error: null, detail: 'timeout' },
  ],
  ['nobody asked', seen(refusal('AuthenticationRequired'), null), null],
  ['nothing to ask', { kind: 'known', code: 'unknown' }, null],
])('%s', ([, asked, expected]) => {
  expect(answerOf(asked)).toEqual(expected)
})

test.for(['abcdefghijklmnop', 'ABCDEFGHIJKLMNOP', 'abcd-efgh-ijkl-mnop', 'Wrong1', 'a b', '', 'x'.repeat(65)])(
  'a name that may repeat what was sent is not kept: %s',
  (name) => {
    expect(answerOf(seen(refusal(name)))?.error).toBeNull()
  },
)
