// The mails about accounts: a new password, a proof of the address, and what the owner of one should know.
import { createHash, randomUUID } from 'node:crypto'
import type { BetterAuthOptions, BetterAuthPlugin, GenericEndpointContext } from 'better-auth'
import { createAuthMiddleware, isAPIError } from 'better-auth/api'
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { setLanguage } from '../db/users.ts'
import { wantedLanguage } from '../input/language.ts'
import { sendMail } from '../mail/send.ts'
import { requestIdOf } from './audit.ts'
import { linkTo } from './links.ts'

type Needs = Pick<Context<ApiConfig>, 'config' | 'db' | 'queues' | 'log' | 'stores' | 'seal'>

const RESET_SECONDS = 3600
const PROOF_SECONDS = 24 * 3600

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)
/** Of what must not be kept. */
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)

const noParams = {}

/** Whoever has the new password may not be the owner. Does nothing where e-mail is off. */
export const tellOfNewPassword = (context: Needs, userId: string, requestId: string) =>
  sendMail(context, {
    id: `password-changed-${userId}-${requestId || randomUUID()}`,
    kind: 'password_changed',
    userId,
    params: noParams,
    requestId,
  })

interface MailOptions {
  emailAndPassword: Partial<NonNullable<BetterAuthOptions['emailAndPassword']>>
  emailVerification: NonNullable<BetterAuthOptions['emailVerification']>
}

/** Options of the library, where e-mail is on. */
export function mailOptions(context: Needs): Partial<MailOptions> {
  const { config } = context
  if (!config.mail) return {}
  return {
    emailAndPassword: {
      resetPasswordTokenExpiresIn: RESET_SECONDS,
      async sendResetPassword({ user, token }, request) {
        await sendMail(context, {
          id: `password-reset-${hashOf(token)}`,
          kind: 'password_reset',
          userId: user.id,
          params: noParams,
          link: linkTo(context, 'reset-password', token),
          validUntil: inSeconds(RESET_SECONDS),
          requestId: requestIdOf(request?.headers),
        })
      },
      // A sign-up signs nobody in, and responds to an address that is taken as to any other: a mail says which it was.
      autoSignIn: false,
      async onExistingUserSignUp({ user }, request) {
        const today = new Date().toISOString().slice(0, 10)
        await sendMail(context, {
          id: `address-taken-${user.id}-${today}`,
          kind: 'address_taken',
          userId: user.id,
          params: noParams,
          requestId: requestIdOf(request?.headers),
        })
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      expiresIn: PROOF_SECONDS,
      async sendVerificationEmail({ user, token }, request) {
        await sendMail(context, {
          id: `address-proof-${hashOf(token)}`,
          kind: 'address_proof',
          userId: user.id,
          params: noParams,
          link: linkTo(context, 'verify-email', token),
          validUntil: inSeconds(PROOF_SECONDS),
          requestId: requestIdOf(request?.headers),
        })
      },
    },
  }
}

/** A plugin of the library: new users are written to in the language that they signed up in, and hear of a new password. */
export function mailPlugin(context: Needs) {
  const { db } = context
  return {
    id: 'mails',
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            create: {
              async after({ id }: { id: string }, endpoint: GenericEndpointContext | null) {
                const language = wantedLanguage(endpoint?.headers?.get('accept-language'))
                if (language) await setLanguage(db, id, language)
              },
            },
          },
        },
      },
    }),
    hooks: {
      after: [
        {
          matcher: ({ path }) => path === '/change-password' || path === '/admin/set-user-password',
          handler: createAuthMiddleware(async ({ path, headers, body, context: { returned, session } }) => {
            if (isAPIError(returned)) return
            const userId = path === '/change-password' ? session?.user.id : (body as { userId?: string }).userId
            if (userId) await tellOfNewPassword(context, userId, requestIdOf(headers))
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
