// The errors of the accounts library as ours: RFC 9457, with our own codes and sentences.
import type { APIError } from 'better-auth/api'
import { AppError, isErrorCode, problem, problemHeaders, type ErrorCode } from '../errors.ts'

/** By the library's names. What is not here has the code of its status. */
const known: Record<string, [ErrorCode, string]> = {
  INVALID_EMAIL_OR_PASSWORD: ['wrong_email_or_password', 'The e-mail address or the password is wrong.'],
  INVALID_PASSWORD: ['wrong_password', 'The password is wrong.'],
  CREDENTIAL_ACCOUNT_NOT_FOUND: ['wrong_password', 'This account has no password. Ask an administrator for one.'],
  INVALID_EMAIL: ['email_malformed', 'That is not an e-mail address.'],
  USER_ALREADY_EXISTS: ['email_taken', 'There is an account with this e-mail address already.'],
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ['email_taken', 'There is an account with this e-mail address already.'],
  EMAIL_PASSWORD_SIGN_UP_DISABLED: ['sign_up_closed', 'Only an administrator can make accounts here.'],
  BANNED_USER: ['user_banned', 'This account is locked out. Ask the administrator.'],
  EMAIL_ALREADY_VERIFIED: ['email_proven', 'This e-mail address is proved already.'],
  EMAIL_MISMATCH: ['email_not_yours', 'That is not the e-mail address of your account.'],
  INVALID_TOKEN: ['link_invalid', 'This link is not valid any more. Have another one sent to you.'],
  TOKEN_EXPIRED: ['link_invalid', 'This link is not valid any more. Have another one sent to you.'],
  USER_NOT_FOUND: ['user_not_found', 'There is no such user.'],
  YOU_CANNOT_BAN_YOURSELF: ['not_yourself', 'You cannot lock yourself out.'],
  YOU_CANNOT_REMOVE_YOURSELF: ['not_yourself', 'You cannot remove yourself here. Delete your account at /app/account.'],
  YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE: ['role_unknown', 'A role is user or admin.'],
  INVALID_ROLE_TYPE: ['role_unknown', 'A role is user or admin.'],
  INVALID_CODE: ['wrong_code', 'That code is not right. Take the one that the app shows now.'],
  INVALID_BACKUP_CODE: ['wrong_recovery_code', 'That is none of your recovery codes, or it was used already.'],
  INVALID_TWO_FACTOR_COOKIE: ['sign_in_over', 'That took too long. Sign in with your password again.'],
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: ['too_many_codes', 'Too many wrong codes. Sign in with your password again.'],
  ACCOUNT_TEMPORARILY_LOCKED: ['codes_locked', 'Too many wrong codes. Try again in 15 minutes.'],
  TOTP_ALREADY_ENABLED: ['second_factor_on', 'There is a second factor already. Turn it off first.'],
  TOTP_NOT_ENABLED: ['second_factor_off', 'There is no second factor to send a code for.'],
  TWO_FACTOR_NOT_ENABLED: ['second_factor_off', 'There is no second factor. Set it up first.'],
  BACKUP_CODES_NOT_ENABLED: ['second_factor_off', 'There is no second factor to send a code for.'],
}

/** An answer that is no error is left as it is. */
export async function asProblem(response: Response, requestId: string): Promise<Response> {
  if (response.status < 400) return response
  const said = (await response.json().catch(() => ({}))) as { code?: string; message?: string }
  const error = toAppError(response.status, said)
  const body = problem(error, requestId)
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  for (const [name, value] of Object.entries(problemHeaders(error))) headers.set(name, value)
  return new Response(JSON.stringify(body), { status: body.status, headers })
}

/** What the library refused when our own routes asked it. */
export const asAppError = ({ statusCode, body }: APIError) => toAppError(statusCode, body ?? {})

function toAppError(status: number, { code = '', message = '' }: { code?: string; message?: string }): AppError {
  // Of a rule of ours that the library asked.
  if (isErrorCode(code)) return new AppError(code, message)
  return new AppError(...(known[code] ?? byStatus(status)))
}

function byStatus(status: number): [ErrorCode, string] {
  if (status === 401) return ['not_signed_in', 'Please sign in first.']
  if (status === 403) return ['not_for_you', 'Only administrators can do this.']
  if (status === 404) return ['not_found', 'There is nothing at this address.']
  if (status === 409) return ['changed_meanwhile', 'Something else was quicker. Please try again.']
  if (status >= 500) return ['internal', 'That did not work, and it is not your fault. Please try again.']
  return ['bad_request', 'The request cannot be understood.']
}
