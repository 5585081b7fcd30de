// Shows what the guarded HTTP client gives back, and how it uses its connections.

import { once } from 'node:events'
import { Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Agent } from '@atproto/api'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toHttpFault } from '../../src/http/fault.ts'
import { createHttp } from '../../src/http/client.ts'
import type { Http, HttpOptions } from '../../src/http/client.ts'
import { rawAnswer, startRawServer } from '../helpers/raw-server.ts'
import type { RawServer, Script } from '../helpers/raw-server.ts'

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

/** Answers while this thread stands still, and sets the word when that and the time after it are over. */
const slowServer = `
  const { createServer } = require('node:http')
  const { parentPort, workerData } = require('node:worker_threads')
  createServer((request, response) => {
    parentPort.postMessage('asked')
    response.end('late').once('finish', () => setTimeout(() => {
      Atomics.store(workerData.over, 0, 1)
      Atomics.notify(workerData.over, 0)
    }, workerData.afterMs))
  }).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })`

async function serve(script: Script): Promise<RawServer> {
  const server = await startRawServer(script)
  cleanUps.push(server.close)
  return server
}

describe('an answer', () => {
  let http: Http
  beforeEach(() => {
    http = newHttp()
  })

  it.each(['deadlineMs', 'signal'])('that came while the process stood still counts after its time: %s', async (by) => {
    const [timeMs, over] = [1_000, new Int32Array(new SharedArrayBuffer(4))]
    const server = new Worker(slowServer, { eval: true, workerData: { over, afterMs: 2 * timeMs } })
    cleanUps.push(async () => void (await server.terminate()))
    const [port] = (await once(server, 'message')) as [number]
    const time = by === 'signal' ? { signal: AbortSignal.timeout(timeMs) } : { deadlineMs: timeMs }
    const answer = http.fetch(`http://127.0.0.1:${port}/`, time)
    await once(server, 'message')
    Atomics.wait(over, 0, 0)
    expect(await (await answer).text()).toBe('late')
  })

  it('comes with its status and its headers as they were', async () => {
    const { url } = await serve((socket) => {
      socket.write(rawAnswer('{}', ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'RateLimit-Reset: 7'], '429 Slow Down'))
    })
    const response = await http.fetch(url)
    expect(response.status).toBe(429)
    expect(response.statusText).toBe('Slow Down')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('ratelimit-reset')).toBe('7')
    expect(response.headers.get('content-length')).toBe('2')
  })

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (bytes: Buffer) => bytes],
  ] as const)('is decompressed: %s', async (encoding, compress) => {
    const { url } = await serve((socket) => {
      socket.write(rawAnswer(compress(Buffer.from('{"words":"ünïcode"}')), [`content-encoding: ${encoding}`]))
    })
    const response = await http.fetch(url)
    expect(response.headers.get('content-encoding')).toBe(encoding)
    expect(await response.json()).toEqual({ words: 'ünïcode' })
  })

  it('may have no body', async () => {
    const { url } = await serve((socket, request) => {
      if (request.startsWith('HEAD'))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\ncontent-encoding: gzip\r\n\r\n')
      else socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
    expect((await http.fetch(url)).body).toBeNull()
    expect(await (await http.fetch(url, { method: 'HEAD' })).text()).toBe('')
  })

  it('may come after an early hint, and may be a 304', async () => {
    const { url } = await serve((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n')
    })
    expect((await http.fetch(url)).status).toBe(304)
  })

  it('is had by string, URL and Request alike, with method, path, headers and body sent as given', async () => {
    const { url, requests } = await serve((socket) => socket.write(rawAnswer('ok')))
    const init = { method: 'POST', headers: { authorization: 'Bearer x', host: 'elsewhere.example' }, body: '{"a":1}' }
    for (const input of [`${url}/p?q=1#f`, new URL(`${url}/p?q=1`)]) await http.fetch(input, init)
    await http.fetch(new Request(`${url}/p?q=1`, init))
    expect(requests).toHaveLength(3)
    for (const request of requests) {
      expect(request).toMatch(/^POST \/p\?q=1 HTTP\/1\.1\r\n/)
      expect(request).toMatch(/\r\nauthorization: Bearer x\r\n/)
      expect(request).toMatch(/\r\nhost: 127\.0\.0\.1:\d+\r\n/)
      expect(request).toMatch(/\r\n\r\n\{"a":1\}$/)
    }
  })

  it('reaches @atproto/api, and so does a fault', async () => {
    const refuses = await serve((socket) => {
      const body = '{"error":"AuthenticationRequired","message":"Invalid identifier or password"}'
      socket.write(rawAnswer(body, ['content-type: application/json'], '401 Unauthorized'))
    })
    const hangsUp = await serve((socket) => socket.end())
    const signIn = (service: string) =>
      new Agent({ service, fetch: http.fetch }).com.atproto.server.createSession({
        identifier: 'a.test',
        password: 'pw',
      })

    await expect(signIn(refuses.url)).rejects.toMatchObject({ status: 401, error: 'AuthenticationRequired' })
    const error = await signIn(hangsUp.url).catch((thrown: unknown) => thrown)
    expect(toHttpFault(error)).toMatchObject({ reason: 'closed', phase: 'headers' })
  })
})

describe('a connection', () => {
  it('is kept and used again', async () => {
    const http = newHttp()
    const { url, connections, requests } = await serve((socket) => socket.write(rawAnswer('ok')))
    for (let call = 0; call < 5; call += 1) await http.fetch(url, { method: 'POST', body: '{}' })
    expect([requests.length, connections()]).toEqual([5, 1])
  })

  it('that the server closes on a second request costs a reader nothing', async () => {
    const http = newHttp()
    const { url, connections } = await serve((socket) => {
      if (socket.bytesWritten > 0) socket.end()
      else socket.write(rawAnswer('ok'))
    })
    for (let call = 0; call < 3; call += 1) expect((await http.fetch(url)).status).toBe(200)
    expect(connections()).toBe(3)
  })

  it('that the server closes on a second request makes a writer fail: the server may have acted', async () => {
    const http = newHttp()
    const { url, requests } = await serve((socket) => {
      if (socket.bytesWritten > 0) socket.end()
      else socket.write(rawAnswer('ok'))
    })
    await http.fetch(url, { method: 'POST', body: '{}' })
    await expect(http.fetch(url, { method: 'POST', body: '{}' })).rejects.toMatchObject({
      reason: 'closed',
      phase: 'headers',
    })
    expect(requests).toHaveLength(2)
  })

  it('that is always closed is given up by a reader after the second time', async () => {
    const http = newHttp()
    const { url, requests } = await serve((socket) => socket.end())
    await expect(http.fetch(url)).rejects.toMatchObject({ reason: 'closed' })
    expect(requests).toHaveLength(2)
  })

  it('is one of 32 to a server at most, and a server that takes them all holds up no other', async () => {
    const http = newHttp()
    const waiting: (() => void)[] = []
    const slow = await serve((socket) => {
      waiting.push(() => socket.write(rawAnswer('ok')))
    })
    const other = await serve((socket) => socket.write(rawAnswer('ok')))
    const calls = Promise.all(Array.from({ length: 40 }, () => http.fetch(slow.url)))
    await vi.waitFor(() => expect(waiting).toHaveLength(32), { timeout: 45_000 })
    expect((await http.fetch(other.url)).status).toBe(200)
    while (waiting.length > 0) waiting.pop()?.()
    await vi.waitFor(() => expect(waiting).toHaveLength(8), { timeout: 45_000 })
    for (const release of waiting) release()
    expect(await calls).toHaveLength(40)
    expect(slow.mostOpen()).toBe(32)
  })

  it('leaves nothing in memory when it is over', async () => {
    const http = newHttp()
    const { url, requests } = await serve((socket) => socket.end(rawAnswer('ok')))
    const sockets = () => Number(queryObjects(Socket))
    const before = sockets()
    for (let call = 0; call < 20; call += 1) await http.fetch(url)
    expect(requests).toHaveLength(20)
    await vi.waitFor(() => expect(sockets()).toBeLessThan(before + 10), { timeout: 45_000 })
  })

  it('stays open after close() neither idle, nor in use, nor while it is being made', async () => {
    const http = newHttp()
    const idle = await serve((socket) => socket.write(rawAnswer('ok')))
    const silent = await serve(() => {})
    await http.fetch(idle.url)
    const inUse = http.fetch(silent.url)
    const inHandshake = http.fetch(silent.url.replace('http:', 'https:'))
    const ends = Promise.allSettled([inUse, inHandshake])
    await vi.waitFor(() => expect(silent.requests).toHaveLength(2), { timeout: 45_000 })
    await http.close()
    for (const end of await ends) expect(end).toMatchObject({ reason: { name: 'HttpFault', reason: 'aborted' } })
    await vi.waitFor(() => expect([...idle.open, ...silent.open]).toEqual([]), { timeout: 45_000 })
    await expect(http.fetch(idle.url)).rejects.toMatchObject({ reason: 'aborted' })
  })
})
