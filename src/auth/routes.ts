// Which routes of the accounts library exist here, and what their errors look like.
import { STATUS_CODES } from 'node:http'
import type { RequestHandler } from 'express'
import { AppError, type ErrorCode } from '../errors.ts'

/** What pages and documents use. The library has many more, and gains some with each version: those are 404. */
export const authRoutes = [
  'POST /sign-up/email',
  'POST /sign-in/email',
  'POST /sign-out',
  'GET /get-session',
  'POST /verify-password',
  'POST /change-password',
  'POST /request-password-reset',
  'POST /reset-password',
  'POST /send-verification-email',
  'POST /delete-user',
  'POST /two-factor/enable',
  'POST /two-factor/disable',
  'POST /two-factor/verify-totp',
  'POST /two-factor/verify-backup-code',
  'POST /two-factor/generate-backup-codes',
  'GET /admin/list-users',
  'POST /admin/create-user',
  'POST /admin/set-role',
  'POST /admin/set-user-password',
  'POST /admin/ban-user',
  'POST /admin/unban-user',
  'POST /admin/revoke-user-sessions',
  'POST /admin/remove-user',
]

/** To be mounted where the library is. @throws AppError not_found */
export const listedRoutesOnly: RequestHandler = (request, _response, next) => {
  // Word for word: what the library would read as another path, such as one with "/../", is in no list.
  if (!authRoutes.includes(`${request.method} ${request.path}`)) {
    throw new AppError('not_found', 'There is nothing at this address.')
  }
  next()
}

/** An error of the library as one of ours: RFC 9457, with the library's own code. */
export async function asProblem(response: Response, requestId: string): Promise<Response> {
  if (response.status < 400) return response
  const said = (await response.json().catch(() => ({}))) as { code?: string; message?: string }
  const title = STATUS_CODES[response.status] ?? 'Error'
  const body = {
    type: 'about:blank',
    title,
    status: response.status,
    code: said.code ?? codeOf(response.status),
    detail: said.message ?? title,
    requestId,
  }
  const headers = new Headers(response.headers)
  headers.set('content-type', 'application/problem+json')
  headers.delete('content-length')
  return new Response(JSON.stringify(body), { status: response.status, headers })
}

/** Where the library names none. */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'not_signed_in'
  if (status === 403) return 'not_for_you'
  if (status === 404) return 'not_found'
  return status >= 500 ? 'internal' : 'bad_request'
}
