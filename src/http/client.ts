// The one HTTP client through which everything goes that is sent to an AT Protocol server.
import { promisify } from 'node:util'
import { brotliDecompress, unzip } from 'node:zlib'
import type { Logger } from 'pino'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { createLookup, refusalOf } from './address.ts'
import { faultFrom, HttpFault, refusals } from './fault.ts'
import type { HttpPhase } from './fault.ts'
import type { PrivateNetwork } from './private-network.ts'

export type HttpOptions = {
  /** Opens private networks, plain http and other ports, all or those of a list. Link-local and metadata addresses stay closed. */
  allowPrivateNetwork: PrivateNetwork
  /** `address:port` of the name servers to ask instead of the system's. */
  dnsServers?: string[]
  /** From the call to the last byte of the body. */
  deadlineMs?: number
  /** Of the body as received and as decompressed. */
  maxBodyBytes?: number
  log: Pick<Logger, 'warn'>
}

export type HttpInit = RequestInit & { deadlineMs?: number; maxBodyBytes?: number }

export type Http = {
  /**
   * Like the standard `fetch`, so that client libraries take it, but: the body has arrived when it resolves, redirects are
   * never followed whatever `init.redirect` says, and every failure to get an answer is an `HttpFault`.
   */
  fetch: (input: string | URL | Request, init?: HttpInit) => Promise<Response>
  /** Ends what is under way and closes every connection; one that is being made is gone by its deadline. */
  close: () => Promise<void>
}

const maxHeaderBytes = 16 * 1024
const connectionsPerOrigin = 32
const nullBodyStatuses = new Set([204, 205, 304])

/** Makes the client. It opens no connection before the first request. */
export function createHttp(options: HttpOptions): Http {
  const { allowPrivateNetwork, dnsServers, deadlineMs = 15_000, maxBodyBytes = 1024 * 1024, log } = options
  // Well below the deadline, so that a silent name server is told from a silent server.
  const names = createLookup({ allowPrivateNetwork, dnsServers, timeoutMs: deadlineMs / 3 })
  const agent = new Agent({
    // One request a connection at a time: a server that hangs one call hangs no other, and what was sent is known.
    allowH2: false,
    pipelining: 1,
    connections: connectionsPerOrigin,
    maxHeaderSize: maxHeaderBytes,
    // The deadline of the call covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveMaxTimeout: 30_000,
    // No signal: one for all of them would hold every socket that there ever was.
    connect: {
      lookup: names.lookup,
      timeout: deadlineMs,
      minVersion: 'TLSv1.2',
      // Said aloud, because an environment variable can turn the default off.
      rejectUnauthorized: true,
      autoSelectFamily: true,
      // The usual quarter of a second gives up on a server at the other end of the world.
      autoSelectFamilyAttemptTimeout: 2_000,
    },
  })

  async function getResponse(url: URL, input: string | URL | Request, init: HttpInit): Promise<Response> {
    const host = url.hostname
    const refusal = refusalOf(url, allowPrivateNetwork)
    if (refusal) throw new HttpFault('blocked', host, 'check', refusal)
    const limits = {
      deadlineAt: performance.now() + (init.deadlineMs ?? deadlineMs),
      maxBodyBytes: init.maxBodyBytes ?? maxBodyBytes,
      signal: init.signal ?? (input instanceof Request ? input.signal : undefined),
    }
    const message = await readMessage(url, input, init)
    const answer = await exchangeTwiceAtMost(agent, message, limits)
    const body = await decode(answer, limits.maxBodyBytes, host)
    return new Response(nullBodyStatuses.has(answer.status) ? null : body, answer)
  }

  return {
    fetch: async (input, init = {}) => {
      const address = input instanceof Request ? input.url : String(input)
      const url = URL.parse(address)
      try {
        if (!url) throw new HttpFault('blocked', '', 'check', 'not a URL')
        return await getResponse(url, input, init)
      } catch (error) {
        if (error instanceof HttpFault && refusals.has(error.reason)) {
          // Where a redirect points is the server's own text: it may hold what was sent there.
          const detail = error.reason === 'redirect' ? 'to another address' : error.detail || error.phase
          log.warn({ host: error.host, reason: error.reason, detail }, 'request refused')
        }
        throw error
      }
    },
    close: async () => {
      names.cancel()
      await agent.destroy()
    },
  }
}

type Message = { url: URL; method: string; headers: string[]; body: Buffer | null }
type Limits = { deadlineAt: number; maxBodyBytes: number; signal: AbortSignal | undefined }
type Received = { status: number; statusText: string; headers: Headers; body: Buffer<ArrayBuffer> }

/** Reads the whole request first: only what is in memory can be sent again. */
async function readMessage(url: URL, input: string | URL | Request, init: HttpInit): Promise<Message> {
  try {
    const request = new Request(input, { ...init, signal: null })
    const headers = new Headers(request.headers)
    // It would decide which name the certificate is checked against.
    headers.delete('host')
    headers.set('accept-encoding', 'gzip, deflate, br')
    if (!headers.has('accept')) headers.set('accept', '*/*')
    if (!headers.has('user-agent')) headers.set('user-agent', 'bluesky-connect')
    const body = request.body ? Buffer.from(await request.arrayBuffer()) : null
    return { url, method: request.method, headers: [...headers].flat(), body }
  } catch {
    // The error underneath quotes the header that it does not like, and that may be a token.
    throw new HttpFault('unsendable', url.hostname, 'check', 'method, header or body that HTTP does not allow')
  }
}

/**
 * A kept connection may be closed by the server in the moment it is used again: what only reads is then asked once more.
 * Anything else is not: the server may have acted on it.
 */
async function exchangeTwiceAtMost(agent: Agent, message: Message, limits: Limits): Promise<Received> {
  try {
    return await exchange(agent, message, limits)
  } catch (error) {
    const onlyReads = message.method === 'GET' || message.method === 'HEAD'
    const cutOff =
      error instanceof HttpFault && error.phase === 'headers' && (error.reason === 'closed' || error.reason === 'reset')
    if (!onlyReads || !cutOff) throw error
    return exchange(agent, message, limits)
  }
}

function exchange(agent: Agent, message: Message, limits: Limits): Promise<Received> {
  const { url, method, headers, body } = message
  const { deadlineAt, maxBodyBytes, signal } = limits
  const host = url.hostname
  return new Promise((resolve, reject) => {
    let phase: HttpPhase = 'connect'
    let connection: Dispatcher.DispatchController | undefined
    let fault: HttpFault | undefined
    let answer: Omit<Received, 'body'> | undefined
    let received = 0
    const chunks: Buffer[] = []

    const fail = (error: unknown) => {
      if (fault) return
      fault = faultFrom(error, host, phase)
      release()
      connection?.abort(fault)
      reject(fault)
    }
    // What came while the process stood still is read first: nobody else would hear of a session that was opened.
    let lastTurn: NodeJS.Immediate | undefined
    const failAfterReading = (reason: 'aborted' | 'timeout', detail?: string) => {
      lastTurn ??= setImmediate(() => fail(new HttpFault(reason, host, phase, detail)))
    }
    const onAbort = () => failAfterReading('aborted', 'by the caller')
    const timer = setTimeout(() => failAfterReading('timeout'), Math.max(0, deadlineAt - performance.now()))
    const release = () => {
      clearTimeout(timer)
      clearImmediate(lastTurn)
      signal?.removeEventListener('abort', onAbort)
    }
    if (signal?.aborted) return fail(new HttpFault('aborted', host, phase, 'by the caller'))
    signal?.addEventListener('abort', onAbort)

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        connection = controller
        if (fault) controller.abort(fault)
        else phase = 'headers'
      },
      onResponseStart: (controller, status, _parsed, statusText = '') => {
        if (status < 200) return
        phase = 'body'
        try {
          answer = { status, statusText, headers: readHeaders(controller.rawHeaders) }
          // Refuses an odd status now, as this request's fault.
          new Response(null, answer)
        } catch {
          return fail(
            new HttpFault('protocol_error', host, phase, `status ${status} or a header that HTTP does not allow`),
          )
        }
        const location = answer.headers.get('location')
        if (status >= 300 && status < 400 && location !== null) {
          fail(new HttpFault('redirect', host, phase, originOf(location, url)))
        }
      },
      onResponseData: (_controller, chunk) => {
        received += chunk.length
        if (received > maxBodyBytes) fail(new HttpFault('body_too_large', host, phase, `over ${maxBodyBytes} bytes`))
        else chunks.push(chunk)
      },
      onResponseEnd: () => {
        if (fault) return
        if (!answer) return fail(new HttpFault('protocol_error', host, phase, 'an end without a beginning'))
        release()
        const whole = { ...answer, body: Buffer.concat(chunks) }
        // The connection is free again two turns after the last byte: a caller that goes on at once shall find it.
        setImmediate(() => setImmediate(resolve, whole))
      },
      onResponseError: (_controller, error) => fail(error),
    }
    agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, handler)
  })
}

function readHeaders(raw: Dispatcher.DispatchController['rawHeaders']): Headers {
  const headers = new Headers()
  if (!Array.isArray(raw)) return headers
  const texts = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
  for (let index = 0; index + 1 < texts.length; index += 2) headers.append(texts[index] ?? '', texts[index + 1] ?? '')
  return headers
}

const unzipAsync = promisify(unzip)
const brotliAsync = promisify(brotliDecompress)
const decoders = new Map([
  ['gzip', unzipAsync],
  ['x-gzip', unzipAsync],
  ['deflate', unzipAsync],
  ['br', brotliAsync],
])

async function decode({ headers, body }: Received, maxBodyBytes: number, host: string): Promise<Buffer<ArrayBuffer>> {
  const encoding = (headers.get('content-encoding') ?? '').trim().toLowerCase()
  if (body.length === 0 || encoding === '' || encoding === 'identity') return body
  const decoder = decoders.get(encoding)
  if (!decoder) throw new HttpFault('decode_failed', host, 'body', 'an encoding that was not asked for')
  try {
    return await decoder(body, { maxOutputLength: maxBodyBytes })
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (tooLarge) throw new HttpFault('body_too_large', host, 'body', `over ${maxBodyBytes} bytes when decompressed`)
    throw new HttpFault('decode_failed', host, 'body', `broken ${encoding}`)
  }
}

/** Where a redirect points to, without path and query: those may hold what was sent to us. */
function originOf(location: string, base: URL): string {
  const target = URL.parse(location, base.href)
  if (!target) return 'an unreadable URL'
  return target.origin === 'null' ? target.protocol : target.origin
}
