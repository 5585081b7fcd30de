// What is recorded of an attempt: the outcome and the short form of the answer that decided.
import { addAttempt, type AttemptDoc } from '../src/db/attempts.ts'
import type { ChannelDoc, StoredOutcome } from '../src/db/channels.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { Asked, WorkerContext } from './step.ts'

/** Without digits: a server may repeat the app password in the name, and it is not at hand here to compare. */
const errorName = /^[A-Za-z][A-Za-z_]{0,63}$/
/** An app password that happens to have no digit. */
const likePassword = /^([a-z]{16}|[A-Z]{16})$/

const safeName = (name: string) => (errorName.test(name) && !likePassword.test(name) ? name : null)

function detailOf({ answer }: Pick<Evidence, 'answer'>): string | null {
  if (answer.kind === 'fault') return answer.fault.reason
  return answer.kind === 'invalid' ? 'unexpected body' : null
}

/** Without the server's message, which may repeat what was sent. */
export function summarize(
  seen: Pick<Evidence, 'call' | 'answer' | 'testPost'>,
  durationMs: number,
): AttemptDoc['answer'] {
  const { call, answer } = seen
  return {
    call,
    status: answer.kind === 'fault' ? null : answer.status,
    error: answer.kind === 'error' ? safeName(answer.error) : null,
    ...(answer.kind === 'error' && seen.testPost === 'refused_as_it_should' ? { wanted: true } : {}),
    detail: detailOf(seen),
    durationMs,
  }
}

/** @returns null where nobody was asked */
export const answerOf = (asked: Asked): AttemptDoc['answer'] =>
  asked.kind === 'seen' && asked.durationMs !== null ? summarize(asked.seen, asked.durationMs) : null

/** Never throws: a line too few in the details is no reason to run the step again. */
export async function recordAttempt(
  { db, stores }: Pick<WorkerContext, 'db' | 'stores'>,
  { _id: channelId, revision, lease, requestId }: ChannelDoc,
  ended: { outcome: StoredOutcome; serviceUrl: string; answer: AttemptDoc['answer']; startedAt: Date },
): Promise<void> {
  const { outcome, serviceUrl, answer, startedAt } = ended
  try {
    await addAttempt(db, {
      channelId,
      revision,
      step: outcome.step,
      generation: lease.generation,
      requestId,
      startedAt,
      durationMs: outcome.at.getTime() - startedAt.getTime(),
      outcome: outcome.code,
      serviceUrl,
      answer,
    })
  } catch (error) {
    stores.report(error, 'attempt not kept', { channelId })
  }
}
