// Makes one call to an AT Protocol server through the guarded client and keeps what the diagnosis needs of the answer.
import { Agent } from '@atproto/api'
import type { Answer } from './evidence.ts'
import type { Http } from './http.ts'
import { toHttpFault } from './http-fault.ts'
import { readLimit } from './limits.ts'

export interface Called<T> {
  answer: Answer
  /** absent unless the answer is `ok` */
  data?: T
  durationMs: number
}

export interface Target {
  http: Pick<Http, 'fetch'>
  /** origin */
  serviceUrl: string
  signal: AbortSignal
}

/**
 * @param make the call, on an agent that has no session: tokens are given as a header, because a session-managed agent
 * takes every 401 for an expired token (facts 5.2)
 * @throws only what is a mistake of our own; whatever a server or the network does is in the answer
 */
export async function call<T>(
  { http, serviceUrl, signal }: Target,
  make: (agent: Agent) => Promise<{ data: T }>,
): Promise<Called<T>> {
  let answered: { status: number; headers: Headers; text: string } | undefined
  const agent = new Agent({
    service: serviceUrl,
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const response = await http.fetch(input, { ...init, signal })
      // The client library collapses statuses and drops headers and bodies that it does not expect.
      answered = { status: response.status, headers: response.headers, text: await response.clone().text() }
      return response
    },
  })
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const { data } = await make(agent)
    return { answer: { kind: 'ok', status: answered?.status ?? 200 }, data, durationMs: durationMs() }
  } catch (error) {
    const fault = toHttpFault(error)
    if (fault) return { answer: { kind: 'fault', fault: { reason: fault.reason, detail: fault.detail } }, durationMs: durationMs() }
    if (!answered) throw error
    if (answered.status < 300) {
      const detail = (error as Error).name
      return { answer: { kind: 'invalid', status: answered.status, detail }, durationMs: durationMs() }
    }
    return { answer: readError(answered), durationMs: durationMs() }
  }
}

function readError({ status, headers, text }: { status: number; headers: Headers; text: string }): Answer {
  const body = parse(text)
  const isText = headers.get('content-type')?.startsWith('text/plain') ?? false
  return {
    kind: 'error',
    status,
    error: typeof body?.error === 'string' ? body.error : '',
    message: typeof body?.message === 'string' ? body.message : isText ? text.slice(0, 500) : '',
    xrpc: typeof body?.error === 'string',
    limit: status === 429 || body?.error === 'RateLimitExceeded' ? readLimit(headers, new Date()) : null,
  }
}

function parse(text: string): { error?: unknown; message?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
