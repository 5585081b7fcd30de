// Names every way in which a request to another server can end without an answer.

type Trait = 'refusal' | 'passing'

const traits = {
  blocked: ['refusal'],
  redirect: ['refusal'],
  dns_not_found: [],
  dns_failed: ['passing'],
  refused: ['passing'],
  reset: ['passing'],
  closed: ['passing'],
  tls_untrusted: ['refusal'],
  tls_expired: ['refusal'],
  tls_wrong_name: ['refusal'],
  tls_failed: ['refusal'],
  timeout: ['refusal', 'passing'],
  header_too_large: ['refusal'],
  body_too_large: ['refusal'],
  decode_failed: ['refusal'],
  truncated: ['passing'],
  protocol_error: [],
  unsendable: [],
  aborted: ['passing'],
  network: ['passing'],
} satisfies Record<string, Trait[]>

export type HttpFaultReason = keyof typeof traits
export const httpFaultReasons = Object.keys(traits) as HttpFaultReason[]

const having = (trait: Trait): ReadonlySet<string> =>
  new Set(httpFaultReasons.filter((reason) => (traits[reason] as Trait[]).includes(trait)))
/** Where it was the client that would not go on. Each comes into the log. */
export const refusals = having('refusal')
/** What a server that is out of order for a while does. */
export const passing = having('passing')

/**
 * How far the request got. From `headers` on, the server may have acted on it: it was at least partly sent.
 */
export type HttpPhase = 'check' | 'connect' | 'headers' | 'body'

/**
 * Thrown for every request that got no usable answer.
 *
 * It has no `cause` on purpose: the errors underneath carry pieces of the answer or of a refused header, and an error ends up in logs.
 */
export class HttpFault extends Error {
  override readonly name = 'HttpFault'
  readonly reason: HttpFaultReason
  readonly host: string
  readonly phase: HttpPhase
  readonly detail: string

  constructor(reason: HttpFaultReason, host: string, phase: HttpPhase, detail = '') {
    super(`${reason} at ${host || 'an unreadable URL'} (${detail || phase})`)
    this.reason = reason
    this.host = host
    this.phase = phase
    this.detail = detail
  }
}

const maxDepth = 10

/** Finds the fault in an error that a client library has wrapped around it. */
export function toHttpFault(error: unknown): HttpFault | undefined {
  let current = error
  for (let depth = 0; depth < maxDepth; depth += 1) {
    if (current instanceof HttpFault) return current
    if (!(current instanceof Error)) return undefined
    current = current.cause
  }
  return undefined
}

const reasonsByCode: Record<string, HttpFaultReason> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'closed',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'header_too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol_error',
  HTTPParserError: 'protocol_error',
  UND_ERR_INVALID_ARG: 'unsendable',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'unsendable',
  UND_ERR_NOT_SUPPORTED: 'unsendable',
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
  UND_ERR_DESTROYED: 'aborted',
  ABORT_ERR: 'aborted',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_name',
  HOSTNAME_MISMATCH: 'tls_wrong_name',
  INVALID_CA: 'tls_untrusted',
  INVALID_PURPOSE: 'tls_untrusted',
  PATH_LENGTH_EXCEEDED: 'tls_untrusted',
  EPROTO: 'tls_failed',
}

function reasonOf(code: string, phase: HttpPhase): HttpFaultReason | undefined {
  if (phase === 'body' && (code === 'UND_ERR_SOCKET' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'))
    return 'truncated'
  const reason = reasonsByCode[code]
  if (reason) return reason
  if (/^CERT_|^ERROR_IN_CERT|SELF_SIGNED_CERT|^UNABLE_TO_(GET_ISSUER|VERIFY)/.test(code)) return 'tls_untrusted'
  if (/^ERR_(SSL|TLS)_/.test(code)) return 'tls_failed'
  return undefined
}

/** The codes (or names) of an error, of what caused it, and of each address that was tried. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > maxDepth) return []
  const own = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const tried = error instanceof AggregateError ? error.errors.flatMap((one) => codesOf(one, depth + 1)) : []
  return [own, ...tried, ...codesOf(error.cause, depth + 1)]
}

/** Turns what a socket, TLS or the HTTP parser threw into a fault. */
export function faultFrom(error: unknown, host: string, phase: HttpPhase): HttpFault {
  const known = toHttpFault(error)
  if (known) return known
  const codes = codesOf(error)
  for (const code of codes) {
    const reason = reasonOf(code, phase)
    if (reason) return new HttpFault(reason, host, phase, code)
  }
  return new HttpFault('network', host, phase, codes[0])
}
