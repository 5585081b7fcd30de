// The errors that the HTTP interface responds with: a stable code, a status and a sentence for the person.

const table = {
  bad_request: [400, 'The request cannot be read'],
  invalid_input: [422, 'Some fields need attention'],
  link_invalid: [422, 'The link is not valid any more'],
  identifier_malformed: [422, 'That is not a Bluesky handle'],
  password_not_app_format: [422, 'That is not an app password'],
  password_too_short: [422, 'The password is too short'],
  password_too_long: [422, 'The password is too long'],
  password_is_address: [422, 'The password is the e-mail address'],
  password_too_easy: [422, 'The password is easy to guess'],
  role_unknown: [422, 'There is no such role'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used for something else'],
  not_signed_in: [401, 'Please sign in'],
  not_for_you: [403, 'This is for administrators'],
  fresh_session_needed: [403, 'Please confirm your password'],
  second_factor_needed: [403, 'Administrators need a second factor'],
  foreign_origin: [403, 'The request comes from another site'],
  integration_disabled: [403, 'Bluesky connections are paused'],
  not_found: [404, 'There is nothing here'],
  session_not_found: [404, 'There is no such session'],
  channel_not_found: [404, 'There is no such channel'],
  removal_not_found: [404, 'There is no such removal'],
  channel_not_connected: [409, 'The channel has to be connected first'],
  mail_off: [409, 'There is no e-mail here'],
  last_admin: [409, 'Somebody has to be administrator'],
  app_password_unknown: [409, 'The list of app passwords has to be asked for again'],
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
  internal: [500, 'Something went wrong on our side'],
  busy: [503, 'Too much is asked for at once'],
  took_too_long: [503, 'That took too long'],
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof table

export const statusOf = (code: ErrorCode) => table[code][0]

interface More {
  /** one per field of bad input */
  errors?: { field: string; message: string }[]
  fix?: string
  link?: string
  /** for the header: when it is worth trying again */
  retryAfterSeconds?: number
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
  const { cause: _, retryAfterSeconds: __, ...more } = error.more
  return { type: 'about:blank', title, status, code: error.code, detail: error.message, requestId, ...more }
}
