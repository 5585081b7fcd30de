// Shows that the guard asks a name once for each connection, and goes nowhere but to an address that it has checked.

import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import tls from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHttp } from '../../src/http/client.ts'
import type { Http, HttpOptions } from '../../src/http/client.ts'
import { parseOpened } from '../../src/http/private-network.ts'
import { startDnsServer } from '../helpers/dns-server.ts'
import type { DnsServer, DnsZone } from '../helpers/dns-server.ts'
import { startAnsweringServer } from '../helpers/odd-servers.ts'
import { makeCertificate, startHttpsServer, trustCertificates } from '../helpers/tls.ts'

const cleanUps: (() => unknown)[] = []
const log = { warn: vi.fn<HttpOptions['log']['warn']>() }

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  vi.restoreAllMocks()
  syncBuiltinESMExports()
  log.warn.mockReset()
})

async function newHttp(zone: DnsZone, options: Partial<HttpOptions> = {}): Promise<{ http: Http; dns: DnsServer }> {
  const dns = await startDnsServer(zone)
  const http = createHttp({ allowPrivateNetwork: true, dnsServers: [dns.address], deadlineMs: 3_000, log, ...options })
  cleanUps.push(dns.close, http.close)
  return { http, dns }
}

async function serve(headers: Record<string, string> = {}) {
  const server = await startAnsweringServer({ status: 200, headers })
  cleanUps.push(server.close)
  return server
}

describe('a name', () => {
  it('that exists is reached, also when half of the question fails', async () => {
    const { port } = await serve()
    const { http } = await newHttp({
      'pds.test': { a: ['127.0.0.1'] },
      'dual.test': { a: ['127.0.0.1'], aaaa: ['::1'] },
    })
    expect((await http.fetch(`http://pds.test:${port}`)).status).toBe(200)
    expect((await http.fetch(`http://dual.test:${port}`)).status).toBe(200)
  })

  it.each([
    ['does not exist', 'dns_not_found', 'ENOTFOUND', 'nxdomain'],
    ['has no address', 'dns_not_found', 'ENODATA', { txt: ['did=did:plc:x'] }],
    ['cannot be looked up', 'dns_failed', 'ESERVFAIL', 'servfail'],
  ] as const)('that %s: %s', async (_what, reason, detail, reply) => {
    const { http } = await newHttp({ 'pds.test': reply })
    await expect(http.fetch('http://pds.test')).rejects.toMatchObject({
      reason,
      detail,
      phase: 'connect',
      host: 'pds.test',
    })
  })

  it('whose server stays silent is a failed look-up, not a slow server', async () => {
    const { http } = await newHttp({ 'pds.test': 'silence' }, { deadlineMs: 600 })
    await expect(http.fetch('http://pds.test')).rejects.toMatchObject({ reason: 'dns_failed' })
  })

  it('whose server is down is a failed look-up', async () => {
    const { http, dns } = await newHttp({})
    await dns.close()
    cleanUps.shift()
    await expect(http.fetch('http://pds.test')).rejects.toMatchObject({ reason: 'dns_failed' })
  })

  it('with one address that may not be called is refused whole', async () => {
    const { port, calls } = await serve()
    const { http } = await newHttp({ 'pds.test': { a: ['127.0.0.1', '169.254.169.254'] } })
    await expect(http.fetch(`http://pds.test:${port}/?token=s3cret`)).rejects.toMatchObject({
      reason: 'blocked',
      detail: 'address linkLocal',
      phase: 'connect',
    })
    expect(calls).toEqual([])
    expect(log.warn.mock.calls).toEqual([
      [{ host: 'pds.test', reason: 'blocked', detail: 'address linkLocal' }, 'request refused'],
    ])
  })

  it('that changes between two connections is checked for each, and asked once for each', async () => {
    const { port, calls } = await serve({ connection: 'close' })
    const { http, dns } = await newHttp({
      'pds.test': [{ a: ['127.0.0.1'] }, { a: ['0.0.0.0'] }, { a: ['127.0.0.1'] }],
    })
    const url = `http://pds.test:${port}`
    expect((await http.fetch(`${url}/1`)).status).toBe(200)
    await expect(http.fetch(`${url}/2`)).rejects.toMatchObject({ reason: 'blocked', detail: 'address unspecified' })
    expect((await http.fetch(`${url}/3`)).status).toBe(200)
    expect(calls).toEqual(['/1', '/3'])
    expect(dns.queries.toSorted()).toEqual([...Array(3).fill('A pds.test'), ...Array(3).fill('AAAA pds.test')])
  })

  it('is not asked again while its connection is kept', async () => {
    const { port } = await serve()
    const { http, dns } = await newHttp({ 'pds.test': [{ a: ['127.0.0.1'] }, 'nxdomain'] })
    for (let call = 0; call < 3; call += 1) expect((await http.fetch(`http://pds.test:${port}`)).status).toBe(200)
    expect(dns.queries).toHaveLength(2)
  })

  it('localhost needs no name server', async () => {
    const { port } = await serve()
    const { http, dns } = await newHttp({})
    expect((await http.fetch(`http://localhost:${port}`)).status).toBe(200)
    expect(dns.queries).toEqual([])
  })

  it('is asked of the system on a private network without name servers of its own', async () => {
    const { port } = await serve()
    const lookup = vi.spyOn(dns, 'lookup')
    syncBuiltinESMExports()
    lookup.mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }] as never)
    lookup.mockResolvedValueOnce([{ address: '169.254.169.254', family: 4 }] as never)
    lookup.mockRejectedValueOnce(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    lookup.mockRejectedValueOnce(Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }))
    const http = createHttp({ allowPrivateNetwork: true, deadlineMs: 3_000, log })
    cleanUps.push(http.close)
    expect((await http.fetch(`http://known-to-hosts-file:${port}`)).status).toBe(200)
    for (const reason of ['blocked', 'dns_not_found', 'dns_failed']) {
      await expect(http.fetch(`http://${reason}.test:${port}`)).rejects.toMatchObject({ reason, phase: 'connect' })
    }
  })
})

describe('on the public internet', () => {
  const dialled: string[] = []
  const paths: (string | undefined)[] = []
  let port: number

  beforeEach(async () => {
    dialled.length = 0
    paths.length = 0
    const certificate = await makeCertificate('pds.example.net')
    const server = await startHttpsServer(certificate, (request, response) => {
      paths.push(request.url)
      response.writeHead(200, { connection: 'close' }).end('ok')
    })
    port = server.port
    cleanUps.push(server.close, trustCertificates(certificate))
    routePublicAddressesTo(port)
  })

  /** Stands for the network beyond this machine: whatever address the guard lets through ends at the test's server. */
  function routePublicAddressesTo(localPort: number) {
    const connect = tls.connect
    vi.spyOn(tls, 'connect').mockImplementation(((options: ConnectionOptions) =>
      connect({
        ...options,
        port: localPort,
        lookup: (host, lookupOptions, callback) =>
          options.lookup?.(host, lookupOptions, (error, addresses) => {
            if (error) return callback(error, [])
            for (const { address } of [addresses].flat() as { address: string }[])
              dialled.push(`${address}:${options.port}`)
            callback(null, [{ address: '127.0.0.1', family: 4 }])
          }),
      })) as typeof tls.connect)
  }

  const publicly = (zone: DnsZone) => newHttp(zone, { allowPrivateNetwork: false })

  it('a public server is reached at the address that was checked', async () => {
    const { http } = await publicly({ 'pds.example.net': { a: ['93.184.215.14'], aaaa: ['2606:2800:21f:cb07::1'] } })
    const response = await http.fetch('https://pds.example.net/xrpc/_health')
    expect(await response.text()).toBe('ok')
    expect(dialled).toEqual(['93.184.215.14:443', '2606:2800:21f:cb07::1:443'])
  })

  it('a name that turns to the inside between two look-ups gets no further', async () => {
    const { http, dns } = await publicly({ 'pds.example.net': [{ a: ['93.184.215.14'] }, { a: ['127.0.0.1'] }] })
    expect((await http.fetch('https://pds.example.net/1')).status).toBe(200)
    await expect(http.fetch('https://pds.example.net/2')).rejects.toMatchObject({
      reason: 'blocked',
      detail: 'address loopback',
    })
    expect(dialled).toEqual(['93.184.215.14:443'])
    expect(paths).toEqual(['/1'])
    expect(dns.queries.filter((query) => query.startsWith('A '))).toHaveLength(2)
  })

  it('a name with very many addresses is tried at a few', async () => {
    const { http } = await publicly({
      'pds.example.net': { a: Array.from({ length: 60 }, (_, index) => `8.8.4.${index}`) },
    })
    await http.fetch('https://pds.example.net/')
    expect(dialled).toHaveLength(8)
  })

  it('a name with very many addresses of one family keeps room for the other', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `8.8.4.${index}`)
    const { http } = await publicly({ 'pds.example.net': { a: many, aaaa: ['2606:2800:21f:cb07::1'] } })
    await http.fetch('https://pds.example.net/')
    expect(dialled).toHaveLength(5)
    expect(dialled).toContain('2606:2800:21f:cb07::1:443')
  })

  it('a public server without IPv6 is reached through the translator of a network without IPv4', async () => {
    const { http } = await publicly({ 'pds.example.net': { a: [], aaaa: ['64:ff9b::93.184.215.14'] } })
    expect((await http.fetch('https://pds.example.net/')).status).toBe(200)
    expect(dialled).toEqual(['64:ff9b::5db8:d70e:443'])
  })

  it('where the name server answers everything with an address of its own, a list is the way out', async () => {
    const zone: DnsZone = { 'pds.example.net': { a: ['198.18.0.7'] } }
    const { http: refusing } = await publicly(zone)
    const call = refusing.fetch('https://pds.example.net/')
    await expect(call).rejects.toMatchObject({ reason: 'blocked', detail: 'address benchmarking' })
    const opened = parseOpened('198.18.0.0/15')
    const { http } = await newHttp(zone, { allowPrivateNetwork: opened ? [opened] : [] })
    expect((await http.fetch('https://pds.example.net/')).status).toBe(200)
    expect(dialled).toEqual(['198.18.0.7:443'])
  })

  it.each([
    ['loopback', { a: ['127.0.0.1'] }],
    ['private', { a: ['10.1.2.3'] }],
    ['private', { a: ['93.184.215.14', '192.168.0.1'] }],
    ['carrierGradeNat', { a: ['100.64.0.1'] }],
    ['linkLocal', { a: ['169.254.169.254'] }],
    ['unspecified', { a: ['0.0.0.0'] }],
    ['metadata', { a: ['168.63.129.16'] }],
    ['loopback', { aaaa: ['::1'] }],
    ['uniqueLocal', { a: ['93.184.215.14'], aaaa: ['fd00::1'] }],
    ['linkLocal', { aaaa: ['fe80::1'] }],
    ['ipv4Mapped', { aaaa: ['::ffff:127.0.0.1'] }],
    ['rfc6052', { aaaa: ['64:ff9b::7f00:1'] }],
    ['private', { aaaa: ['64:ff9b::10.1.2.3'] }],
    ['linkLocal', { a: ['93.184.215.14'], aaaa: ['64:ff9b::169.254.169.254'] }],
    ['metadata', { aaaa: ['64:ff9b::100.100.100.200'] }],
    ['rfc6052', { aaaa: ['64:ff9b:1::93.184.215.14'] }],
    ['6to4', { aaaa: ['2002:7f00:1::1'] }],
  ])('a name of the inside is refused: %s', async (detail, reply) => {
    const { http } = await publicly({ 'pds.example.net': reply })
    await expect(http.fetch('https://pds.example.net/')).rejects.toMatchObject({
      reason: 'blocked',
      detail: `address ${detail}`,
    })
    expect(dialled).toEqual([])
    expect(log.warn.mock.calls).toEqual([
      [{ host: 'pds.example.net', reason: 'blocked', detail: `address ${detail}` }, 'request refused'],
    ])
  })

  it.each([
    'http://pds.example.net/',
    'https://pds.example.net:8443/',
    'https://user:s3cret@pds.example.net/',
    'https://localhost/',
    'https://mongo/',
    'https://metadata.google.internal/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://[::ffff:10.0.0.1]/',
  ])('%s is refused without asking anybody', async (url) => {
    const { http, dns } = await publicly({ 'pds.example.net': { a: ['93.184.215.14'] } })
    await expect(http.fetch(url)).rejects.toMatchObject({ reason: 'blocked', phase: 'check' })
    expect(dns.queries).toEqual([])
    expect(dialled).toEqual([])
    expect(log.warn.mock.calls).toMatchObject([[{ host: new URL(url).hostname, reason: 'blocked' }, 'request refused']])
    expect(JSON.stringify(log.warn.mock.calls)).not.toContain('s3cret')
  })
})
