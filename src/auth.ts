// Accounts and sessions of the program itself: better-auth on MongoDB, with the roles user and admin.
import { betterAuth } from 'better-auth'
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { admin, bearer } from 'better-auth/plugins'
import { noteEnded, noteUser } from './api/request-log.ts'
import { auditPlugin } from './auth/audit.ts'
import { ADDRESS_HEADER } from './auth/headers.ts'
import { removalPlugin } from './auth/removal.ts'
import type { Context } from './context.ts'
import { announceSessionsEnded } from './events.ts'

export type Auth = ReturnType<typeof createAuth>

export function createAuth(context: Pick<Context, 'config' | 'db' | 'redis' | 'log'>) {
  const { config, db, log } = context
  return betterAuth({
    appName: 'bluesky-connect',
    baseURL: config.http.baseUrl,
    basePath: '/api/auth',
    secret: config.auth.secret,
    trustedOrigins: (request) => {
      const host = request?.headers.get('host')
      return [config.http.baseUrl, ...(host && isLoopback(host) && !config.http.production ? [`http://${host}`] : [])]
    },
    // Without the client it uses no transactions, which the embedded MongoDB does not have.
    database: mongodbAdapter(db.connection.getClient().db()),
    emailAndPassword: { enabled: true, disableSignUp: !config.auth.signUpOpen, minPasswordLength: 8 },
    session: { expiresIn: 7 * 24 * 3600, updateAge: 24 * 3600 },
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
    hooks: { after: noteUser },
    // Ours count for both halves of the program and over all processes: src/api/quotas.ts, src/api/sign-in-delays.ts.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      cookiePrefix: 'bluesky-connect',
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    plugins: [admin(), bearer(), removalPlugin(db), auditPlugin(db)],
    // Whatever is no refusal goes on to the program's own handler of errors, which logs it.
    onAPIError: { throw: true },
    // What it calls an error, any stranger can cause, and what comes after the colon may be theirs.
    logger: {
      level: 'warn',
      log: (_level, message) => log.warn({ from: 'better-auth' }, message.split(/[:`"]/, 1)[0]),
    },
  })
}

export const isLoopback = (host: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)

/** Makes the first admin out of ADMIN_EMAIL and ADMIN_PASSWORD when there is none. @returns true when it did */
export async function ensureAdmin({ config, db, log }: Context, auth: Auth): Promise<boolean> {
  const account = config.auth.admin
  const users = db.connection.collection('user')
  await users.createIndex({ role: 1 })
  const hasAdmin = async () => (await users.findOne({ role: 'admin' }, { projection: { _id: 1 } })) !== null
  if (!account || (await hasAdmin())) return false
  try {
    await auth.api.createUser({ body: { ...account, name: 'Administrator', role: 'admin' } })
  } catch (error) {
    // Another process of the same start may have been quicker. An ordinary user of that address is not promoted:
    // whoever signed up with it would become the admin.
    if (await hasAdmin()) return false
    throw new Error(`the first admin ${account.email} could not be made`, { cause: error })
  }
  log.info({ email: account.email }, 'made the first admin')
  return true
}
