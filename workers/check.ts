// What becomes of a channel that was connected and whose check did not go well: a fault that passes leaves it as it is.
import type { OutcomeCode } from '../src/outcomes/catalogue.ts'
import type { Limit } from '../src/outcomes/evidence.ts'
import type { Channel, StoredOutcome } from '../src/db/channels.ts'
import { postponeCheck } from '../src/db/checks.ts'
import { settleStep, type Learnt } from '../src/db/steps.ts'
import { decideCheck, passes } from './decision.ts'
import type { Kept, WorkerContext } from './step.ts'

/** It was connected and may still be: nothing is said of it before that is certain. */
export const isChecked = ({ step, lastVerifiedAt, brokenSince }: Channel): boolean =>
  step === 'check' || (step === 'verify' && lastVerifiedAt !== null && !brokenSince)

/** A check that found what the one before it found is no news: a million of them a day leave no attempt. */
export const tellsNothing = ({ step, brokenSince, outcome, fault }: Channel, code: OutcomeCode): boolean =>
  step === 'check' && (code === (fault ?? outcome)?.code || (!!brokenSince && passes(code)))

interface Checked {
  outcome: StoredOutcome
  limit: Limit | null
  learnt: Learnt
  /** an attempt was, which counts */
  recorded: boolean
}

/** Writes what a check came to that did not go well. */
export async function settleCheck(
  { db, config }: WorkerContext,
  channel: Channel,
  { outcome, limit, learnt, recorded }: Checked,
): Promise<Kept> {
  const { at, code } = outcome
  const decision = decideCheck(channel, { code, limit }, config, at)
  if (decision.kind === 'stays') {
    const fault = { ...outcome, since: channel.fault?.since ?? at }
    const stays = { at, fault, failed: true, nextAt: decision.nextAt, attempted: recorded, learnt }
    const postponed = await postponeCheck(db, channel, stays)
    return postponed ? { kind: 'kept', channel: postponed } : { kind: 'overtaken' }
  }
  const settled = await settleStep(db, channel, {
    status: 'action_required',
    outcome: { ...outcome, code: decision.code },
    nextTryAt: null,
    keepPassword: false,
    attempted: recorded,
    learnt,
    checkAt: decision.checkAt,
  })
  return settled ? { kind: 'kept', channel: settled } : { kind: 'overtaken' }
}
