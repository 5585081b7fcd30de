// The ways in which a server's answer can go wrong on its way, each done to the answer that would have been right.

import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Reply } from './scripted-replies.ts'

export type FaultName =
  | 'hang'
  | 'hang in the body'
  | 'slow drip'
  | 'page 500'
  | 'page 502'
  | 'page 503'
  | 'page 520'
  | 'page 200'
  | 'page 401'
  | 'page 403'
  | 'page 404'
  | 'challenge page'
  | 'no words 403'
  | 'no words 200'
  | 'request timeout'
  | 'not modified'
  | 'broken JSON'
  | 'JSON list'
  | 'another JSON'
  | 'another API 404'
  | 'cut off'
  | 'wrong content type'
  | 'redirect elsewhere'
  | 'redirect inside'
  | 'huge body'
  | 'gzip bomb'
  | 'broken gzip'
  | 'huge header'
  | 'not HTTP'
  | 'reset at once'
  | 'reset in the middle'
  | 'closed at once'
  | 'closes kept connections'
  | 'rate limited'
  | 'done, but says 500'
  | 'done, but resets'

type Fault = (response: ServerResponse, proper: () => Reply) => void

const page =
  (status: number): Fault =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><title>Invalid login</title>')
  }
const json =
  (status: number, body: string): Fault =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }
const redirect =
  (to: string): Fault =>
  (response) => {
    response.writeHead(307, { location: to }).end()
  }
const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' }

/** Begins a body that never ends; the timer goes with the connection. */
function dripFor(response: ServerResponse, everyMs: number, piece: string): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{')
  const timer = setInterval(() => response.write(piece), everyMs)
  response.on('close', () => clearInterval(timer))
}

let bomb: Buffer | undefined
/** 64 MiB of spaces in 64 KiB, made only where it is asked for. */
const makeBomb = () => (bomb ??= gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')))

export const faults: Record<FaultName, Fault> = {
  hang: () => {},
  'hang in the body': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{')
  },
  'slow drip': (response) => dripFor(response, 20, ' '),
  'page 500': page(500),
  'page 502': page(502),
  'page 503': page(503),
  'page 520': page(520),
  'page 200': page(200),
  'page 401': page(401),
  'page 403': page(403),
  'page 404': page(404),
  'challenge page': (response) => {
    const headers = { 'content-type': 'text/html', server: 'cloudflare', 'cf-mitigated': 'challenge' }
    response.writeHead(403, headers).end('<!doctype html><title>Just a moment...</title>')
  },
  'no words 403': (response) => response.writeHead(403).end(),
  'no words 200': (response) => response.writeHead(200).end(),
  'request timeout': (response) => response.writeHead(408).end(),
  'not modified': (response) => response.writeHead(304).end(),
  'broken JSON': json(200, '{"accessJwt":"ey'),
  'JSON list': json(200, '[]'),
  'another JSON': json(200, '{"ok":true}'),
  'another API 404': json(404, '{"error":"Not Found","statusCode":404}'),
  'cut off': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"accessJwt":', () => response.socket?.end())
  },
  'wrong content type': (response, proper) => {
    const { status, json: body, text } = proper()
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body === undefined ? text : JSON.stringify(body))
  },
  'redirect elsewhere': redirect('https://elsewhere.example/xrpc'),
  'redirect inside': redirect('http://169.254.169.254/latest/meta-data'),
  'huge body': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.alloc(2 * 1024 * 1024, ' ')),
  'gzip bomb': (response) => response.writeHead(200, gzip).end(makeBomb()),
  'broken gzip': (response) => response.writeHead(200, gzip).end('not gzip'),
  'huge header': (response) => response.writeHead(200, { 'x-filler': 'x'.repeat(64 * 1024) }).end('{}'),
  'not HTTP': (response) => response.socket?.end('220 mail.example ESMTP\r\n'),
  'reset at once': (response) => response.socket?.resetAndDestroy(),
  'reset in the middle': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"accessJwt":', () => response.socket?.resetAndDestroy())
  },
  'closed at once': (response) => response.socket?.end(),
  'closes kept connections': (response, proper) => {
    const { status, json: body } = proper()
    response.writeHead(status, { 'content-type': 'application/json', connection: 'keep-alive' })
    response.end(JSON.stringify(body), () => response.socket?.end())
  },
  'rate limited': json(429, '{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}'),
  'done, but says 500': (response, proper) => {
    proper()
    response.writeHead(500, { 'content-type': 'text/html' }).end('<title>Bad gateway</title>')
  },
  'done, but resets': (response, proper) => {
    proper()
    response.socket?.resetAndDestroy()
  },
}
