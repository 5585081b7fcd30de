// Which routes of the accounts library exist here.
import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'

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
