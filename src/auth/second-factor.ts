// The second factor of accounts: the library's codes and recovery codes, and our rules for them.
import { createHmac } from 'node:crypto'
import type { BetterAuthPlugin, GenericEndpointContext } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { deleteSessionCookie } from 'better-auth/cookies'
import { twoFactor } from 'better-auth/plugins'
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { forgetSecondFactor } from '../db/second-factors.ts'
import { endSessions } from '../db/sessions.ts'
import { keepUsedCode } from '../db/used-codes.ts'
import { announceSessionsEnded } from '../events.ts'

type Needs = Pick<Context<ApiConfig>, 'config' | 'db' | 'redis' | 'stores'>

/** Secret and recovery codes are stored encrypted with AUTH_SECRET. No device is trusted: each sign-in asks for a code. */
export const codes = () => twoFactor({ backupCodeOptions: { storeBackupCodes: 'encrypted' }, trustDeviceMaxAge: 0 })

/** What the library leaves open: a code counts once, and turning the factor on or off has its rules. */
export function codeRules(context: Needs) {
  const { config, db } = context
  const usedCode = (userId: string, code: string) =>
    createHmac('sha256', config.authSecret).update(`${userId} ${code}`).digest('base64url')

  return {
    id: 'code-rules',
    hooks: {
      after: [
        {
          matcher: ({ path }) => path === '/two-factor/verify-totp',
          handler: createAuthMiddleware(async (ctx) => {
            const opened = ctx.context.newSession
            if (!opened) return
            const { code } = ctx.body as { code: string }
            if (await keepUsedCode(db, usedCode(opened.user.id, code))) return
            await ctx.context.internalAdapter.deleteSession(opened.session.token)
            ctx.context.setNewSession(null)
            deleteSessionCookie(ctx)
            throw new APIError('UNAUTHORIZED', {
              code: 'code_used',
              message: 'This code was used already. Wait for the next one, which comes within 30 seconds.',
            })
          }),
        },
      ],
    },
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            update: {
              async before({ twoFactorEnabled }: Record<string, unknown>, ctx: GenericEndpointContext | null) {
                const current = ctx?.context.session
                if (twoFactorEnabled === undefined || !current) return
                if (!twoFactorEnabled && isRequiredFor(config, current.user.role)) {
                  throw new APIError('FORBIDDEN', {
                    code: 'second_factor_needed',
                    message: 'Administrators need a second factor here, so it cannot be turned off.',
                  })
                }
                if (!twoFactorEnabled) return
                // Whoever came in with the password alone would stay in.
                await endSessions(db, current.user.id, { except: current.session.id })
                await announceSessionsEnded(context, current.user.id)
              },
            },
            delete: { after: ({ id }: { id: string }) => forgetSecondFactor(db, id) },
          },
        },
      },
    }),
  } satisfies BetterAuthPlugin
}

/** Whether ADMIN_SECOND_FACTOR means people of this role. */
export const isRequiredFor = (config: Context['config'], role: unknown) =>
  config.auth.adminSecondFactorRequired && role === 'admin'
