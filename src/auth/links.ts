// Links that set a password: one for whoever makes it to copy, shown once, and another by mail where mail is on. Each counts once, and the first that is used ends the others.
import { randomBytes } from 'node:crypto'
import type { Auth } from '../auth.ts'
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import type { PasswordLink } from '../contract.ts'
import { endLinks } from '../db/users.ts'
import type { MailKind } from '../mail/kinds.ts'
import { sendMail } from '../mail/send.ts'

type Needs = Pick<Context<ApiConfig>, 'config' | 'db' | 'queues' | 'log' | 'stores' | 'seal'>

const SHOWN = 'shown-'
/** Whoever used this one has not shown that they read the mails of the account. */
export const isShown = (token: unknown) => typeof token === 'string' && token.startsWith(SHOWN)

/** Behind the #, which browsers keep to themselves: a token stands in no request line, log or Referer. */
export const linkTo = ({ config }: Pick<Needs, 'config'>, page: string, token: string) =>
  `${config.http.baseUrl}/${page}#${token}`

const HOUR_MS = 3600_000
const kinds = {
  invitation: { page: 'invitation', validMs: 7 * 24 * HOUR_MS },
  password_link: { page: 'reset-password', validMs: 24 * HOUR_MS },
} as const satisfies Partial<Record<MailKind, object>>

interface Wanted {
  userId: string
  kind: keyof typeof kinds
  /** found in the log, and makes the mail one */
  requestId: string
  /** false: nobody is written to */
  mailed: boolean
}

/** The one that was made before is void. */
export async function makePasswordLink(
  context: Needs,
  auth: Pick<Auth, '$context'>,
  { userId, kind, requestId, mailed }: Wanted,
): Promise<PasswordLink> {
  const { page, validMs } = kinds[kind]
  const expiresAt = new Date(Date.now() + validMs)
  const { internalAdapter } = await auth.$context
  const make = async (token: string) => {
    // As the library has it for links of its own; what is stored is the hash.
    await internalAdapter.createVerificationValue({ identifier: `reset-password:${token}`, value: userId, expiresAt })
    return linkTo(context, page, token)
  }
  await endLinks(context.db, userId)
  const link = await make(`${SHOWN}${newToken()}`)
  const isMailed =
    mailed &&
    context.config.mail !== null &&
    (await sendMail(context, {
      id: `${kind}-${userId}-${requestId}`,
      kind,
      userId,
      params: {},
      link: await make(newToken()),
      validUntil: expiresAt,
      requestId,
    }))
  return { link, expiresAt: expiresAt.toISOString(), mailed: isMailed }
}

export const newToken = () => randomBytes(24).toString('base64url')
