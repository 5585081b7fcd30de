// What follows from an outcome for a channel that stands at it: which button helps, whether it can run again, and what sets it going.
import { outcomeCodes, outcomes, type OptionName, type OutcomeCode } from './catalogue.ts'
import type { Step } from './evidence.ts'
import type { OutcomeParams } from './words.ts'

type Status = 'connecting' | 'verifying' | 'connected' | 'retrying' | 'action_required' | 'failed' | 'disconnected'

/** How a channel stands. */
interface Standing {
  status: Status
  step: Step
  outcome: { code: OutcomeCode; params?: OutcomeParams } | null
  nextTryAt: Date | null
}

/** Its sign-in worked, so its session may still be there; after a failed sign-in the password is gone. */
export const hasSignedIn = ({ step }: Pick<Standing, 'step'>): boolean => step === 'verify' || step === 'check'

export const buttons = [
  'wait',
  'try_now',
  'check_again',
  'ask_admin',
  'correct_handle',
  'open_link',
  'remove',
  'verify',
  'reconnect',
] as const
type Button = (typeof buttons)[number]

export const alsoButtons = ['reconnect', 'connect_other'] as const

/** The one thing that helps at `at`. @returns null where nothing needs doing */
export function buttonOf(channel: Standing, at: Date): Button | null {
  const { status, outcome } = channel
  if (status === 'connecting' || status === 'verifying' || status === 'connected') return null
  if (!outcome || status === 'disconnected') return 'reconnect'
  const { button, fixBy } = outcomes[outcome.code]
  if (status === 'retrying') {
    if (retryOf(channel, at) === 'waits') return 'wait'
    return button === 'check_again' ? button : 'try_now'
  }
  const givenUp = isGivenUp(status, outcome.code)
  if (button && button !== 'check_again') return button
  if (fixBy === 'admin' && !givenUp) return 'ask_admin'
  return hasSignedIn(channel) && (fixBy !== 'user' || givenUp) ? 'verify' : 'reconnect'
}

/** What helps as well, or afterwards. */
export function alsoOf({ status, outcome }: Standing): (typeof alsoButtons)[number] | null {
  if (!outcome || (status !== 'action_required' && status !== 'failed')) return null
  const { also = null } = outcomes[outcome.code]
  return also === 'connect_other' && !outcome.params?.seenHandle ? null : also
}

/** It was tried or waited for as long as it may be, and nothing happens by itself any more. */
export function isGivenUp(status: Status, code: OutcomeCode): boolean {
  const { fixBy, retry } = outcomes[code]
  return status === 'failed' && fixBy !== 'us' && (retry !== undefined || fixBy === 'admin')
}

export const retryStates = ['possible', 'needs_user', 'waits'] as const

/** Whether a failed step can run again at `at`. @returns null where none has failed */
export function retryOf(channel: Standing, at: Date): (typeof retryStates)[number] | null {
  const { status, outcome, nextTryAt } = channel
  if (!outcome || !['retrying', 'action_required', 'failed'].includes(status)) return null
  if (waitsForServer(outcome.code) && nextTryAt && nextTryAt > at) return 'waits'
  return hasSignedIn(channel) || keepsPassword(status, outcome.code) ? 'possible' : 'needs_user'
}

/** Trying again earlier than the server named would only be refused, and may make the wait longer. */
export const waitsForServer = (code: OutcomeCode): boolean =>
  outcomes[code].retry === 'named' && outcomes[code].fixBy === 'time'

/** An app password is kept as long as it may help by itself; a session always. */
export const keepsPassword = (status: Status, code: OutcomeCode): boolean =>
  status === 'retrying' || (status === 'action_required' && outcomes[code].fixBy === 'admin')

/** Outcomes after which trying again changes nothing as long as an option is what it is. */
export const vainToRetry: OutcomeCode[] = outcomeCodes.filter((code) => outcomes[code].optionAlone)

/** The outcomes of channels that a mistake in an option may have broken. */
export const mendedBy = (option: OptionName): OutcomeCode[] =>
  outcomeCodes.filter((code) => {
    const { mendedBy, fixBy } = outcomes[code]
    // Both say where sign-ins go, and what went to the wrong server may go to the right one by either.
    const directs = option === 'bluesky_service-url' || option === 'bluesky_other_servers'
    // A wrong address may be that of a server that is down, or of none.
    return directs ? mendedBy === 'bluesky_service-url' || fixBy === 'time' : mendedBy === option
  })
