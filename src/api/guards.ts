// What stands before the endpoints: who is asking, from where, and is the input what it should be.
import { fromNodeHeaders } from 'better-auth/node'
import type { Request, RequestHandler } from 'express'
import { Types } from 'mongoose'
import type { z } from 'zod'
import { isLoopback } from '../auth.ts'
import type { Config } from '../config.ts'
import type { ApiContext } from '../app.ts'
import { AppError } from '../errors.ts'
import { isAdmin, type Role } from '../input/account.ts'
import { readOptions } from '../options.ts'
import { isRequiredFor } from '../auth/second-factor.ts'

export interface User {
  id: string
  email: string
  /** has opened a link that was sent there */
  emailVerified: boolean
  role: Role
  /** has an authenticator app or recovery code to show at each sign-in */
  secondFactor: boolean
}

/** The id that leads to the request's line in the log. */
export const requestId = (request: Request) => request.id as string

/** @throws AppError not_signed_in */
export async function requireSession({ auth }: Pick<ApiContext, 'auth'>, request: Request) {
  const found = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
  if (!found) throw new AppError('not_signed_in', 'Please sign in first.')
  const { id, email, emailVerified, role, twoFactorEnabled } = found.user
  request.userId = id
  const secondFactor = twoFactorEnabled === true
  const user: User = { id, email, emailVerified, role: isAdmin({ role }) ? 'admin' : 'user', secondFactor }
  return { ...found.session, user }
}

/** @throws AppError not_signed_in */
export const requireUser = async (context: Pick<ApiContext, 'auth'>, request: Request): Promise<User> =>
  (await requireSession(context, request)).user

/** An admin who has to set up a second factor before anything else. */
export const lacksSecondFactor = ({ config }: Pick<ApiContext, 'config'>, user: User) =>
  isRequiredFor(config, user.role) && !user.secondFactor

/** @throws AppError not_signed_in, not_for_you, second_factor_needed */
export async function requireAdmin(context: Pick<ApiContext, 'auth' | 'config'>, request: Request): Promise<User> {
  const user = await requireUser(context, request)
  if (!isAdmin(user)) throw new AppError('not_for_you', 'Only administrators can see this.')
  if (lacksSecondFactor(context, user)) {
    throw new AppError('second_factor_needed', 'Administrators need a second factor here.', {
      fix: 'Set it up at /app/account, then try again.',
    })
  }
  return user
}

const FRESH_MS = 10 * 60_000

/**
 * For what a stolen session must not do: whoever asks signed in, or confirmed their password, a short while ago.
 * @throws AppError not_signed_in, fresh_session_needed
 */
export async function requireFresh(context: Pick<ApiContext, 'auth'>, request: Request): Promise<void> {
  const { createdAt, confirmedAt } = await requireSession(context, request)
  if (Date.now() - Math.max(createdAt.getTime(), confirmedAt?.getTime() ?? 0) <= FRESH_MS) return
  throw new AppError('fresh_session_needed', 'You signed in a while ago. Please confirm your password.', {
    fix: 'Send it to POST /api/auth/verify-password, then try again.',
  })
}

/**
 * Cookies are sent along whichever page asks, so what changes something has to come from our own. Browsers say with every
 * such request where it comes from; a program that is none says nothing, brings its token of its own accord, and is let by.
 */
export const ownOriginOnly =
  ({ http }: Pick<Config, 'http'>): RequestHandler =>
  (request, _response, next) => {
    const own = new URL(http.baseUrl).origin
    const { host } = request.headers
    const from = comesFrom(request)
    const allowed =
      ['GET', 'HEAD', 'OPTIONS'].includes(request.method) ||
      from === null ||
      from === own ||
      (!http.production && host !== undefined && isLoopback(host) && from === `http://${host}`)
    if (!allowed) throw new AppError('foreign_origin', `This address takes changes from ${own} only.`)
    next()
  }

/** @returns an origin as the browser has it, 'elsewhere', or null where nothing is said or it is our own page */
function comesFrom({ headers }: Request): string | null {
  const { origin, referer, 'sec-fetch-site': site } = headers
  if (origin !== undefined) return origin
  // Node's own fetch, as a browser, says how it asks (`sec-fetch-mode`), but not from where.
  if (site !== undefined) return ['same-origin', 'none'].includes(site) ? null : 'elsewhere'
  if (referer === undefined) return null
  return URL.parse(referer)?.origin ?? 'elsewhere'
}

/**
 * The server that sign-ins go to.
 * @param detail what is said while Bluesky connections are paused
 * @throws AppError integration_disabled
 */
export async function enabledServiceUrl(context: ApiContext, detail: string, more: { fix?: string } = {}) {
  const options = await readOptions(context)
  if (options.bluesky_integration_status.effective === 'disabled') {
    throw new AppError('integration_disabled', detail, more)
  }
  return options['bluesky_service-url'].effective
}

/** @throws AppError invalid_input with a message per field */
export function checked<T extends z.ZodType>(shape: T, value: unknown): z.infer<T> {
  const parsed = shape.safeParse(value ?? {})
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: 'is not known here' }))
      : [{ field: issue.path.join('.') || 'body', message: issue.message }],
  )
  throw new AppError('invalid_input', errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { errors })
}

const notIds = {
  channel_not_found: 'There is no such channel.',
  session_not_found: 'There is no such session.',
  user_not_found: 'There is no such user.',
  removal_not_found: 'There is no such removal.',
  bad_request: 'The cursor is not one of ours.',
}

/** An id out of a path or cursor; what is none belongs to nothing. @throws AppError */
export function checkedId(text: unknown, code: keyof typeof notIds = 'channel_not_found'): string {
  if (typeof text === 'string' && Types.ObjectId.isValid(text) && text.length === 24) return text
  throw new AppError(code, notIds[code])
}
