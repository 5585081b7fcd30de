// Which one button helps with a channel, and what it is called by.
import type { Channel, Outcome } from '../../contract.ts'

export type MainAction = 'reconnect' | 'verify' | 'correct_handle' | 'contact_admin' | 'open_settings' | 'wait'

const wrongHandle = ['identifier_malformed', 'identifier_is_email', 'handle_not_found', 'handle_mismatch']

/** null: nothing needs doing */
export function mainAction({ status, outcome }: Channel, isAdmin: boolean): MainAction | null {
  if (status === 'connecting' || status === 'verifying' || status === 'connected') return null
  if (status === 'retrying') return 'wait'
  if (!outcome || status === 'disconnected') return 'reconnect'
  if (outcome.fixBy === 'admin' && !outcome.givenUp) return isAdmin ? 'open_settings' : 'contact_admin'
  if (wrongHandle.includes(outcome.code)) return 'correct_handle'
  // The sign-in worked, so its session may still be there; after a failed sign-in the password is gone.
  if (outcome.step === 'verify' && outcome.fixBy !== 'user') return 'verify'
  return 'reconnect'
}

export const nameOf = ({ displayName, handle, identifier }: Channel) => displayName || handle || identifier

/** Handles are read with an @; e-mail addresses and account ids are not. */
export const atHandle = (text: string) => (/[@:]/.test(text) ? text : `@${text}`)

export const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)

const warnings = ['hidden_on_bluesky', 'app_password_has_dm_access', 'test_post_published']

/** It works, with something that its owner may not want. */
export const isWarning = ({ code }: Outcome) => warnings.includes(code)

const plainlyGood = ['connected', 'signed_in']

/** It works, and there is still something worth knowing. */
export const hasRemark = ({ status, outcome }: Channel) =>
  status === 'connected' && outcome !== null && !plainlyGood.includes(outcome.code)
