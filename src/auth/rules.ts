// A plugin of better-auth: our rules for passwords, roles and sessions, on whichever route they are met.
import { getCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { BetterAuthPlugin, GenericEndpointContext } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api'
import { letAdminGo } from '../db/accounts.ts'
import type { Db } from '../db/open.ts'
import { endInvitation } from '../db/people.ts'
import { endLinks } from '../db/users.ts'
import { statusOf, type ErrorCode } from '../errors.ts'
import { isAdmin, isRole, roles } from '../input/account.ts'
import { passwordProblem } from './passwords.ts'

/** However often it is used, a session ends that long after it began. */
export const SESSION_AGE_MS = 30 * 24 * 3600_000

type Endpoint = GenericEndpointContext | null

const refusal = (code: ErrorCode, message: string) => new APIError(statusOf(code), { code, message })
const on = (path: string) => (endpoint: { path?: string }) => endpoint.path === path
/** Of a hook that runs after the endpoint. */
const succeeded = ({ context }: { context: { returned?: unknown } }) => !isAPIError(context.returned)

export function accountRules(db: Db) {
  const stays = async (userId: string | undefined) => {
    if (userId === undefined || (await letAdminGo(db, userId))) return
    throw refusal('last_admin', 'This is the only administrator. Make somebody else one first.')
  }
  const mayLeave = async (endpoint: Endpoint) => {
    const { userId } = (endpoint?.body ?? {}) as { userId?: string }
    if (userId !== undefined && userId === endpoint?.context.session?.user.id) {
      throw refusal('not_yourself', 'You cannot take your own role away. Another administrator can.')
    }
    await stays(userId)
  }
  // The library takes sessions and password away before the user: the question comes before the first of them.
  const beforeRemoval = async (userId: string, endpoint: Endpoint) => {
    if (endpoint?.path === '/admin/remove-user' || endpoint?.path === '/delete-user') await stays(userId)
  }
  const ofUser = {
    delete: { before: ({ userId }: { userId: string }, endpoint: Endpoint) => beforeRemoval(userId, endpoint) },
  }

  return {
    id: 'account-rules',
    init: ({ password }) => ({
      options: {
        databaseHooks: {
          user: {
            create: { before: async (user: object) => checkRole(user) },
            update: {
              before: async (user: Record<string, unknown>, endpoint: Endpoint) => {
                checkRole(user)
                const leaves = ('role' in user && !isAdmin(user)) || user.banned === true
                if (leaves) await mayLeave(endpoint)
              },
            },
            delete: { before: ({ id }: { id: string }, endpoint: Endpoint) => beforeRemoval(id, endpoint) },
          },
          account: ofUser,
          session: {
            ...ofUser,
            update: { before: async (session: { expiresAt?: Date }, endpoint: Endpoint) => capped(session, endpoint) },
          },
        },
      },
      context: {
        password: {
          ...password,
          // The one place that every new password comes through.
          hash: async (text: string) => {
            await checkPassword(text)
            return password.hash(text)
          },
        },
      },
    }),
    hooks: {
      before: [
        {
          matcher: on('/change-password'),
          handler: createAuthMiddleware(async ({ body }) => ({
            context: { body: { ...(body as object), revokeOtherSessions: true } },
          })),
        },
      ],
      after: [
        {
          matcher: on('/admin/set-user-password'),
          handler: createAuthMiddleware(async (endpoint) => {
            const { userId } = endpoint.body as { userId: string }
            if (!succeeded(endpoint)) return
            await endpoint.context.internalAdapter.deleteUserSessions(userId)
            await Promise.all([endInvitation(db, userId), endLinks(db, userId)])
          }),
        },
        {
          matcher: on('/verify-password'),
          handler: createAuthMiddleware(async (endpoint) => {
            const session = succeeded(endpoint) && (await getSessionFromCtx(endpoint))
            if (!session) return
            await endpoint.context.internalAdapter.updateSession(session.session.token, { confirmedAt: new Date() })
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}

function checkRole(user: object) {
  if (!('role' in user) || isRole(user.role)) return
  throw refusal('role_unknown', `A role is ${roles.join(' or ')}.`)
}

function capped({ expiresAt }: { expiresAt?: Date }, endpoint: Endpoint) {
  const session = endpoint?.context.session?.session
  if (!expiresAt || !session) return
  const end = new Date(session.createdAt.getTime() + SESSION_AGE_MS)
  if (expiresAt > end) return { data: { expiresAt: end } }
}

async function checkPassword(text: string) {
  const endpoint = getCurrentAuthEndpointContext()
  // A sign-in with an unknown address hashes as well, to take as long as any other.
  if (endpoint.path?.startsWith('/sign-in/')) return
  const problem = passwordProblem(text, await emailOf(endpoint))
  if (problem) throw refusal(problem.code, problem.message)
}

/** Of the account that gets the password. */
async function emailOf({
  body,
  context,
}: ReturnType<typeof getCurrentAuthEndpointContext>): Promise<string | undefined> {
  const { email, userId, token } = body as { email?: string; userId?: string; token?: string }
  if (email !== undefined) return email
  const ofToken = token && (await context.internalAdapter.findVerificationValue(`reset-password:${token}`))
  const id = ofToken ? ofToken.value : userId
  if (id === undefined) return context.session?.user.email
  return (await context.internalAdapter.findUserById(id))?.email
}
