// A look at a server, without a sign-in: what is found at real, odd, wrong and closed ones, and what was probably meant.
import type { RequestListener } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { lookAtServer } from '../../src/bluesky/look.ts'
import { createHttp, type Http, type HttpOptions } from '../../src/http/client.ts'
import { startDnsServer, type DnsServer } from '../helpers/dns-server.ts'
import { collectLog } from '../helpers/log.ts'
import { nobodyListening, startAnsweringServer, startServer, startSilentServer } from '../helpers/odd-servers.ts'
import { startRawServer, type Script } from '../helpers/raw-server.ts'
import { makeCertificate, startHttpsServer, trustCertificates, type Certificate } from '../helpers/tls.ts'

const pds = inject('pds')
const cleanUps: (() => unknown)[] = []
let dns: DnsServer

beforeAll(async () => {
  dns = await startDnsServer({ '*.test': { a: ['127.0.0.1'] }, 'mute.example': 'servfail' })
})
afterAll(() => dns.close())
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function newHttp(options: Partial<HttpOptions> = {}): Http {
  const http = createHttp({
    allowPrivateNetwork: true,
    dnsServers: [dns.address],
    deadlineMs: 3_000,
    log: collectLog().logger,
    ...options,
  })
  cleanUps.push(http.close)
  return http
}

const { signal } = new AbortController()
const lookAt = (origin: string, options: Partial<HttpOptions> = {}) =>
  lookAtServer({ http: newHttp(options), signal }, origin)

/** A client that knows one server of the public network, and counts whom it was sent to. */
function pretendHttp(servers: Record<string, object | (() => Response)>) {
  const asked: string[] = []
  const fetch: Http['fetch'] = async (input) => {
    const { origin } = new URL(input instanceof Request ? input.url : input)
    asked.push(origin)
    const answer = servers[origin] ?? (() => new Response('<html>', { status: 404 }))
    return typeof answer === 'function' ? answer() : Response.json(answer)
  }
  return { asked, look: (origin: string) => lookAtServer({ http: { fetch }, signal }, origin) }
}

async function serve(...args: Parameters<typeof startAnsweringServer>) {
  const server = await startAnsweringServer(...args)
  cleanUps.push(server.close)
  return server
}

const nothing = { did: null, domains: [], target: null, suggestion: null }

describe('a Bluesky server', () => {
  test('answers with what it calls itself and the ends of its handles', async () => {
    const { did, ...found } = await lookAt(pds.pdsUrl)
    expect(found).toEqual({ finding: 'answers', domains: ['.test'], target: null, suggestion: null, detail: '' })
    expect(did).toMatch(/^did:web:/)
  })

  test('is asked nothing but what it is, with no session', async () => {
    const asked: string[] = []
    const server = await startServer(({ method, url, headers }, response) => {
      asked.push(`${method} ${url} ${headers.authorization ?? 'nobody'}`)
      response.setHeader('content-type', 'application/json').end('{"did":"did:web:one.test"}')
    })
    cleanUps.push(server.close)
    expect(await lookAt(server.origin)).toMatchObject({ finding: 'answers', did: 'did:web:one.test', domains: [] })
    expect(asked).toEqual(['GET /xrpc/com.atproto.server.describeServer nobody'])
  })

  test('is believed nothing that has not the form that it has to have, and not more than twenty ends', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `.n${index}.example`)
    const odd = [
      '.Good.example',
      'dotless.example',
      '.good.example',
      '.<b>x</b>',
      '..two',
      '.a b',
      7,
      `.${'x'.repeat(300)}`,
    ]
    const { origin } = await serve({ status: 200, json: { did: 'did:<b>', availableUserDomains: [...odd, ...many] } })
    const { did, domains } = await lookAt(origin)
    expect(did).toBeNull()
    expect(domains.slice(0, 3)).toEqual(['.good.example', '.dotless.example', '.n0.example'])
    expect(domains.length).toBeLessThanOrEqual(20)
  })
})

describe('what was meant instead', () => {
  const main = 'https://bsky.social'

  test.for([
    ['https://bsky.app', 'web_page'],
    ['https://www.bsky.app', 'web_page'],
    ['https://www.bsky.social', 'web_page'],
    ['https://public.api.bsky.app', 'other_service'],
    ['https://api.bsky.app', 'other_service'],
    ['https://plc.directory', 'other_service'],
    ['https://bsky.network', 'other_service'],
  ] as const)('%s is known as %s, with nobody asked', async ([origin, finding]) => {
    const { asked, look } = pretendHttp({})
    expect(await look(origin)).toEqual({ ...nothing, finding, suggestion: main, detail: '' })
    expect(asked).toEqual([])
  })

  test('one of the many servers behind bsky.social is told with the one that signs in for it', async () => {
    const origin = 'https://morel.us-east.host.bsky.network'
    const { look } = pretendHttp({ [origin]: { did: 'did:web:morel', availableUserDomains: [] } })
    expect(await look(origin)).toMatchObject({ finding: 'behind_entryway', suggestion: main })
    expect(await pretendHttp({}).look(origin)).toMatchObject({ finding: 'not_a_server', suggestion: main })
  })

  test.for([
    ['a port', 'https://pds.example.com:3000'],
    ['www.', 'https://www.pds.example.com'],
  ] as const)('without %s there is one: it is named', async ([, origin]) => {
    const { look } = pretendHttp({ 'https://pds.example.com': { did: 'did:web:pds.example.com' } })
    expect(await look(origin)).toMatchObject({ finding: 'not_a_server', suggestion: 'https://pds.example.com' })
  })

  test('a redirect is named, not followed; where a server is at its end, it is suggested', async () => {
    const { origin } = await serve({ status: 302, headers: { location: `${pds.pdsUrl}/deep?x=1` } })
    expect(await lookAt(origin)).toEqual({
      ...nothing,
      finding: 'redirects',
      target: pds.pdsUrl,
      suggestion: pds.pdsUrl,
      detail: '',
    })
    const elsewhere = await serve({ status: 404 })
    const next = await serve({ status: 301, headers: { location: elsewhere.origin } })
    expect(await lookAt(next.origin)).toMatchObject({
      finding: 'redirects',
      target: elsewhere.origin,
      suggestion: null,
    })
    const typo = await serve({ status: 301, headers: { location: 'https://bsky.app/' } })
    expect(await lookAt(typo.origin)).toMatchObject({ target: 'https://bsky.app', suggestion: main })
  })

  test.for([
    ['/login', 'wall'],
    ['mailto:admin@example.com', 'redirects'],
  ] as const)('a redirect to %s names no other address', async ([location, finding]) => {
    const { origin } = await serve({ status: 302, headers: { location } })
    expect(await lookAt(origin)).toMatchObject({ finding, target: null, suggestion: null })
  })
})

describe('what is no server, or is one in trouble', () => {
  const html = { 'content-type': 'text/html' }
  test.for([
    ['a web page', 200, html, 'not_a_server', 'HTTP 200'],
    ['another kind of JSON', 200, {}, 'not_a_server', 'HTTP 200, JSON'],
    ['no such page', 404, html, 'not_a_server', 'HTTP 404'],
    ['a method that it does not know', 501, {}, 'not_a_server', 'HTTP 501'],
    ['a basic password', 401, html, 'wall', 'HTTP 401'],
    ['a refusal', 403, html, 'wall', 'HTTP 403'],
    ['a refusal for reasons of law', 451, html, 'wall', 'HTTP 451'],
    ['a limit', 429, {}, 'limited', 'HTTP 429'],
    ['a gateway without its server', 502, html, 'broken', 'HTTP 502'],
  ] as const)('%s', async ([, status, headers, finding, detail]) => {
    const { origin } = await serve({ status, headers, json: { other: 'thing' } })
    const found = headers === html ? await lookAtPage(status) : await lookAt(origin)
    expect(found).toEqual({ ...nothing, finding, detail })
  })

  test('a challenge to browsers, though it comes as a success', async () => {
    const { origin } = await serve({ status: 202, headers: { 'x-amzn-waf-action': 'challenge' } })
    expect(await lookAt(origin)).toEqual({ ...nothing, finding: 'wall', detail: 'HTTP 202' })
  })

  async function lookAtPage(status: number) {
    const page: RequestListener = (_request, response) => response.writeHead(status, html).end('<!doctype html>')
    const server = await startServer(page)
    cleanUps.push(server.close)
    return lookAt(server.origin)
  }

  test.for([
    ['hangs up', (socket) => socket.destroy(), 'cut_off'],
    ['ends in the middle', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{'), 'cut_off'],
    ['speaks no HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n'), 'not_a_server'],
  ] as [string, Script, string][])('one that %s', async ([, script, finding]) => {
    const { url, close } = await startRawServer(script)
    cleanUps.push(close)
    expect(await lookAt(url)).toMatchObject({ ...nothing, finding })
  })

  test('an answer without end is not read to it', async () => {
    const { origin } = await serve({ status: 200, json: { did: 'x'.repeat(100_000) } })
    expect(await lookAt(origin)).toMatchObject({ ...nothing, finding: 'not_a_server' })
  })

  test('a port on which nobody listens', async () => {
    expect(await lookAt(await nobodyListening())).toMatchObject({ ...nothing, finding: 'closed_port' })
  })

  test('one that keeps silent, for as long as a look may take', async () => {
    const server = await startSilentServer()
    cleanUps.push(server.close)
    const http = newHttp()
    const swift: Pick<Http, 'fetch'> = { fetch: (input, init) => http.fetch(input, { ...init, deadlineMs: 300 }) }
    expect(await lookAtServer({ http: swift, signal }, server.origin)).toMatchObject({ ...nothing, finding: 'silent' })
  })

  test('a host that does not exist, and one whose name servers are out of order', async () => {
    expect(await lookAt('https://nowhere.example')).toMatchObject({ ...nothing, finding: 'unknown_host' })
    expect(await lookAt('https://mute.example')).toMatchObject({ ...nothing, finding: 'names_fail' })
  })

  test.for([
    ['https://10.1.2.3', 'not_allowed'],
    ['https://pds.test', 'not_allowed'],
    ['http://pds.example.com', 'not_allowed'],
    ['https://pds.example.com:3000', 'port_not_allowed'],
  ] as const)('an address that may not be called: %s', async ([origin, finding]) => {
    expect(await lookAt(origin, { allowPrivateNetwork: false })).toMatchObject({ ...nothing, finding })
  })
})

describe('a certificate', () => {
  const hourMs = 3600_000
  const over = { notBeforeAt: new Date(Date.now() - 2 * hourMs), notAfterAt: new Date(Date.now() - hourMs) }
  const names = ['good.test', 'other.test', 'over.test', 'stranger.test'] as const
  let certificates: Record<string, Certificate>
  let distrust: () => void
  beforeAll(async () => {
    const made = names.map(
      async (name) => [name, await makeCertificate(name, name === 'over.test' ? over : {})] as const,
    )
    certificates = Object.fromEntries(await Promise.all(made))
    const trusted = names.filter((name) => name !== 'stranger.test').flatMap((name) => certificates[name] ?? [])
    distrust = trustCertificates(...trusted)
  })
  afterAll(() => distrust())

  const listener: RequestListener = (_request, response) =>
    response.setHeader('content-type', 'application/json').end('{"did":"did:web:good.test"}')

  test.for([
    ['that holds', 'good.test', 'good.test', 'answers'],
    ['for another name', 'good.test', 'other.test', 'certificate_name'],
    ['that is over', 'over.test', 'over.test', 'certificate_expired'],
    ['that nobody vouches for', 'stranger.test', 'stranger.test', 'certificate_untrusted'],
  ] as const)('%s', async ([, host, shown, finding]) => {
    const { port, close } = await startHttpsServer(certificates[shown] as Certificate, listener)
    cleanUps.push(close)
    expect(await lookAt(`https://${host}:${port}`)).toMatchObject({ finding })
  })

  test('where none is shown, because plain http is spoken there', async () => {
    const { port } = await serve({ status: 200, json: {} })
    expect(await lookAt(`https://127.0.0.1:${port}`)).toMatchObject({ ...nothing, finding: 'no_tls' })
  })
})
