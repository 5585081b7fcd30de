// Holds the guarded HTTP client to its word on everything that a server may do wrong on the wire.

import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { HttpFault } from '../../src/http/fault.ts'
import { createHttp } from '../../src/http/client.ts'
import type { Http, HttpOptions } from '../../src/http/client.ts'
import { nobodyListening } from '../helpers/odd-servers.ts'
import { rawAnswer, startRawServer } from '../helpers/raw-server.ts'
import type { RawServer, Script } from '../helpers/raw-server.ts'

const shortMs = 300

const cleanUps: (() => Promise<void>)[] = []
const log = { warn: vi.fn<HttpOptions['log']['warn']>() }

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  log.warn.mockReset()
})

const openSockets = () =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|UDP|GetAddrInfo|QueryRe)/.test(kind))

afterAll(async () => {
  await vi.waitFor(
    () => {
      if (openSockets().length > 0) throw new Error(`left open: ${openSockets().join(', ')}`)
    },
    { timeout: 45_000 },
  )
})

function newHttp(options: Partial<HttpOptions> = {}): Http {
  const http = createHttp({ allowPrivateNetwork: true, deadlineMs: 3_000, log, ...options })
  cleanUps.push(http.close)
  return http
}

async function serve(script: Script): Promise<RawServer> {
  const server = await startRawServer(script)
  cleanUps.push(server.close)
  return server
}

describe('a fault', () => {
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

  function drip(socket: Socket, text: string) {
    const timer = setInterval(() => socket.write(text), 20)
    socket.on('close', () => clearInterval(timer))
  }

  const cases: [name: string, reason: string, phase: string, script: Script][] = [
    ['nothing is answered', 'timeout', 'headers', () => {}],
    ['headers drip', 'timeout', 'headers', (socket) => (socket.write('HTTP/1.1 200 OK\r\n'), drip(socket, 'x: y\r\n'))],
    ['the body stops', 'timeout', 'body', (socket) => socket.write(`${chunked}${chunk('{"a":')}`)],
    ['the body drips', 'timeout', 'body', (socket) => (socket.write(chunked), drip(socket, chunk(' ')))],
    ['early hints never end', 'timeout', 'headers', (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['the body is huge', 'body_too_large', 'body', (socket) => socket.write(rawAnswer(Buffer.alloc(1024 * 1024 + 1)))],
    [
      'the body has no end',
      'body_too_large',
      'body',
      (socket) => {
        socket.write(chunked)
        const more = () => {
          while (socket.writable && socket.write(chunk('x'.repeat(60_000))));
        }
        socket.on('drain', more)
        more()
      },
    ],
    [
      'a little gzip becomes huge',
      'body_too_large',
      'body',
      (socket) => socket.write(rawAnswer(gzipSync(Buffer.alloc(20_000_000)), ['content-encoding: gzip'])),
    ],
    [
      'a little brotli becomes huge',
      'body_too_large',
      'body',
      (socket) => socket.write(rawAnswer(brotliCompressSync(Buffer.alloc(20_000_000)), ['content-encoding: br'])),
    ],
    [
      'one header is huge',
      'header_too_large',
      'headers',
      (socket) => socket.write(rawAnswer('', [`x: ${'y'.repeat(20_000)}`])),
    ],
    [
      'there are too many headers',
      'header_too_large',
      'headers',
      (socket) =>
        socket.write(
          rawAnswer(
            '',
            Array.from({ length: 5_000 }, (_, index) => `x-${index}: y`),
          ),
        ),
    ],
    [
      'the end comes before the length',
      'truncated',
      'body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"'),
    ],
    ['the end comes before the last chunk', 'truncated', 'body', (socket) => socket.end(`${chunked}${chunk('{"a"')}`)],
    [
      'the gzip is none',
      'decode_failed',
      'body',
      (socket) => socket.write(rawAnswer('{"a":1}', ['content-encoding: gzip'])),
    ],
    [
      'the gzip is cut off',
      'decode_failed',
      'body',
      (socket) => socket.write(rawAnswer(gzipSync('{"a":1}').subarray(0, -10), ['content-encoding: gzip'])),
    ],
    [
      'the encoding is unknown',
      'decode_failed',
      'body',
      (socket) => socket.write(rawAnswer('x', ['content-encoding: gzip, gzip'])),
    ],
    ['the connection is reset', 'reset', 'headers', (socket) => socket.resetAndDestroy()],
    [
      'the connection is reset in the middle',
      'reset',
      'body',
      (socket) => socket.write(`${chunked}${chunk('{"a"')}`, () => setTimeout(() => socket.resetAndDestroy(), 50)),
    ],
    ['the connection is closed', 'closed', 'headers', (socket) => socket.end()],
    ['it speaks no HTTP', 'protocol_error', 'headers', (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
    ['the status makes no sense', 'protocol_error', 'body', (socket) => socket.write(rawAnswer('', [], '999 Odd'))],
    [
      'there are two lengths',
      'protocol_error',
      'headers',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
    ],
  ]

  it.each(cases)('when %s: %s in %s', async (_name, reason, phase, script) => {
    const { url, requests } = await serve(script)
    const http = newHttp({ deadlineMs: reason === 'timeout' ? shortMs : 40_000 })
    const startedAt = performance.now()
    await expect(http.fetch(url, { method: 'POST', body: '{}' })).rejects.toMatchObject({
      name: 'HttpFault',
      reason,
      phase,
    })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(requests).toHaveLength(1)
    // What this client put an end to is in the log; what the server or the network broke off is not.
    const refused = ['timeout', 'header_too_large', 'body_too_large', 'decode_failed'].includes(reason)
    const line = { host: '127.0.0.1', reason, detail: expect.stringMatching(/./) as string }
    expect(log.warn.mock.calls).toEqual(refused ? [[line, 'request refused']] : [])
  })

  it('when nobody listens', async () => {
    const http = newHttp()
    const origin = await nobodyListening()
    await expect(http.fetch(origin)).rejects.toMatchObject({ reason: 'refused', phase: 'connect' })
    const byName = origin.replace('127.0.0.1', 'localhost')
    await expect(http.fetch(byName)).rejects.toMatchObject({ reason: 'refused', phase: 'connect' })
  })

  it.each([
    [301, 'https://other.example/p?token=s3cret', 'https://other.example'],
    [302, 'http://169.254.169.254/latest/s3cret', 'http://169.254.169.254'],
    [303, 'http://me:s3cret@[::1]:8080/', 'http://[::1]:8080'],
    [307, '//127.0.0.1/s3cret', 'http://127.0.0.1'],
    [308, 'gopher://inside/s3cret', 'gopher:'],
    [300, 'http://[s3cret', 'an unreadable URL'],
  ])('when redirected: %i to %s', async (status, location, target) => {
    // The body never ends: a redirect is known by its headers.
    const { url, requests } = await serve((socket) => {
      socket.write(`HTTP/1.1 ${status} Elsewhere\r\nlocation: ${location}\r\ncontent-length: 99\r\n\r\n`)
    })
    const error = await newHttp()
      .fetch(`${url}/?token=s3cret`, { method: 'POST', body: 's3cret', redirect: 'follow' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ reason: 'redirect', detail: target })
    expect(log.warn.mock.calls).toEqual([
      [{ host: '127.0.0.1', reason: 'redirect', detail: 'to another address' }, 'request refused'],
    ])
    expect(JSON.stringify([error, String(error), log.warn.mock.calls])).not.toContain('s3cret')
    expect(requests).toHaveLength(1)
  })

  it('stays within the limits that a call names', async () => {
    const http = newHttp()
    const { url } = await serve((socket, request) => {
      if (request.startsWith('GET /long')) socket.write(rawAnswer('123456'))
    })
    await expect(http.fetch(`${url}/long`, { maxBodyBytes: 5 })).rejects.toMatchObject({ reason: 'body_too_large' })
    await expect(http.fetch(`${url}/never`, { deadlineMs: 50 })).rejects.toMatchObject({ reason: 'timeout' })
    expect(await (await http.fetch(`${url}/long`, { maxBodyBytes: 6 })).text()).toBe('123456')
  })

  it.each(['not a URL', '/relative', 'https://', 'https://1.2.3.256/', 'http://[fe80::1%25eth0]/'])(
    'when it is no URL: %s',
    async (url) => {
      const http = newHttp()
      await expect(http.fetch(url)).rejects.toMatchObject({ reason: 'blocked', host: '', detail: 'not a URL' })
      expect(log.warn).toHaveBeenCalledOnce()
    },
  )

  it('when the request cannot be put on the wire, without the header that is at fault', async () => {
    const http = newHttp()
    const { url, requests } = await serve((socket) => socket.write(rawAnswer('ok')))
    const inits: RequestInit[] = [
      { headers: { authorization: 'Bearer s3cret\nx' } },
      { method: 'CONNECT' },
      { method: 'GET', body: 's3cret' },
      { method: 'POST', body: 's3cret', headers: { 'content-length': '3' } },
    ]
    for (const init of inits) {
      const error = await http.fetch(url, init).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'HttpFault', reason: 'unsendable' })
      expect(`${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('s3cret')
      expect(error).not.toHaveProperty('cause')
    }
    expect(requests).toEqual([])
  })

  it('when the caller gives up, before or in between', async () => {
    const http = newHttp()
    const caller = new AbortController()
    const { url, requests } = await serve(() => caller.abort())
    await expect(http.fetch(url, { signal: caller.signal })).rejects.toMatchObject({
      reason: 'aborted',
      phase: 'headers',
    })
    await expect(http.fetch(new Request(url, { signal: caller.signal }))).rejects.toMatchObject({ reason: 'aborted' })
    expect(requests).toHaveLength(1)
  })

  it('is all that any bytes whatsoever of a server can make of a call', async () => {
    const http = newHttp({ deadlineMs: 1_000 })
    let bytes: Uint8Array = new Uint8Array()
    const { url } = await serve((socket) => socket.end(bytes))
    const valid = Buffer.concat([rawAnswer(gzipSync('{"a":1}'), ['content-encoding: gzip', 'location: /x'], '200 OK')])
    const damaged = fc
      .array(fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Buffer.from(valid)
        for (const { at, byte } of changes) copy[at] = byte
        return copy
      })
    const status = fc
      .tuple(fc.nat(1_200), fc.string())
      .map(([code, text]) => rawAnswer('x', ['location: /'], `${code} ${text}`))
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, status, fc.uint8Array({ maxLength: 200 })), async (made) => {
        bytes = made
        const result = await http.fetch(url, { method: 'POST' }).catch((thrown: unknown) => thrown)
        expect(result).toSatisfy((value) => value instanceof Response || value instanceof HttpFault)
      }),
    )
  }, 60_000)
})
