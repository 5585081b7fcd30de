// A plugin of better-auth: whatever an admin does on its routes comes into the audit list.
import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware, isAPIError } from 'better-auth/api'
import { z } from 'zod'
import type { AuditAction } from '../contract.ts'
import { addAudit } from '../db/audit.ts'
import type { Db } from '../db/open.ts'
import { findUser } from '../db/users.ts'
import { REQUEST_ID_HEADER } from './headers.ts'

/** Routes that change something; those that only read are in no list. */
export const adminActs: Record<string, AuditAction> = {
  '/admin/create-user': 'user_created',
  '/admin/update-user': 'user_changed',
  '/admin/set-role': 'role_changed',
  '/admin/ban-user': 'user_banned',
  '/admin/unban-user': 'user_unbanned',
  '/admin/set-user-password': 'password_set',
  '/admin/revoke-user-session': 'sessions_ended',
  '/admin/revoke-user-sessions': 'sessions_ended',
  '/admin/remove-user': 'user_removed',
}

const LONGEST = 300
const text = z.string().catch('')
/** What of the bodies the list tells; a body that is none of these was refused. */
const Body = z.object({
  userId: z.coerce.string().catch(''),
  sessionToken: text,
  email: text,
  role: z.union([z.string(), z.array(z.string())]).catch(''),
  banReason: text,
  data: z.record(z.string(), z.unknown()).catch({}),
})

export const requestIdOf = (headers: Headers | undefined): string => headers?.get(REQUEST_ID_HEADER) ?? ''

export function auditPlugin(db: Db) {
  /** To whom it is done, as it was before: afterwards a removed user has no address any more. */
  const before = new WeakMap<Request, { email: string; role: string }>()
  const matcher = ({ path }: { path?: string }) => path !== undefined && path in adminActs
  return {
    id: 'audit',
    hooks: {
      before: [
        {
          matcher,
          handler: createAuthMiddleware(async ({ request, body, context }) => {
            if (!request) return
            const { userId, sessionToken } = Body.parse(body ?? {})
            const ended = sessionToken ? await context.internalAdapter.findSession(sessionToken) : null
            const whom = await findUser(db, ended?.user.id ?? userId)
            if (whom) before.set(request, whom)
          }),
        },
      ],
      after: [
        {
          matcher,
          handler: createAuthMiddleware(async ({ path, request, headers, body, context }) => {
            const admin = context.session?.user
            const action = adminActs[path]
            // Without a request it was the program itself.
            if (!request || !admin || !action || isAPIError(context.returned)) return
            const { userId, email, role, banReason, data } = Body.parse(body ?? {})
            const whom = before.get(request)
            const roles = [role].flat().join(',')
            const details: Partial<Record<AuditAction, { from?: string; to: string }>> = {
              user_created: { to: roles },
              user_changed: { to: Object.keys(data).join(', ') },
              role_changed: { from: whom?.role ?? '', to: roles },
              user_banned: { to: banReason },
            }
            const { from = '', to = '' } = details[action] ?? {}
            await addAudit(db, {
              at: new Date(),
              actor: admin.email,
              action,
              whom: whom?.email ?? (email.toLowerCase() || userId),
              requestId: requestIdOf(headers),
              from: from.slice(0, LONGEST),
              to: to.slice(0, LONGEST),
            })
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
