// Reads the body of every request before anything else looks at it: at most 32 kB, of whomever, and only JSON means something.
import type { Request, RequestHandler, Response } from 'express'
import { AppError } from '../errors.ts'

const MOST_BYTES = 32 * 1024
/** How long what is still on its way is thrown away, so that a client that goes on sending gets to see the refusal. */
const LINGER_MS = 500

/** The accounts library, which comes after it, takes what was read here and reads nothing by itself. */
export const readBody: RequestHandler = async (request, _response, next) => {
  const bytes = await bytesOf(request)
  if (bytes.length > 0 && !isMailProgram(request)) request.body = parsed(request, bytes)
  next()
}

/** It sends a form that always says the same (RFC 8058): the address alone decides. */
const isMailProgram = ({ path }: Request) => path.startsWith('/api/unsubscribe/')

async function bytesOf(request: Request): Promise<Buffer> {
  const { 'content-length': length = '0', 'transfer-encoding': framing } = request.headers
  if (Number(length) > MOST_BYTES) throw tooLarge()
  if (length === '0' && framing === undefined) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  let size = 0
  try {
    // A refusal has to be said over the connection that the body comes from.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MOST_BYTES) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('bad_request', 'The request broke off.', { cause: error })
  }
  return Buffer.concat(chunks, size)
}

function parsed(request: Request, bytes: Buffer): unknown {
  // Compressed, a small body may be a large one; no page and no script has a reason to.
  const encoded = (request.headers['content-encoding'] ?? 'identity') !== 'identity'
  if (encoded || !request.is('application/json')) {
    throw new AppError('unsupported_media_type', 'A body has to be JSON, as application/json in UTF-8, not compressed.')
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new AppError('bad_request', 'The body is not valid JSON.')
  }
}

const tooLarge = () => new AppError('too_large', 'The request is larger than 32 kB.')

/** Sends the refusal of a body that is still coming, and closes its connection a moment later. */
export function refuseRest(request: Request, response: Response, body: string): void {
  response.set('Connection', 'close').set('Content-Length', String(Buffer.byteLength(body)))
  response.write(body)
  const end = () => response.end()
  const timer = setTimeout(end, LINGER_MS)
  response.on('close', () => clearTimeout(timer))
  request.on('end', end).resume()
}
