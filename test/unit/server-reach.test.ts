// What a sign-in comes to at servers that cannot be reached safely: names, addresses and certificates that do not hold.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../../src/bluesky/session.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { diagnose, outcomes } from '../../src/outcomes/catalogue.ts'
import { namesSeen } from '../../src/outcomes/evidence.ts'
import { fill } from '../../src/outcomes/words.ts'
import { comesTo, connectOnce, expected, serving, type Expected } from '../helpers/connect-once.ts'
import { startDnsServer, type DnsServer } from '../helpers/dns-server.ts'
import { startScriptedServer, type Tls } from '../helpers/scripted-server.ts'
import { makeCertificate, trustCertificates } from '../helpers/tls.ts'

const log = { warn: () => {} }
const cleanUps: (() => unknown)[] = []
let http: Http
/** Gives up soon. */
let hasty: Http
let dns: DnsServer
const certificates = new Map<string, Tls>()

beforeAll(async () => {
  dns = await startDnsServer({
    '*.test': { a: ['127.0.0.1'] },
    'fails.test': 'servfail',
    'silent.test': 'silence',
    'missing.test': 'nxdomain',
    'empty.test': { a: [] },
    'metadata.test': { a: ['169.254.169.254'] },
    'hijacked.test': { a: ['10.66.0.1'] },
    'shared.test': { a: ['100.64.0.1'] },
    'filtered.test': { a: ['0.0.0.0'], aaaa: ['::'] },
    'turns.test': [{ a: ['127.0.0.1'] }, { a: ['169.254.169.254'] }],
  })
  const hour = 3_600_000
  certificates.set('good.test', await makeCertificate('good.test'))
  certificates.set('stranger.test', await makeCertificate('stranger.test'))
  certificates.set('expired.test', await makeCertificate('expired.test', { notAfterAt: new Date(Date.now() - hour) }))
  const { 'good.test': good, 'expired.test': expired } = Object.fromEntries(certificates)
  if (good && expired) cleanUps.push(trustCertificates(good, expired))
  http = createHttp({ allowPrivateNetwork: true, dnsServers: [dns.address], deadlineMs: 5_000, log })
  hasty = createHttp({ allowPrivateNetwork: true, dnsServers: [dns.address], deadlineMs: 600, log })
  cleanUps.push(http.close, hasty.close, dns.close)
})
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

function certificateOf(name: string): Tls {
  const tls = certificates.get(name)
  if (!tls) throw new Error(`no certificate for ${name}`)
  return tls
}

describe('a server that cannot be reached safely comes to', () => {
  it.concurrent.each<[string, string, string, Expected]>([
    ['a good certificate', 'good.test', 'good.test', 'connected'],
    ['one that nobody vouches for', 'stranger.test', 'stranger.test', 'server_certificate'],
    ['one that has expired', 'expired.test', 'expired.test', 'server_certificate'],
    ['one of another name', 'good.test', 'other.test', 'server_certificate'],
  ])('%s', async (_, certificate, name, code) => {
    const server = await startScriptedServer({}, { tls: certificateOf(certificate) })
    try {
      expect(
        comesTo(await connectOnce({ http, serviceUrl: `https://${name}:${new URL(server.origin).port}` })),
      ).toEqual(expected(code))
      expect(server.requests.length > 0).toBe(code === 'connected')
    } finally {
      await server.close()
    }
  })

  it.concurrent.each<[string, Expected]>([
    ['missing.test', 'pds_unreachable'],
    ['empty.test', 'pds_unreachable'],
    ['fails.test', 'pds_unreachable'],
    ['silent.test', 'pds_unreachable'],
    ['metadata.test', 'pds_address_blocked'],
  ])('the name %s: %s', async (name, code) => {
    expect(
      comesTo(await connectOnce({ http: name === 'silent.test' ? hasty : http, serviceUrl: `http://${name}` })),
    ).toEqual(expected(code))
  })

  it('a name that turns to the inside after the sign-in: pds_address_blocked', async () => {
    await serving({ faults: [{ call: 'createSession', fault: 'closes kept connections' }] }, async (server) => {
      const end = await connectOnce({ http, serviceUrl: `http://turns.test:${new URL(server.origin).port}` })
      expect(comesTo(end)).toEqual(expected('pds_address_blocked'))
      expect(server.requests).toHaveLength(1)
    })
  })

  it.concurrent.each([
    ['that nobody vouches for', 'stranger.test', 'stranger.test'],
    ['whose certificate has expired', 'expired.test', 'expired.test'],
    ['whose certificate is for another name', 'good.test', 'other.test'],
  ])('a session whose document names a server %s: account_server_certificate', async (_, certificate, name) => {
    const home = await startScriptedServer({}, { tls: certificateOf(certificate) })
    const pdsUrl = `https://${name}:${new URL(home.origin).port}`
    try {
      await serving({ account: { pdsUrl } }, async (entryway) => {
        const end = await connectOnce({ http, serviceUrl: entryway.origin })
        expect(comesTo(end)).toEqual(expected('account_server_certificate'))
        expect(home.requests).toEqual([])
      })
    } finally {
      await home.close()
    }
  })

  it('nobody listens: pds_unreachable', async () => {
    const server = await startScriptedServer()
    await server.close()
    expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected('pds_unreachable'))
  })

  it('an address of the inside: pds_address_blocked, and nothing is sent', async () => {
    const careful = createHttp({ allowPrivateNetwork: false, log })
    await serving({}, async (server) => {
      expect(comesTo(await connectOnce({ http: careful, serviceUrl: server.origin }))).toEqual(
        expected('pds_address_blocked'),
      )
      expect(server.requests).toEqual([])
    })
    await careful.close()
  })

  it.each([
    ['https://hijacked.test', 'private', 'name server of this machine answers with a private address (10.…,'],
    [
      'https://shared.test',
      'shared',
      'name server of this machine answers with an address inside a provider’s network',
    ],
    ['https://filtered.test', 'unspecified', 'name server of this machine answers with no real address'],
    ['https://10.1.2.3', 'private', 'that is a private address'],
    ['https://server.internal', undefined, 'its name is one of an inner network'],
    ['https://good.test:8443', undefined, 'it names another port than 443'],
    ['http://good.test', undefined, 'it is not an https address'],
  ])('an administrator reads why %s may not be called, and what the way out is', async (serviceUrl, kind, words) => {
    const careful = createHttp({ allowPrivateNetwork: false, dnsServers: [dns.address], log })
    const signal = AbortSignal.timeout(5_000)
    const { answer } = await signIn({ http: careful, serviceUrl, signal }, 'alice.test', 'abcd-efgh-ijkl-mnop')
    const seen = { step: 'connect', serviceUrl, call: 'createSession', answer } as const
    expect(diagnose(seen)).toBe('pds_address_blocked')
    expect(namesSeen(seen, 'alice.test').address).toBe(kind)
    const text = fill(outcomes.pds_address_blocked.adminFix ?? '', {
      server: serviceUrl,
      ...namesSeen(seen, 'alice.test'),
    })
    expect(text).toContain(words)
    expect(text).toContain('ALLOW_PRIVATE_NETWORK')
    await careful.close()
  })

  it.each(['http://169.254.169.254', 'http://metadata.test'])(
    'a session whose document names the inside (%s): account_server_blocked',
    async (pdsUrl) => {
      await serving({ account: { pdsUrl } }, async (server) => {
        const end = await connectOnce({ http, serviceUrl: server.origin })
        expect(comesTo(end)).toEqual(expected('account_server_blocked'))
      })
    },
  )

  it('a session whose document names another server: that one is asked to prove it', async () => {
    await serving({ kind: 'tranquil', situation: 'invalidSession' }, async (home) => {
      await serving({ account: { pdsUrl: home.origin } }, async (entryway) => {
        expect(comesTo(await connectOnce({ http, serviceUrl: entryway.origin }))).toEqual(expected('token_rejected'))
        const removal = { method: 'POST', path: '/xrpc/com.atproto.repo.deleteRecord', authorization: true }
        // Once more with a session that was refreshed where it began.
        expect(home.requests).toEqual([removal, removal])
        expect(entryway.requests.map(({ path }) => path.split('.').at(-1))).toEqual(['createSession', 'refreshSession'])
      })
    })
  })
})
