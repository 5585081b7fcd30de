// Shows that nobody is trusted whose certificate does not hold, and that each way to fail has its own name.

import type { Socket } from 'node:net'
import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createHttp } from '../../src/http/client.ts'
import type { Http, HttpOptions } from '../../src/http/client.ts'
import { startDnsServer } from '../helpers/dns-server.ts'
import type { DnsServer } from '../helpers/dns-server.ts'
import { startRawServer } from '../helpers/raw-server.ts'
import type { Script } from '../helpers/raw-server.ts'
import { makeCertificate, startHttpsServer, trustCertificates } from '../helpers/tls.ts'
import type { Certificate } from '../helpers/tls.ts'

const hourMs = 60 * 60 * 1000
const names = ['good.test', 'stranger.test', 'expired.test', 'early.test', 'other.test'] as const
const certificates = new Map<string, Certificate>()
const cleanUps: (() => unknown)[] = []
const log = { warn: vi.fn<HttpOptions['log']['warn']>() }
let dns: DnsServer
let distrust: () => void

const certificateOf = (name: (typeof names)[number]): Certificate => {
  const found = certificates.get(name)
  if (!found) throw new Error(`no certificate for ${name}`)
  return found
}

beforeAll(async () => {
  dns = await startDnsServer({ '*.test': { a: ['127.0.0.1'] } })
  const validity: Record<string, { notBeforeAt?: Date; notAfterAt?: Date }> = {
    'expired.test': { notAfterAt: new Date(Date.now() - hourMs) },
    'early.test': { notBeforeAt: new Date(Date.now() + hourMs) },
  }
  for (const name of names) certificates.set(name, await makeCertificate(name, validity[name]))
  distrust = trustCertificates(...names.filter((name) => name !== 'stranger.test').map(certificateOf))
})

afterAll(async () => {
  distrust()
  await dns.close()
})

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  log.warn.mockReset()
})

function newHttp(deadlineMs = 3_000): Http {
  const http = createHttp({
    allowPrivateNetwork: true,
    dnsServers: [dns.address],
    deadlineMs,
    log,
  })
  cleanUps.push(http.close)
  return http
}

/** What the log says of a refusal. */
const refused = (host: string, reason: string) => [
  { host, reason, detail: expect.stringMatching(/./) as string },
  'request refused',
]

async function serveTls(name: (typeof names)[number], options = {}) {
  let requests = 0
  const server = await startHttpsServer(
    certificateOf(name),
    (_request, response) => {
      requests += 1
      response.end('ok')
    },
    options,
  )
  cleanUps.push(server.close)
  return { port: server.port, requests: () => requests }
}

async function serveTcp(script: Script): Promise<number> {
  const server = await startRawServer(script)
  cleanUps.push(server.close)
  return server.port
}

describe('a certificate', () => {
  it('that holds is trusted', async () => {
    const { port } = await serveTls('good.test')
    expect(await (await newHttp().fetch(`https://good.test:${port}`)).text()).toBe('ok')
  })

  it.each([
    ['self-signed', 'stranger.test', 'stranger.test', 'tls_untrusted'],
    ['expired', 'expired.test', 'expired.test', 'tls_expired'],
    ['not valid yet', 'early.test', 'early.test', 'tls_expired'],
    ['for another name', 'other.test', 'good.test', 'tls_wrong_name'],
  ] as const)('that is %s is refused before anything is sent', async (_what, shown, asked, reason) => {
    const { port, requests } = await serveTls(shown)
    const call = newHttp().fetch(`https://${asked}:${port}`, { method: 'POST', body: 's3cret' })
    await expect(call).rejects.toMatchObject({ name: 'HttpFault', reason, phase: 'connect', host: asked })
    expect(requests()).toBe(0)
    expect(log.warn.mock.calls).toEqual([refused(asked, reason)])
  })

  it('is checked whatever the environment and the caller say', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const stranger = await serveTls('stranger.test')
    const other = await serveTls('other.test')
    const http = newHttp()
    await expect(http.fetch(`https://stranger.test:${stranger.port}`)).rejects.toMatchObject({
      reason: 'tls_untrusted',
    })
    const posing = { headers: { host: 'other.test' } }
    await expect(http.fetch(`https://good.test:${other.port}`, posing)).rejects.toMatchObject({
      reason: 'tls_wrong_name',
    })
  })
})

describe('a handshake', () => {
  it('below TLS 1.2 fails, even where the process would allow it', async () => {
    const { DEFAULT_CIPHERS, DEFAULT_MIN_VERSION } = tls
    cleanUps.push(() => Object.assign(tls, { DEFAULT_CIPHERS, DEFAULT_MIN_VERSION }))
    Object.assign(tls, { DEFAULT_CIPHERS: 'DEFAULT@SECLEVEL=0', DEFAULT_MIN_VERSION: 'TLSv1' })
    const { port } = await serveTls('good.test', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
    const call = newHttp().fetch(`https://good.test:${port}`)
    await expect(call).rejects.toMatchObject({ reason: 'tls_failed', phase: 'connect' })
    expect(log.warn.mock.calls).toEqual([refused('good.test', 'tls_failed')])
  })

  it.each([
    ['that is no TLS', 'tls_failed', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['that is reset', 'reset', (socket: Socket) => socket.resetAndDestroy()],
    ['that is broken off', 'reset', (socket: Socket) => socket.end()],
  ])('%s: %s', async (_what, reason, script) => {
    const port = await serveTcp(script)
    await expect(newHttp().fetch(`https://good.test:${port}`)).rejects.toMatchObject({ reason, phase: 'connect' })
    expect(log.warn.mock.calls).toEqual(reason === 'reset' ? [] : [refused('good.test', reason)])
  })

  it('that never ends runs into the deadline, and the request is not sent later', async () => {
    const port = await serveTcp(() => {})
    const call = newHttp(300).fetch(`https://good.test:${port}`, { method: 'POST', body: '{}' })
    await expect(call).rejects.toMatchObject({ reason: 'timeout', phase: 'connect' })
    expect(log.warn.mock.calls).toEqual([refused('good.test', 'timeout')])
  })
})
