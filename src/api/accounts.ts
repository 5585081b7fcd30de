// /api/auth: the library's routes of accounts and sessions, behind our quotas and delays.
import { toNodeHandler } from 'better-auth/node'
import type { RequestHandler } from 'express'
import type { ApiContext } from '../app.ts'
import { REQUEST_ID_HEADER } from '../auth/headers.ts'
import { asProblem } from '../auth/routes.ts'
import { AccountBody } from '../contract.ts'
import { networkOf } from './client-address.ts'
import { checked, requestId } from './guards.ts'
import { asUser } from './request-log.ts'
import type { Quotas } from './quotas.ts'
import { createSignInDelays, type Try } from './sign-in-delays.ts'

const SIGN_UP = '/sign-up/email'

export function accountRoutes(context: ApiContext, quotas: Quotas): RequestHandler {
  const { auth } = context
  const delays = createSignInDelays(context)

  /** Whose password the body holds. @returns null where it holds none that could be wrong */
  async function triedFor(asked: Request, path: string, body: unknown): Promise<Omit<Try, 'network'> | null> {
    const { email, password, currentPassword } = Object(body) as Record<string, unknown>
    // What signs up, and what an admin gives to others, is a new one.
    if (path === SIGN_UP || path.startsWith('/admin/')) return null
    if (password === undefined && currentPassword === undefined) return null
    if (path.startsWith('/sign-in/')) return typeof email === 'string' ? { email } : null
    const session = await auth.api.getSession({ headers: asked.headers })
    return session && { email: session.user.email, sessionId: session.session.id }
  }

  return asUser(async (request, response) => {
    checked(AccountBody, request.body)
    request.headers[REQUEST_ID_HEADER] = requestId(request)
    const handle = async (asked: Request) => asProblem(await auth.handler(asked), requestId(request))
    const handler = toNodeHandler(async (asked: Request) => {
      // As the library reads it: with a "/../" in it, Express sees another path.
      const path = new URL(asked.url).pathname.replace(/^\/api\/auth/, '')
      if (asked.method !== 'POST' || path === '/sign-out') return handle(asked)
      if (!path.startsWith('/admin/')) await quotas.take(path === SIGN_UP ? 'sign-up' : 'sign-in', request, response)
      const tried = await triedFor(asked, path, request.body)
      if (!tried) return handle(asked)
      const succeeded = await delays.begin({ ...tried, network: networkOf(request) })
      const answer = await handle(asked)
      if (answer.ok) await succeeded()
      return answer
    })
    await handler(request, response)
  })
}
