// /api/auth: the library's routes of accounts and sessions, behind our quotas and delays.
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import type { Request, RequestHandler } from 'express'
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
const MOUNT = '/api/auth'

export function accountRoutes(context: ApiContext, quotas: Quotas): RequestHandler {
  const { auth } = context
  const delays = createSignInDelays(context)

  /** Whose password the body holds. @returns null where it holds none that could be wrong */
  async function triedFor({ headers, body }: Request, path: string): Promise<Omit<Try, 'network'> | null> {
    const { email, password, currentPassword } = Object(body) as Record<string, unknown>
    // What signs up, and what an admin gives to others, is a new one.
    if (path === SIGN_UP || path.startsWith('/admin/')) return null
    if (password === undefined && currentPassword === undefined) return null
    if (path.startsWith('/sign-in/')) return typeof email === 'string' ? { email } : null
    const session = await auth.api.getSession({ headers: fromNodeHeaders(headers) })
    return session && { email: session.user.email, sessionId: session.session.id }
  }

  return asUser(async (request, response) => {
    checked(AccountBody, request.body)
    request.headers[REQUEST_ID_HEADER] = requestId(request)
    // One of the list, word for word: the library reads the same path.
    const path = request.path.slice(MOUNT.length)
    const isCounted = request.method === 'POST' && path !== '/sign-out'
    if (isCounted && !path.startsWith('/admin/')) {
      await quotas.take(path === SIGN_UP ? 'sign-up' : 'sign-in', request, response)
    }
    const tried = isCounted ? await triedFor(request, path) : null
    const succeeded = tried && (await delays.begin({ ...tried, network: networkOf(request) }))
    const handle = toNodeHandler(async (asked: globalThis.Request) => {
      const answer = await auth.handler(asked)
      if (answer.ok) await succeeded?.()
      return asProblem(answer, requestId(request))
    })
    await handle(request, response)
  })
}
