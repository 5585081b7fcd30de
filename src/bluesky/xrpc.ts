// Makes one call to an AT Protocol server through the guarded client and keeps what the diagnosis needs of the answer.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent } from '@atproto/api'
import { z } from 'zod'
import type { Answer, Fault, Front } from '../outcomes/evidence.ts'
import type { Http } from '../http/client.ts'
import { toHttpFault, type HttpFault } from '../http/fault.ts'
import { readFront } from './front.ts'
import { readLimit, readPause } from './limits.ts'

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

interface CallTarget extends Target {
  /** what is sent in confidence: an error that repeats it is kept without its words */
  secrets?: string[]
  /**
   * takes any JSON object, or nothing, for the data of a success: other servers leave out or add what the client library
   * insists on. The caller checks what it needs.
   */
  tolerant?: boolean
}

type Send = (path: string, init: RequestInit) => Promise<Response>

const underWay = new AsyncLocalStorage<Send>()
/** One for all calls, because making one reads every lexicon; how a call is sent comes to it beside its input. */
const agent = new Agent((path, init) => {
  const send = underWay.getStore()
  if (!send) throw new Error('a call outside of call()')
  return send(path, init)
})

/**
 * @param make the call, on an agent that has no session: tokens are given as a header, because a session-managed agent
 * takes every 401 for an expired token (docs/at-protocol.md §5.2)
 * @throws only what is a mistake of our own; whatever a server or the network does is in the answer
 */
export async function call<T>(
  { http, serviceUrl, signal, secrets = [], tolerant = false }: CallTarget,
  make: (agent: Agent) => Promise<{ data: T }>,
): Promise<Called<T>> {
  let answered: Answered | undefined
  const send: Send = async (path, init) => {
    const response = await http.fetch(new URL(path, serviceUrl), { ...init, signal })
    // The client library collapses statuses and drops headers and bodies that it does not expect.
    answered = { status: response.status, headers: response.headers, text: await response.clone().text() }
    return response
  }
  const startedAt = performance.now()
  const called = (answer: Answer): Called<T> => ({ answer, durationMs: Math.round(performance.now() - startedAt) })
  try {
    const { data } = await underWay.run(send, () => make(agent))
    const front = answered && frontOf(answered)
    // Some protections answer with a success, also where the method returns nothing that could be missed.
    if (answered && front?.says === 'challenge') return called(readInvalid(answered, 'challenge'))
    return { ...called({ kind: 'ok', status: answered?.status ?? 200 }), data }
  } catch (error) {
    const fault = toHttpFault(error)
    if (fault) return called({ kind: 'fault', fault: readFault(fault, secrets) })
    if (!answered) throw error
    const { status, text } = answered
    if (status >= 300) return called(readError(answered, secrets))
    const data = text.trim() === '' ? {} : parse(text)
    if (!tolerant || !data || frontOf(answered)?.says === 'challenge') {
      return called(readInvalid(answered, (error as Error).name))
    }
    return { ...called({ kind: 'ok', status }), data: data as T }
  }
}

interface Answered {
  status: number
  headers: Headers
  text: string
}

/** Absent where the answer is JSON, which is nobody's page. */
const frontOf = ({ headers, text }: Answered): Front | undefined => (parse(text) ? undefined : readFront(headers, text))

function readInvalid(answered: Answered, detail: string): Answer {
  const front = frontOf(answered)
  return { kind: 'invalid', status: answered.status, detail, ...(front ? { front } : {}) }
}

/** Where a redirect points to is the server's own text. */
const readFault = ({ reason, detail }: HttpFault, secrets: string[]): Fault => ({
  reason,
  detail: repeats(detail, secrets) ? '' : detail,
})

const SHORTEST = 8
const bare = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, '')
/** Small letters and capitals differ in base64; what may stand for 62 and 63, and between lines, does not. */
const bare64 = (word: string) => word.replace(/[^A-Za-z0-9]/g, '')

/** Takes URL coding off, also where a part of the text is none. */
const urlDecoded = (text: string) =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (coded) => Buffer.from(coded.replaceAll('%', ''), 'hex').toString('latin1'))

/** What of a secret in base64 is the same whatever stands in front of it and behind. */
const in64 = (secret: string) =>
  [0, 1, 2].map((offset) => {
    const coded = Buffer.from(' '.repeat(offset) + secret).toString('base64')
    const end = Math.floor(((offset + secret.length) * 8) / 6)
    return bare64(coded.slice(Math.ceil((offset * 8) / 6), end))
  })

/** Does a text repeat a secret, in whatever spelling: as it is, URL-coded, in hex, or in base64. */
export function repeats(text: string, secrets: string[]): boolean {
  const texts = [text, urlDecoded(text)]
  const spellings = secrets
    .flatMap((secret) => [secret, bare(secret)])
    .filter((secret) => bare(secret).length >= SHORTEST)
  const plain = texts.map(bare)
  const coded = texts.map(bare64)
  return spellings.some(
    (secret) =>
      plain.some((one) => one.includes(bare(secret)) || one.includes(Buffer.from(secret).toString('hex'))) ||
      in64(secret).some((form) => coded.some((one) => one.includes(form))),
  )
}

/** What software a server says it runs; empty when it does not say. */
export async function readVersion({ http, serviceUrl, signal }: Target): Promise<string> {
  try {
    const response = await http.fetch(`${serviceUrl}/xrpc/_health`, { signal, deadlineMs: 5_000 })
    const body = z.object({ version: z.string().max(200) }).safeParse(await response.json())
    return body.data?.version ?? ''
  } catch {
    return ''
  }
}

function readError({ status, headers, text }: Answered, secrets: string[]): Answer {
  const body = parse(text)
  const isText = headers.get('content-type')?.startsWith('text/plain') ?? false
  const kept = (word: unknown) => (typeof word === 'string' && !repeats(word, secrets) ? word.slice(0, 500) : '')
  const limited = status === 429 || body?.error === 'RateLimitExceeded'
  const xrpc = typeof body?.error === 'string'
  return {
    kind: 'error',
    status,
    error: kept(body?.error),
    message: kept(body?.message ?? (isText ? text : '')),
    xrpc,
    limit: limited ? readLimit(headers, new Date()) : readPause(headers, new Date()),
    ...(xrpc ? {} : { front: readFront(headers, text) }),
  }
}

function parse(text: string): { error?: unknown; message?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
