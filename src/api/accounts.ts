// /api/auth: the library's routes of accounts and sessions, behind our quotas and delays.
import { setTimeout as sleep } from 'node:timers/promises'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import type { Request, RequestHandler } from 'express'
import type { ApiContext } from '../app.ts'
import { REQUEST_ID_HEADER } from '../auth/headers.ts'
import { asProblem } from '../auth/problems.ts'
import { networkOf } from './client-address.ts'
import { checked, requestId } from './guards.ts'
import { accountOperations } from './openapi/account-operations.ts'
import type { Operation } from './openapi/operation.ts'
import { asUser } from './request-log.ts'
import { mailOff } from './address-proof.ts'
import { createMailLimit } from './mail-limit.ts'
import type { Quotas } from './quotas.ts'
import { storeAway } from './store-away.ts'
import { createSignInDelays, type Try } from './sign-in-delays.ts'

const operations: Record<string, Operation> = accountOperations
const SIGN_UP = '/sign-up/email'
const MOUNT = '/api/auth'
/** Have a mail sent to whoever's address stands in the body. */
const SENDING = ['/request-password-reset', '/send-verification-email']
/** What is done for an address that is known takes less: how long it took tells nothing. */
const LEAST_MS = 500

export function accountRoutes(context: ApiContext, quotas: Quotas): RequestHandler {
  const { auth, config } = context
  const delays = createSignInDelays(context)
  const mailLimit = createMailLimit(context)

  async function takeMail({ body }: Request): Promise<void> {
    const { email } = Object(body) as Record<string, unknown>
    if (typeof email === 'string') await mailLimit(email)
  }

  const quotaOf = (path: string) => {
    if (path === SIGN_UP) return 'sign-up'
    return SENDING.includes(path) ? 'mail' : 'sign-in'
  }

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
    const { body, params } = operations[`${request.method.toLowerCase()} ${request.path}`] ?? {}
    if (body) checked(body, request.body)
    if (params?.query) checked(params.query, request.query)
    request.headers[REQUEST_ID_HEADER] = requestId(request)
    // One of the list, word for word: the library reads the same path.
    const path = request.path.slice(MOUNT.length)
    const isCounted = request.method === 'POST' && path !== '/sign-out'
    if (SENDING.includes(path) && !config.mail) throw mailOff()
    if (isCounted && !path.startsWith('/admin/')) await quotas.take(quotaOf(path), request, response)
    if (SENDING.includes(path)) await takeMail(request)
    const tellsNothing = config.mail && (SENDING.includes(path) || path === SIGN_UP)
    const least = tellsNothing ? sleep(LEAST_MS) : undefined
    const tried = isCounted ? await triedFor(request, path) : null
    const succeeded = tried && (await delays.begin({ ...tried, network: networkOf(request) }))
    const handle = toNodeHandler(async (asked: globalThis.Request) => {
      const answer = await auth.handler(asked)
      await least
      // The library keeps to itself what broke off.
      if (answer.status >= 500 && (await context.stores.mongodb.look()) !== 'ok') throw storeAway()
      if (answer.ok) await succeeded?.()
      // Of an account that is new the library tells more than it makes up of one that was there.
      if (answer.ok && config.mail && path === SIGN_UP)
        return Response.json({ token: null }, { headers: answer.headers })
      return asProblem(answer, requestId(request))
    })
    await handle(request, response)
  })
}
