// The errors that the HTTP interface responds with: a stable code, a status and a sentence for the person.

const table = {
  bad_request: [400, 'The request cannot be read'],
  wrong_password: [400, 'The password is wrong'],
  too_many_codes: [400, 'Too many wrong codes'],
  invalid_input: [422, 'Some fields need attention'],
  link_invalid: [422, 'The link is not valid any more'],
  identifier_malformed: [422, 'That is not a Bluesky handle'],
  password_not_app_format: [422, 'That is not an app password'],
  password_too_short: [422, 'The password is too short'],
  password_too_long: [422, 'The password is too long'],
  password_is_address: [422, 'The password is the e-mail address'],
  password_too_easy: [422, 'The password is easy to guess'],
  email_malformed: [422, 'That is not an e-mail address'],
  email_taken: [422, 'There is an account with this address'],
  email_same: [422, 'That is the address already'],
  role_unknown: [422, 'There is no such role'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used for something else'],
  not_signed_in: [401, 'Please sign in'],
  wrong_email_or_password: [401, 'The address or the password is wrong'],
  sign_in_over: [401, 'The sign-in took too long'],
  wrong_code: [401, 'The code is wrong'],
  code_used: [401, 'The code was used already'],
  wrong_recovery_code: [401, 'That is no recovery code'],
  not_for_you: [403, 'This is for administrators'],
  fresh_session_needed: [403, 'Please confirm your password'],
  second_factor_needed: [403, 'Administrators need a second factor'],
  user_banned: [403, 'The account is locked out'],
  sign_up_closed: [403, 'Nobody can sign up here'],
  email_not_yours: [403, 'That is not your address'],
  foreign_origin: [403, 'The request comes from another site'],
  integration_disabled: [403, 'Bluesky connections are paused'],
  not_found: [404, 'There is nothing here'],
  session_not_found: [404, 'There is no such session'],
  user_not_found: [404, 'There is no such user'],
  channel_not_found: [404, 'There is no such channel'],
  removal_not_found: [404, 'There is no such removal'],
  method_not_allowed: [405, 'This address takes other methods'],
  channel_not_connected: [409, 'The channel has to be connected first'],
  mail_off: [409, 'There is no e-mail here'],
  email_proven: [409, 'The address is proved already'],
  second_factor_on: [409, 'There is a second factor already'],
  second_factor_off: [409, 'There is no second factor'],
  not_yourself: [409, 'Nobody can do that to themselves'],
  changed_meanwhile: [409, 'It changed meanwhile'],
  last_admin: [409, 'Somebody has to be administrator'],
  app_password_unknown: [409, 'The list of app passwords has to be asked for again'],
  too_many_groups: [409, 'The channel is in enough groups'],
  channel_busy: [409, 'The channel is being worked on'],
  not_for_admin: [409, 'An administrator cannot help here'],
  too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The body is not JSON'],
  too_many_requests: [429, 'Too many requests'],
  too_many_streams: [429, 'Too many open pages'],
  user_quota_used: [429, 'You have done that too often'],
  address_quota_used: [429, 'Too much came from your address'],
  too_many_in_flight: [429, 'Too many channels are being worked on'],
  mail_quota_used: [429, 'Enough mails were sent to this address'],
  sign_in_delayed: [429, 'Too many failed tries'],
  codes_locked: [429, 'Too many wrong codes'],
  internal: [500, 'Something went wrong on our side'],
  busy: [503, 'Too much is asked for at once'],
  took_too_long: [503, 'That took too long'],
  store_away: [503, 'Our database is away'],
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof table
export const errorCodes = Object.keys(table) as ErrorCode[]
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(table, code)

export const statusOf = (code: ErrorCode) => table[code][0]

interface More {
  /** one per field of bad input */
  errors?: { field: string; message: string }[]
  fix?: string
  link?: string
  /** for the header: when it is worth trying again */
  retryAfterSeconds?: number
  /** for the header: what the address takes */
  allow?: string
  cause?: unknown
}

/** A response that is an error: `detail` is the sentence for the person. */
export class AppError extends Error {
  override name = 'AppError'
  code: ErrorCode
  more: More
  constructor(code: ErrorCode, detail: string, more: More = {}) {
    super(detail, { cause: more.cause })
    this.code = code
    this.more = more
  }
}

/** RFC 9457 body of an error. */
export function problem(error: AppError, requestId: string) {
  const [status, title] = table[error.code]
  const { cause: _, retryAfterSeconds: __, allow: ___, ...more } = error.more
  return { type: 'about:blank', title, status, code: error.code, detail: error.message, requestId, ...more }
}

export function problemHeaders({ code, more }: AppError): Record<string, string> {
  const { retryAfterSeconds, allow } = more
  return {
    'Content-Type': 'application/problem+json',
    ...(statusOf(code) === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    ...(allow === undefined ? {} : { Allow: allow }),
  }
}
