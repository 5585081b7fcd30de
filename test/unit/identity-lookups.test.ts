// What the look at an identity makes of name servers, directories and web servers that answer oddly, late or never.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Answer, Evidence, Identity } from '../../src/outcomes/evidence.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { createIdentityLookup, type IdentityLookup, type IdentityLookupOptions } from '../../src/bluesky/identity.ts'
import { diagnose, lookupFor } from '../../src/outcomes/catalogue.ts'
import { startDnsServer, type DnsReply, type DnsServer, type DnsZone } from '../helpers/dns-server.ts'
import { collectLog } from '../helpers/log.ts'
import { startServer } from '../helpers/odd-servers.ts'

type Reply = { status?: number; body?: unknown; type?: string; headers?: Record<string, string> } | 'silence' | 'reset'

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const otherDid = 'did:plc:z72i7hdynmk6r22z27h6tvur'
const handle = 'alice.example.com'

let replies: Record<string, Reply>
let zone: DnsZone
let origin: string
let dns: DnsServer
let log: ReturnType<typeof collectLog>
let requests: string[]
const cleanUps: (() => unknown)[] = []

beforeEach(async () => {
  replies = {}
  // Every name leads to the scripted server; what it answers decides.
  zone = { '*.example.com': { a: ['127.0.0.1'] }, [`_atproto.${handle}`]: 'nxdomain' }
  requests = []
  log = collectLog()
  dns = await startDnsServer(zone)
  const server = await startServer((request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '')
    const path = decodeURIComponent(request.url ?? '').replace(/\?.*/, '')
    requests.push(`${host}${path}`)
    const reply = replies[`${host}${path}`] ?? { status: 404 }
    if (reply === 'silence') return
    if (reply === 'reset') return void request.socket.destroy()
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
    response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'application/json', ...reply.headers })
    response.end(text)
  })
  origin = `http://localhost:${server.port}`
  cleanUps.push(server.close)
})

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await dns.close()
})

function newHttp(allowPrivateNetwork: boolean): Http {
  const http = createHttp({ allowPrivateNetwork, dnsServers: [dns.address], log: log.logger })
  cleanUps.push(() => http.close())
  return http
}

/**
 * The scripted server stands for every web server.
 * @param guarded requests to any other server go through a client that is closed to private networks
 */
function newLookup(options: Partial<IdentityLookupOptions> = {}, { guarded = false } = {}): IdentityLookup {
  const open = newHttp(true)
  const closed = guarded ? newHttp(false) : open
  const toScript: Http['fetch'] = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin === origin) return open.fetch(input, init)
    if (guarded || url.protocol === 'http:') return closed.fetch(input, init)
    return open.fetch(`http://${url.hostname}:${new URL(origin).port}${url.pathname}`, init)
  }
  const identity = createIdentityLookup({
    http: { fetch: toScript },
    plcDirectoryUrl: origin,
    handleResolverUrl: null,
    dnsServers: [dns.address],
    log: log.logger,
    ...options,
  })
  cleanUps.push(() => identity.close())
  return identity
}

const document = (pdsUrl: string, fields: object = {}) => ({
  body: {
    id: did,
    alsoKnownAs: [`at://${handle}`],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pdsUrl }],
    ...fields,
  },
})

const ask = (identifier: string = handle) => ({
  identifier,
  serviceUrl: origin,
  signal: AbortSignal.timeout(20_000),
})
const lookup = (identity = newLookup(), identifier = handle) => identity.lookup(ask(identifier))

const refusal: Answer = {
  kind: 'error',
  status: 401,
  error: 'AuthenticationRequired',
  message: 'Invalid identifier or password',
  xrpc: true,
  limit: null,
}
const refused = (identity?: Identity): Evidence => ({
  step: 'connect',
  serviceUrl: origin,
  call: 'createSession',
  answer: refusal,
  ...(identity ? { identity } : {}),
})

const wellKnown = `${handle}/.well-known/atproto-did`
const directory = `localhost/${did}`
const call = (name: string) => `localhost/xrpc/com.atproto.${name}`

describe('from a handle to its account', () => {
  beforeEach(() => {
    replies[directory] = document(origin)
    replies[call('sync.getRepoStatus')] = { body: { did, active: true } }
  })

  const ways: [string, { txt?: DnsReply; web?: Reply; resolver?: Reply }, string | null | undefined][] = [
    ['a TXT record', { txt: { txt: [`did=${did}`] } }, did],
    ['a TXT record among others', { txt: { txt: ['v=spf1 -all', `did=${did}`] } }, did],
    ['the web server', { web: { body: `${did}\n`, type: 'text/plain' } }, did],
    ['the web server although the name server fails', { txt: 'servfail', web: { body: did } }, did],
    ['the TXT record where the two differ', { txt: { txt: [`did=${did}`] }, web: { body: otherDid } }, did],
    ['the resolver', { resolver: { body: { did } } }, did],
    ['the resolver although the name server fails', { txt: 'servfail', resolver: { body: { did } } }, did],
    ['two TXT records that contradict each other', { txt: { txt: [`did=${did}`, `did=${otherDid}`] } }, null],
    [
      'two TXT records, but the web server',
      { txt: { txt: [`did=${did}`, `did=${otherDid}`] }, web: { body: did } },
      did,
    ],
    ['a TXT record that is no DID', { txt: { txt: ['did=me'] } }, null],
    ['a page for people', { web: { body: '<!doctype html><title>Welcome</title>', type: 'text/html' } }, null],
    ['a redirect', { web: { status: 302, headers: { location: 'http://10.0.0.7/' } } }, null],
    ['a huge answer', { web: { body: 'x'.repeat(300_000), type: 'text/plain' } }, null],
    ['a resolver that knows no such handle', { resolver: { status: 400, body: { error: 'HandleNotFound' } } }, null],
    ['a name server that fails', { txt: 'servfail' }, undefined],
    ['a name server that is silent', { txt: 'silence' }, undefined],
    ['a web server that fails', { web: { status: 503 } }, undefined],
    ['a web server that hangs up', { web: 'reset' }, undefined],
    ['a web server that is silent', { web: 'silence' }, undefined],
    ['a resolver that fails after a name server that fails', { txt: 'servfail', resolver: { status: 502 } }, undefined],
    ['a resolver that lies about the shape', { txt: 'servfail', resolver: { body: { did: 'me' } } }, undefined],
  ]
  test.each(ways)('%s', async (_, { txt, web, resolver }, expected) => {
    if (txt) zone[`_atproto.${handle}`] = txt
    if (web) replies[wellKnown] = web
    if (resolver) replies[call('identity.resolveHandle')] = resolver
    const found = await lookup(newLookup({ handleResolverUrl: resolver ? origin : null }))
    expect(found.did).toBe(expected)
    expect(found.unavailable ?? false).toBe(expected === undefined)
    const nothing = expected === null ? 'handle_not_found' : 'identity_lookup_unavailable'
    expect(diagnose(refused(found))).toBe(expected ? 'bad_credentials' : nothing)
  })

  test('a name that does not exist has no account', async () => {
    expect(await lookup(newLookup(), 'alice.example.org')).toMatchObject({ did: null })
  })

  test('the resolver is not asked when the handle tells by itself', async () => {
    zone[`_atproto.${handle}`] = { txt: [`did=${did}`] }
    await lookup(newLookup({ handleResolverUrl: origin }))
    expect(requests.filter((path) => path.includes('resolveHandle'))).toEqual([])
  })

  test('the server’s own word on a handle stands in for names that cannot be looked up', async () => {
    zone[`_atproto.${handle}`] = 'servfail'
    replies[call('repo.describeRepo')] = {
      body: { did, handle, didDoc: {}, collections: [], handleIsCorrect: false },
    }
    const found = await lookup()
    expect(found).toMatchObject({ did, repoHere: 'active', pdsUrl: origin })
    expect(found).not.toHaveProperty('unavailable')
    expect(diagnose(refused(found))).toBe('bad_credentials')
  })

  test('a web server on the inside is not asked', async () => {
    replies[wellKnown] = { body: did }
    expect(await lookup(newLookup({}, { guarded: true }))).toMatchObject({ did: null })
    expect(requests).not.toContain(wellKnown)
    expect(log.records()).toContainEqual(expect.objectContaining({ host: handle, reason: 'blocked' }))
  })
})

describe('from an account to its server', () => {
  const elsewhere = 'http://pds.example.com'

  const answers: [string, Reply, Partial<Identity>, string][] = [
    ['names a server', document(elsewhere), { pdsUrl: elsewhere }, 'wrong_server'],
    ['names a server with a path', document(`${elsewhere}/some/path`), { pdsUrl: elsewhere }, 'wrong_server'],
    [
      'names a server among oddities',
      document(elsewhere, {
        alsoKnownAs: [7, 'me', 'at://<b>'],
        service: [{ type: [] }, null, ...document(elsewhere).body.service],
      }),
      { pdsUrl: elsewhere },
      'wrong_server',
    ],
    ['names no server', document(elsewhere, { service: [] }), { pdsUrl: null }, 'did_unresolvable'],
    ['names something else than a server', document('ftp://pds.example.com'), { pdsUrl: null }, 'did_unresolvable'],
    ['is that of another account', document(elsewhere, { id: otherDid }), { pdsUrl: null }, 'did_unresolvable'],
    ['is of no known shape', { body: { id: did, service: 'none' } }, { pdsUrl: null }, 'did_unresolvable'],
    ['is not there', { status: 404 }, { didGone: true }, 'did_unresolvable'],
    ['was ended by its owner', { status: 410 }, { didGone: true }, 'did_unresolvable'],
    ['fails to arrive', { status: 502 }, { unavailable: true }, 'identity_lookup_unavailable'],
    ['is refused', { status: 403, body: { message: 'no' } }, { unavailable: true }, 'identity_lookup_unavailable'],
    ['is limited', { status: 429 }, { unavailable: true }, 'identity_lookup_unavailable'],
    ['hangs', 'silence', { unavailable: true }, 'identity_lookup_unavailable'],
    ['breaks off', 'reset', { unavailable: true }, 'identity_lookup_unavailable'],
    ['is a page', { body: '<p>Hi</p>', type: 'text/html' }, { unavailable: true }, 'identity_lookup_unavailable'],
    [
      'redirects',
      { status: 301, headers: { location: 'http://10.0.0.7/' } },
      { unavailable: true },
      'identity_lookup_unavailable',
    ],
  ]
  test.each(answers)('the directory’s record %s', async (_, reply, expected, code) => {
    replies[directory] = reply
    const found = await lookup(newLookup(), did)
    expect(found).toMatchObject({ did, ...expected })
    expect(diagnose(refused(found))).toBe(code)
  })

  const webAnswers: [string, (webDid: string) => Reply, Partial<Identity>, string][] = [
    ['names a server', (id) => document(elsewhere, { id }), { pdsUrl: elsewhere }, 'wrong_server'],
    ['is not there', () => ({ status: 404 }), { didGone: true }, 'did_unresolvable'],
    ['is a page', () => ({ body: '<p>Hi</p>', type: 'text/html' }), { pdsUrl: null }, 'did_unresolvable'],
    [
      'redirects',
      () => ({ status: 301, headers: { location: 'http://10.0.0.7/' } }),
      { pdsUrl: null },
      'did_unresolvable',
    ],
    ['fails to arrive', () => ({ status: 500 }), { unavailable: true }, 'identity_lookup_unavailable'],
    ['hangs', () => 'silence', { unavailable: true }, 'identity_lookup_unavailable'],
  ]
  test.each(webAnswers)('the record at a web server of one’s own %s', async (_, reply, expected, code) => {
    const webDid = `did:web:localhost%3A${new URL(origin).port}`
    replies['localhost/.well-known/did.json'] = reply(webDid)
    const found = await lookup(newLookup(), webDid)
    expect(found).toMatchObject(expected)
    expect(diagnose(refused(found))).toBe(code)
  })

  test('a kind of identity that the network does not know has no record', async () => {
    expect(await lookup(newLookup(), 'did:web:example.com:users:alice')).toMatchObject({ pdsUrl: null })
  })

  test('a record that points at the inside leads nowhere', async () => {
    replies[directory] = document('https://10.0.0.7')
    expect(await lookup(newLookup({}, { guarded: true }), did)).toMatchObject({
      pdsUrl: 'https://10.0.0.7',
      repoThere: 'unknown',
    })
    expect(log.records()).toContainEqual(expect.objectContaining({ host: '10.0.0.7', reason: 'blocked' }))
  })

  test('a handle is confirmed in any spelling, and any of several names counts', async () => {
    zone[`_atproto.${handle}`] = { txt: [`did=${did}`] }
    const alsoKnownAs = [
      'https://example.com/me',
      'at://<b>nobody</b>',
      'at://first.example.com',
      'at://ALICE.example.com',
    ]
    replies[directory] = document(origin, { alsoKnownAs })
    expect(await lookup()).toMatchObject({ handleConfirmed: true, documentHandle: 'first.example.com' })
  })
})

describe('the state of the repository', () => {
  const states: [string, Reply, string, string][] = [
    ['active', { body: { did, active: true } }, 'active', 'bad_credentials'],
    ['deactivated', { body: { did, active: false, status: 'deactivated' } }, 'deactivated', 'account_deactivated'],
    ['taken down', { body: { did, active: false, status: 'takendown' } }, 'takendown', 'account_taken_down'],
    ['suspended', { body: { did, active: false, status: 'suspended' } }, 'suspended', 'account_suspended'],
    ['deleted', { body: { did, active: false, status: 'deleted' } }, 'deleted', 'account_not_here'],
    ['not there', { status: 400, body: { error: 'RepoNotFound' } }, 'not_found', 'account_not_here'],
    [
      'not there by message',
      { status: 404, body: { message: 'Could not find repo' } },
      'not_found',
      'account_not_here',
    ],
    ['some other state', { body: { did, active: false, status: 'throttled' } }, 'unknown', 'bad_credentials'],
    [
      'a call the server does not have',
      { status: 501, body: { error: 'MethodNotImplemented' } },
      'unknown',
      'bad_credentials',
    ],
    ['nonsense', { body: 'hello' }, 'unknown', 'bad_credentials'],
    ['silence', 'silence', 'unknown', 'bad_credentials'],
  ]
  test.each(states)('%s', async (_, reply, state, code) => {
    replies[directory] = document(origin)
    replies[call('sync.getRepoStatus')] = reply
    const found = await lookup(newLookup(), did)
    expect(found).toMatchObject({ repoHere: state, repoThere: state })
    expect(diagnose(refused(found))).toBe(code)
  })

  test('active here decides even when the directory cannot be reached', async () => {
    replies[directory] = 'reset'
    replies[call('sync.getRepoStatus')] = { body: { did, active: true } }
    const found = await lookup(newLookup(), did)
    expect(found).toMatchObject({ unavailable: true, repoHere: 'active' })
    expect(diagnose(refused(found))).toBe('bad_credentials')
  })

  test('software without app passwords is named by its version', async () => {
    replies['localhost/xrpc/_health'] = { body: { version: 'cocoon 0.8' } }
    replies[directory] = document(origin)
    expect(diagnose(refused(await lookup(newLookup(), did)))).toBe('app_passwords_unsupported')
  })
})

describe('an entryway', () => {
  test('of Bluesky signs in for all its hosts, and the hosts for each other', async () => {
    replies[directory] = document('https://shiitake.us-east.host.bsky.network')
    const identity = newLookup()
    const asked = (serviceUrl: string) => identity.lookupAfterSignIn({ ...ask(did), serviceUrl, session: { did } })
    expect(await asked('https://bsky.social')).toMatchObject({ servedByEntryway: true })
    expect(await asked('https://morel.us-east.host.bsky.network')).toMatchObject({ servedByEntryway: true })
    const elsewhere = await asked(origin)
    expect(elsewhere).toMatchObject({ signInUrl: 'https://bsky.social', servedByEntryway: false })
    expect(diagnose(refused(elsewhere))).toBe('wrong_server')
    expect(await identity.whereToSignIn(ask(did))).toBe('https://bsky.social')
  })

  const resource = 'pds.example.com/.well-known/oauth-protected-resource'

  test('that a server names is the one that was asked', async () => {
    replies[directory] = document('https://pds.example.com')
    replies[resource] = { body: { authorization_servers: [origin] } }
    const found = await lookup(newLookup(), did)
    expect(found).toMatchObject({ pdsUrl: 'https://pds.example.com', signInUrl: origin, servedByEntryway: true })
    expect(diagnose(refused(found))).toBe('bad_credentials')
    expect(await newLookup().whereToSignIn(ask(did))).toBe(origin)
  })

  test.each([
    [
      'answers as one',
      { body: { did: 'did:web:entry.example.com', availableUserDomains: [] } },
      'https://entry.example.com',
    ],
    ['is no server of the network', { status: 404 }, 'https://pds.example.com'],
  ] as [string, Reply, string][])('that a server names is believed in when it %s', async (_, reply, expected) => {
    replies[directory] = document('https://pds.example.com')
    replies[resource] = { body: { authorization_servers: ['https://entry.example.com'] } }
    replies['entry.example.com/xrpc/com.atproto.server.describeServer'] = reply
    expect(await newLookup().whereToSignIn(ask(did))).toBe(expected)
  })
})

describe('the time that a look takes', () => {
  test('ends with the time of the job, with what was found until then', async () => {
    replies[directory] = 'silence'
    replies[call('sync.getRepoStatus')] = { body: { did, active: true } }
    replies['localhost/xrpc/_health'] = { body: { version: '0.5.35' } }
    const startedAt = performance.now()
    const found = await newLookup().lookup({ ...ask(did), signal: AbortSignal.timeout(1_500) })
    expect(found).toEqual({ did, repoHere: 'active', version: '0.5.35', unavailable: true })
    expect(performance.now() - startedAt).toBeLessThan(6_000)
  })

  test('is bounded even when everything is silent', async () => {
    zone[`_atproto.${handle}`] = 'silence'
    for (const path of [wellKnown, directory, call('repo.describeRepo'), 'localhost/xrpc/_health']) {
      replies[path] = 'silence'
    }
    const identity = newLookup()
    const startedAt = performance.now()
    expect(await identity.lookup(ask())).toEqual({ repoHere: 'unknown', unavailable: true })
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  })

  test('is short after a sign-in that worked', async () => {
    replies[directory] = 'silence'
    const startedAt = performance.now()
    const found = await newLookup().lookupAfterSignIn({ ...ask(did), session: { did } })
    expect(found).toEqual({ unavailable: true })
    expect(performance.now() - startedAt).toBeLessThan(7_000)
  })

  test('a signal that is over already costs nothing', async () => {
    expect(await newLookup().lookup({ ...ask(did), signal: AbortSignal.abort() })).toMatchObject({
      unavailable: true,
    })
    expect(requests).toEqual([])
  })
})

test('a lookup is worth it only where the answer leaves something open', () => {
  const answered = (fields: Partial<Answer & { kind: 'error' }>): Evidence => ({
    ...refused(),
    answer: { ...refusal, ...fields },
  })
  const session = { did, handle, active: true, status: null, scope: 'com.atproto.appPass' }
  const open = [
    refused(),
    answered({ status: 400, error: 'InvalidLogin' }),
    answered({ status: 403, error: 'AccountNotFound' }),
    answered({ status: 403, error: 'AccountMigrated' }),
    answered({ error: 'AccountDeactivated' }),
    answered({ error: 'AuthFactorTokenRequired' }),
    { ...refused(), answer: { kind: 'ok', status: 200 }, session: { ...session, active: false } } as Evidence,
  ]
  const told = [
    answered({ status: 429, error: 'RateLimitExceeded' }),
    answered({ status: 500, error: 'InternalServerError' }),
    answered({ error: 'AccountTakedown' }),
    { ...refused(), answer: { kind: 'fault', fault: { reason: 'timeout', detail: '' } } } as Evidence,
    { ...refused(), answer: { kind: 'ok', status: 200 }, session } as Evidence,
    refused({ did }),
  ]
  const isLookedUp = (seen: Evidence) => lookupFor(seen, diagnose(seen), undefined) === 'always'
  expect(open.map(isLookedUp)).toEqual(open.map(() => true))
  expect(told.map(isLookedUp)).toEqual(told.map(() => false))
})

describe('what a server was told in confidence', () => {
  test('is no address that is asked for, and comes into no log, when it writes it into its records', async () => {
    const secret = 'abcd-efgh-ijkl-mnop'
    replies[directory] = document(`https://${secret}.internal`)
    const identity = newLookup({}, { guarded: true })
    await identity.lookup({ ...ask(did), secrets: [secret] })
    expect(requests.join()).not.toContain(secret)
    expect(log.lines.join()).not.toContain(secret)
    // Without knowing what is a secret, the guard names whom it refuses.
    await identity.lookup(ask(did))
    expect(log.lines.join()).toContain(secret)
  })
})

describe('after a sign-in at what may be an entryway', () => {
  const session = { did, handle, active: true, status: null, scope: 'com.atproto.appPass' }
  const signedIn = (identity: Identity): Evidence => ({
    step: 'connect',
    serviceUrl: origin,
    call: 'createSession',
    answer: { kind: 'ok', status: 200 },
    session,
    identity,
  })

  test.each<[string, Reply, string]>([
    ['names no entryway', { status: 404 }, 'account_moved'],
    ['does not answer', 'reset', 'signed_in'],
    ['has a fault', { status: 503 }, 'signed_in'],
  ])('an account whose server %s', async (_, reply, code) => {
    const url = new URL(origin)
    url.hostname = 'pds.example.com'
    replies[directory] = document(url.origin)
    replies['pds.example.com/.well-known/oauth-protected-resource'] = reply
    const found = await newLookup().lookupAfterSignIn({ ...ask(did), knownDid: did, session })
    expect(diagnose(signedIn(found))).toBe(code)
  })
})
