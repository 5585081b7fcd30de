// /api/auth: the library's routes of accounts and sessions, behind our quotas and delays.
import { toNodeHandler } from 'better-auth/node'
import type { RequestHandler } from 'express'
import type { ApiContext } from '../app.ts'
import { AppError } from '../errors.ts'
import { networkOf } from './client-address.ts'
import type { Quotas } from './quotas.ts'
import { createSignInDelays, type Try } from './sign-in-delays.ts'

const SIGN_UP = '/sign-up/email'
const isJson = /^application\/json\s*(;|$)/i

export function accountRoutes(context: ApiContext, quotas: Quotas): RequestHandler {
  const { auth } = context
  const delays = createSignInDelays(context)

  /** Whose password the body holds. @returns null where it holds none that could be wrong */
  async function triedFor(asked: Request, path: string): Promise<Omit<Try, 'network'> | null> {
    const { email, password, currentPassword } = await fieldsOf(asked)
    // What signs up, and what an admin gives to others, is a new one.
    if (path === SIGN_UP || path.startsWith('/admin/')) return null
    if (password === undefined && currentPassword === undefined) return null
    if (path.startsWith('/sign-in/')) return typeof email === 'string' ? { email } : null
    const session = await auth.api.getSession({ headers: asked.headers })
    return session && { email: session.user.email, sessionId: session.session.id }
  }

  return async (request, response) => {
    const handler = toNodeHandler(async (asked: Request) => {
      // As the library reads it: with a "/../" in it, Express sees another path.
      const path = new URL(asked.url).pathname.replace(/^\/api\/auth/, '')
      if (asked.method !== 'POST' || path === '/sign-out') return auth.handler(asked)
      if (!path.startsWith('/admin/')) await quotas.take(path === SIGN_UP ? 'sign-up' : 'sign-in', request, response)
      const tried = await triedFor(asked, path)
      if (!tried) return auth.handler(asked)
      const succeeded = await delays.begin({ ...tried, network: networkOf(request) })
      const answer = await auth.handler(asked)
      if (answer.ok) await succeeded()
      return answer
    })
    await handler(request, response)
  }
}

/** @throws AppError bad_request for forms, which the library would read too */
async function fieldsOf(asked: Request): Promise<Record<string, unknown>> {
  const type = asked.headers.get('content-type')
  if (type === null) return {}
  if (!isJson.test(type)) throw new AppError('bad_request', 'The body has to be JSON.')
  const body: unknown = await asked
    .clone()
    .json()
    .catch(() => null)
  return Object(body) as Record<string, unknown>
}
