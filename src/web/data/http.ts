// Talks to our API: JSON in, JSON out, and every failure as one kind of error.
import type { Problem } from '../../contract.ts'

const responseTimeoutMs = 20_000

/** A call that did not work: what the API said, or `no_response` / `too_slow` when it said nothing. */
export class ApiError extends Error {
  override name = 'ApiError'
  status: number
  code: string
  requestId: string | null
  fix: string | undefined
  /** when it is worth trying again, where that was said */
  retryAfterSeconds: number | undefined
  fields: Record<string, string>
  constructor(status: number, code: string, problem: Partial<Problem> = {}, retryAfter: string | null = null) {
    super(problem.detail ?? problem.title ?? code)
    this.status = status
    this.code = code
    this.requestId = problem.requestId ?? null
    this.fix = problem.fix
    this.retryAfterSeconds = Number(retryAfter) || undefined
    this.fields = Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message]))
  }
}

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** @throws ApiError */
export async function call<T>(path: string, { method = 'GET', body, headers = {}, signal }: Call = {}): Promise<T> {
  const deadline = AbortSignal.timeout(responseTimeoutMs)
  let response: Response
  let text: string
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        // What is chosen on the page; the browser's own may be another.
        'accept-language': document.documentElement.lang,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, deadline.aborted ? 'too_slow' : 'no_response')
  }
  const parsed = parse(text)
  if (response.ok) return parsed as T
  const problem = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Partial<Problem>
  // A gateway in front of the program responds for it when it is away, in a language of its own.
  if (!problem.code) throw new ApiError(response.status, response.status >= 500 ? 'no_response' : 'unknown', problem)
  throw new ApiError(response.status, problem.code, problem, response.headers.get('retry-after'))
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** A random name; `crypto.randomUUID` is missing on pages without TLS. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The query part of an address, without the empty values. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const filled = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return filled.length === 0 ? '' : `?${new URLSearchParams(filled.map(([key, value]) => [key, String(value)]))}`
}
