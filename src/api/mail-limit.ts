// How many mails anybody can have sent to one address.
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createLimiter, keyFor, tooMuch } from './quotas.ts'

/** As many in an hour, of whichever kind, to one address, whoever asks for them. */
const MAILS_AN_HOUR = 5

/** @returns known and unknown addresses count alike. @throws AppError mail_quota_used */
export function createMailLimit(context: Pick<Context<ApiConfig>, 'config' | 'redis'>) {
  const mails = createLimiter(context, 'mails', MAILS_AN_HOUR, 3600)
  return async (email: string): Promise<void> => {
    const { taken, seconds } = await mails.consume(keyFor(context, email.toLowerCase()))
    if (!taken) throw tooMuch('mail_quota_used', 'Several mails were sent to this address just now.', seconds)
  }
}
