// Accounts and sessions of the program itself: better-auth on MongoDB, with the roles user and admin.
import { betterAuth } from 'better-auth'
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { admin, bearer } from 'better-auth/plugins'
import { noteEnded, noteUserPlugin } from './api/request-log.ts'
import { getCurrentAuthEndpointContext } from '@better-auth/core/context'
import { auditPlugin, requestIdOf } from './auth/audit.ts'
import { tellOfFirstAdmin } from './auth/first-admin.ts'
import { ADDRESS_HEADER } from './auth/headers.ts'
import { lastSeenPlugin } from './auth/last-seen.ts'
import { isShown } from './auth/links.ts'
import { mailOptions, mailPlugin, tellOfNewPassword } from './auth/mails.ts'
import { removalPlugin } from './auth/removal.ts'
import { accountRules } from './auth/rules.ts'
import { codeRules, codes } from './auth/second-factor.ts'
import type { ApiConfig } from './config.ts'
import type { Context } from './context.ts'
import { findByEmail, hasAdmin, withdrawOddRoles } from './db/accounts.ts'
import { endInvitation } from './db/people.ts'
import { endLinks, markProven } from './db/users.ts'
import { announceSessionsEnded } from './events.ts'
import { PASSWORD_LENGTH } from './input/account.ts'

export type Auth = ReturnType<typeof createAuth>

type Needs = Pick<Context<ApiConfig>, 'config' | 'db' | 'redis' | 'queues' | 'log' | 'stores' | 'seal'>

export function createAuth(context: Needs) {
  const { config, db, log } = context
  const { emailAndPassword, ...mail } = mailOptions(context)
  return betterAuth({
    appName: 'bluesky-connect',
    baseURL: config.http.baseUrl,
    basePath: '/api/auth',
    secret: config.authSecret,
    trustedOrigins: (request) => {
      const host = request?.headers.get('host')
      return [config.http.baseUrl, ...(host && isLoopback(host) && !config.http.production ? [`http://${host}`] : [])]
    },
    // Without the client it uses no transactions, which the embedded MongoDB does not have.
    database: mongodbAdapter(db.connection.getClient().db()),
    emailAndPassword: {
      enabled: true,
      disableSignUp: !config.auth.signUpOpen,
      // The rules say it better; where the library measures for itself, it must not stop short of them.
      minPasswordLength: 1,
      maxPasswordLength: PASSWORD_LENGTH.max,
      revokeSessionsOnPasswordReset: true,
      async onPasswordReset({ user }, request) {
        await Promise.all([endInvitation(db, user.id), endLinks(db, user.id)])
        // Any other link came from a mail to that address.
        const { token } = getCurrentAuthEndpointContext().body as { token?: string }
        if (!isShown(token)) await markProven(db, user.id)
        await tellOfNewPassword(context, user.id, requestIdOf(request?.headers))
      },
      ...emailAndPassword,
    },
    ...mail,
    // The token of a link is the key: what stands in the database opens nothing.
    verification: { storeIdentifier: 'hashed' },
    session: {
      expiresIn: 7 * 24 * 3600,
      updateAge: 24 * 3600,
      // What needs a fresh session asks `requireFresh`, which counts a confirmed password too.
      freshAge: 0,
      additionalFields: { confirmedAt: { type: 'date', required: false, input: false } },
    },
    // A sign-out, a lock-out, a removal: whichever way a session ends, its streams end with it.
    databaseHooks: {
      session: {
        delete: {
          after: ({ userId }) => {
            noteEnded(userId)
            return announceSessionsEnded(context, userId)
          },
        },
      },
    },
    user: { deleteUser: { enabled: true } },
    // Ours count for both halves of the program and over all processes: src/api/quotas.ts, src/api/sign-in-delays.ts.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      // Ours is in front of every route, and does not ask for an origin where no browser asks: src/api/guards.ts.
      disableCSRFCheck: true,
      // Its __Secure- says less than our prefix.
      useSecureCookies: false,
      cookiePrefix: cookiePrefix(config.http.baseUrl),
      defaultCookieAttributes: { secure: isSecure(config.http.baseUrl) },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    // The rules first: what they refuse is neither marked as removed nor written down as done. Codes before bearer tokens,
    // which would be given out for a session that a code that was used already has opened.
    plugins: [
      admin(),
      codes(),
      codeRules(context),
      bearer({ requireSignature: true }),
      accountRules(db),
      removalPlugin(db),
      mailPlugin(context),
      auditPlugin(db),
      lastSeenPlugin(db),
      noteUserPlugin,
    ],
    // Whatever is no refusal goes on to the program's own handler of errors, which logs it.
    onAPIError: { throw: true },
    // What it calls an error, any stranger can cause, and what comes after the colon may be theirs.
    logger: {
      level: 'warn',
      log: (_level, message) => log.warn({ from: 'better-auth' }, message.split(/[:`"]/, 1)[0]),
    },
  })
}

const isSecure = (baseUrl: string) => baseUrl.startsWith('https:')

/** A browser takes __Host- over TLS alone, from this very host, for all of its paths. */
export const cookiePrefix = (baseUrl: string) => `${isSecure(baseUrl) ? '__Host-' : ''}bluesky-connect`

export const isLoopback = (host: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)

/** Makes the first admin out of ADMIN_EMAIL and ADMIN_PASSWORD when there is none. @returns true when it did */
export async function ensureAdmin(context: Context<ApiConfig>, auth: Auth): Promise<boolean> {
  const { config, db, log } = context
  const withdrawn = await withdrawOddRoles(db)
  if (withdrawn > 0) log.warn({ withdrawn }, 'made users of those whose role was neither user nor admin')
  const account = config.firstAdmin
  if (!account) return false
  if (await hasAdmin(db)) {
    await tellOfFirstAdmin(context, auth)
    return false
  }
  // Whoever signed up with that address would become the admin.
  if (await findByEmail(db, account.email)) {
    log.error(
      { email: account.email },
      'there is no administrator, and ADMIN_EMAIL is the address of a user: set another',
    )
    return false
  }
  try {
    // Whoever configures the program knows the address.
    const data = { emailVerified: true }
    await auth.api.createUser({ body: { ...account, name: 'Administrator', role: 'admin', data } })
  } catch (error) {
    // Another process of the same start may have been quicker.
    if (await hasAdmin(db)) return false
    throw new Error(`the first admin ${account.email} could not be made: ${(error as Error).message}`, { cause: error })
  }
  log.info({ email: account.email }, 'made the first admin')
  return true
}
