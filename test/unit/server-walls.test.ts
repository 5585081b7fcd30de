// What stands in front of a server and keeps us out is told as that: never as the user's spelling, nor as another kind of server.
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { presentChannel, presentConnection } from '../../src/api/present.ts'
import { endSession, signIn } from '../../src/bluesky/session.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { diagnose, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { limitOf, namesSeen, type Answer, type Evidence } from '../../src/outcomes/evidence.ts'
import { addressKinds, answerSeen, reasons } from '../../src/outcomes/reasons.ts'
import { forUsers } from '../../src/outcomes/words.ts'
import { deOutcomes } from '../../src/outcomes/de.ts'
import { isUp } from '../../workers/gate/told.ts'
import { comesTo, connectOnce, expected, type Expected } from '../helpers/connect-once.ts'
import { optionsWith } from '../helpers/options.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const password = 'abcd-efgh-ijkl-mnop'
let http: Http
beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, deadlineMs: 5_000, log: { warn: () => {} } })
})
afterAll(() => http.close())

/** A server that answers everything the same way. */
async function answering<T>(answer: RequestListener, use: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const replies =
  (status: number, headers: Record<string, string>, body = ''): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

const html = { 'content-type': 'text/html; charset=utf-8' }
const json = { 'content-type': 'application/json' }
const pageOf = (title: string, more = '') => `<!DOCTYPE html><html><head><title>${title}</title></head>${more}</html>`

const target = (serviceUrl: string) => ({ http, serviceUrl, signal: AbortSignal.timeout(5_000) })

/** The evidence of a sign-in. */
async function signInAt(serviceUrl: string): Promise<Evidence> {
  const { answer } = await signIn(target(serviceUrl), 'alice.test', password)
  return { step: 'connect', serviceUrl, call: 'createSession', answer }
}

/** What a protection answers, and what an administrator is told of it. */
const walls: [what: string, RequestListener, told: { reason: string; product?: string }][] = [
  [
    'a challenge of Cloudflare',
    replies(403, { ...html, server: 'cloudflare', 'cf-mitigated': 'challenge' }, pageOf('Just a moment...')),
    { reason: 'challenge', product: 'Cloudflare' },
  ],
  [
    'a block of Cloudflare',
    replies(403, { ...html, server: 'cloudflare' }, pageOf('Attention Required! | Cloudflare')),
    { reason: 'forbidden', product: 'Cloudflare' },
  ],
  [
    'a block of Cloudflare in JSON',
    replies(403, { 'content-type': 'application/problem+json', server: 'cloudflare' }, '{"status":403,"title":"1020"}'),
    { reason: 'forbidden', product: 'Cloudflare' },
  ],
  [
    'an older challenge of Cloudflare, under attack',
    replies(
      503,
      { ...html, server: 'cloudflare' },
      pageOf('', '<script src="/cdn-cgi/challenge-platform/h/b"></script>'),
    ),
    { reason: 'challenge', product: 'Cloudflare' },
  ],
  [
    'a silent challenge of AWS WAF',
    replies(202, { 'x-amzn-waf-action': 'challenge' }),
    { reason: 'challenge', product: 'AWS WAF' },
  ],
  [
    'a captcha of AWS WAF',
    replies(405, { ...html, 'x-amzn-waf-action': 'captcha' }, pageOf('Human Verification')),
    { reason: 'challenge', product: 'AWS WAF' },
  ],
  [
    'a checkpoint of Vercel, as a limit',
    replies(
      429,
      { ...html, server: 'Vercel', 'x-vercel-mitigated': 'challenge' },
      pageOf('Vercel Security Checkpoint'),
    ),
    { reason: 'challenge', product: 'Vercel' },
  ],
  [
    'a proof of work of Anubis, as a success',
    replies(
      200,
      html,
      pageOf('Making sure you&#39;re not a bot!', '<script src="/.within.website/x/cmd/anubis/static/js/main.mjs">'),
    ),
    { reason: 'challenge', product: 'Anubis' },
  ],
  [
    'a page of Imperva, as a success',
    replies(200, html, pageOf('', '<iframe src="/_Incapsula_Resource?SWUDNSAI=31">')),
    { reason: 'challenge', product: 'Imperva' },
  ],
  [
    'a captcha of DataDome, in JSON',
    replies(403, { ...json, 'x-datadome': 'protected' }, '{"url":"https://geo.captcha-delivery.com/captcha/"}'),
    { reason: 'challenge', product: 'DataDome' },
  ],
  [
    'Akamai',
    replies(403, { ...html, server: 'AkamaiGHost' }, pageOf('Access Denied')),
    { reason: 'forbidden', product: 'Akamai' },
  ],
  [
    'ModSecurity',
    replies(406, { ...html, server: 'Apache' }, pageOf('Not Acceptable!')),
    { reason: 'forbidden', product: 'Apache' },
  ],
  ['a web server that says no, without a word', replies(403, {}), { reason: 'forbidden' }],
  ['legal reasons', replies(451, html, pageOf('Unavailable For Legal Reasons')), { reason: 'legal' }],
  [
    'a sign-in of nginx',
    replies(
      401,
      { ...html, server: 'nginx', 'www-authenticate': 'Basic realm="staff"' },
      pageOf('401 Authorization Required'),
    ),
    { reason: 'sign_in', product: 'nginx' },
  ],
  [
    'a sign-in of Caddy, without a word',
    replies(401, { server: 'Caddy', 'www-authenticate': 'Basic realm="restricted"' }),
    { reason: 'sign_in', product: 'Caddy' },
  ],
  ['a page that says 401', replies(401, html, pageOf('Please sign in')), { reason: 'sign_in' }],
  [
    'a page of its own',
    replies(302, { location: '/maintenance?at=%2Fxrpc%2Fcom.atproto.server.createSession' }),
    { reason: 'detour' },
  ],
  [
    'a sign-in of Cloudflare Access',
    replies(302, { location: 'https://team.cloudflareaccess.com/cdn-cgi/access/login/x' }),
    { reason: 'sign_in' },
  ],
]

describe('a wall in front of the server is its administrator’s matter and tried again', () => {
  it.concurrent.each(walls)('%s', async (_, answer, told) => {
    await answering(answer, async (origin) => {
      const seen = await signInAt(origin)
      expect(comesTo({ code: diagnose(seen), limit: null })).toEqual(expected('server_protected'))
      expect(namesSeen(seen, 'alice.test')).toMatchObject(told)
      expect(namesSeen(seen, 'alice.test').product).toBe(told.product)
    })
  })

  it.concurrent.each(walls)('named by the account, whoever runs that server: %s', async (_, answer) => {
    await answering(answer, async (origin) => {
      const code = diagnose({ ...(await signInAt(origin)), namedByAccount: true })
      expect(comesTo({ code, limit: null })).toEqual(expected('account_server_protected'))
    })
  })

  it.concurrent.each(walls)('is none of an ended session: %s', async (_, answer) => {
    await answering(answer, async (serviceUrl) => {
      const session = { did: 'did:plc:a' as const, accessJwt: 'a.b.c', refreshJwt: 'd.e.f' }
      const ended = await endSession(target(serviceUrl), session)
      const seen = { step: 'disconnect', serviceUrl, call: 'deleteSession', answer: ended.answer } as const
      expect(diagnose(seen)).toBe('server_protected')
    })
  })

  it.concurrent.each(walls)('stands until the trial gets through: %s', async (_, answer) => {
    await answering(answer, async (origin) => {
      expect(await isUp(http, origin, 5_000, 'server_protected')).toBe(false)
    })
  })
})

describe('what is no wall stays what it is', () => {
  it.concurrent.each<[string, RequestListener, Expected]>([
    ['a web page', replies(200, html, pageOf('My blog')), 'not_a_pds'],
    ['a web page that is not there', replies(404, html, pageOf('Not found')), 'not_a_pds'],
    ['a web page that takes no posts', replies(405, html, pageOf('Not allowed')), 'not_a_pds'],
    ['another API', replies(404, json, '{"error":"Not Found","statusCode":404}'), 'not_a_pds'],
    ['an address that leads elsewhere', replies(301, { location: 'https://pds.example/xrpc/' }), 'not_a_pds'],
    ['a page closed for maintenance', replies(503, html, pageOf('Down for maintenance')), 'pds_error'],
    ['maintenance as a success', replies(200, html, pageOf('Site under maintenance')), 'pds_error'],
    [
      'an origin that Cloudflare does not reach',
      replies(521, { ...html, server: 'cloudflare' }, pageOf('521')),
      'pds_error',
    ],
    ['a limit of Cloudflare', replies(429, { ...html, server: 'cloudflare' }, pageOf('1015')), 'ip_rate_limited'],
    ['a refusal in plain text, of millipds', replies(401, { 'content-type': 'text/plain' }, 'nope'), 'bad_credentials'],
    ['a refusal without a word, of bluepds', replies(401, {}), 'bad_credentials'],
    [
      'a refusal by name that passed through Cloudflare',
      replies(401, { ...json, server: 'cloudflare' }, '{"error":"AuthenticationRequired","message":"Invalid"}'),
      'bad_credentials',
    ],
    [
      'a refusal by name with 403',
      replies(403, { ...json, server: 'cloudflare' }, '{"error":"AccountTakedown","message":"gone"}'),
      'account_taken_down',
    ],
  ])('%s', async (_, answer, code) => {
    await answering(answer, async (serviceUrl) => {
      expect(comesTo(await connectOnce({ http, serviceUrl }))).toEqual(expected(code))
    })
  })

  it('an answer in JSON that speaks of protections', async () => {
    const body = JSON.stringify({ error: 'InvalidRequest', message: 'see https://challenges.cloudflare.com' })
    await answering(replies(400, json, body), async (origin) => {
      expect(namesSeen(await signInAt(origin), 'alice.test')).toEqual({})
    })
  })

  it('the trial of a server that was down believes one that answers, though something stands in front of it', async () => {
    await answering(replies(403, html, pageOf('no')), async (origin) => {
      expect(await isUp(http, origin, 5_000, 'pds_unreachable')).toBe(true)
    })
  })
})

describe('Retry-After', () => {
  const waitOf = (answer: RequestListener) =>
    answering(answer, async (origin) => {
      const seen = await signInAt(origin)
      return comesTo({ code: diagnose(seen), limit: limitOf(seen) }).waitSeconds
    })

  it.each([
    ['of maintenance', replies(503, { ...html, 'retry-after': '1800' }, pageOf('Back soon'))],
    ['of an overloaded server', replies(503, { ...json, 'retry-after': '1800' }, '{"error":"NotEnoughResources"}')],
    ['of a wall', replies(403, { ...html, 'retry-after': '1800' }, pageOf('no'))],
  ])('counts: %s', async (_, answer) => {
    expect(await waitOf(answer)).toBe(1800)
  })

  it('is not waited for where it makes no sense', async () => {
    expect(await waitOf(replies(503, { ...html, 'retry-after': '9'.repeat(20) }, ''))).toBe(60)
  })
})

describe('where a redirect leads', () => {
  const toldOf = (location: string) =>
    answering(replies(308, { location }), async (origin) => namesSeen(await signInAt(origin), 'alice.test'))

  it.each([
    ['https://pds.example/xrpc/x?token=s3cret#y', 'https://pds.example'],
    ['http://pds.example:8080/', 'http://pds.example:8080'],
    ['//pds.example/xrpc', 'http://pds.example'],
    ['https://user:pw@pds.example/', 'https://pds.example'],
  ])('is named to the administrator, as an origin alone: %s', async (location, origin) => {
    expect(await toldOf(location)).toEqual({ reason: 'redirect', target: origin })
  })

  it.each([
    ['what cannot be read', 'https://'],
    ['another scheme', 'mailto:admin@pds.example'],
    ['the password', `https://${password}.pds.example/`],
    ['the password without its dashes', `https://${password.replaceAll('-', '')}.example/`],
    ['the password in hex', `https://x${Buffer.from(password).toString('hex')}.example/`],
    ['a name without an end', `https://${'a.'.repeat(110)}example/`],
  ])('is not named where it is %s', async (_, location) => {
    expect(await toldOf(location)).toEqual({ reason: 'redirect_unnamed' })
  })

  it('is not named after the sign-in, when the server knows what we no longer do', async () => {
    await answering(replies(308, { location: 'https://pds.example/' }), async (serviceUrl) => {
      const { answer } = await signIn(target(serviceUrl), 'alice.test', password)
      const seen: Evidence = { step: 'verify', serviceUrl, call: 'deleteRecord', answer }
      expect(namesSeen(seen, 'alice.test')).toEqual({ reason: 'redirect_unnamed' })
    })
  })

  it('is not named where it looks like an app password, whosever', async () => {
    expect(await toldOf('https://mnop-2345-abcd-efgh.example/')).toEqual({ reason: 'redirect_unnamed' })
  })

  it('stands in what the administrator reads, and nowhere in what the user does', async () => {
    const params = { server: 'https://old.example', ...(await toldOf('https://new.example/')) }
    const channel = storedChannel('not_a_pds', new Date(), {
      outcome: { code: 'not_a_pds', step: 'connect', params, at: new Date() },
    })
    expect(presentConnection(channel, { emails: new Map(), options: optionsWith() }).adminFix).toContain(
      'probably meant: new.example.',
    )
    expect(JSON.stringify(presentChannel(channel))).not.toContain('new.example')
  })
})

describe('what was seen', () => {
  const anyFront = fc.record({
    page: fc.boolean(),
    says: fc.constantFrom('challenge', 'sign_in', 'maintenance', null),
    product: fc.constantFrom('nginx', null),
  })
  const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
    fc.record({ kind: fc.constant('ok'), status: fc.nat(299) }),
    fc.record({
      kind: fc.constant('error'),
      status: fc.integer({ min: 300, max: 599 }),
      error: fc.string(),
      message: fc.string(),
      xrpc: fc.boolean(),
      limit: fc.constant(null),
      front: anyFront,
    }),
    fc.record({ kind: fc.constant('invalid'), status: fc.nat(299), detail: fc.string(), front: anyFront }),
    fc.record({
      kind: fc.constant('fault'),
      fault: fc.record({
        reason: fc.oneof(fc.constantFrom('blocked', 'redirect', 'timeout'), fc.string()),
        detail: fc.oneof(fc.constantFrom('address private', 'address 6to4', 'port 80', 'scheme ftp:'), fc.string()),
      }),
    }),
  ) as fc.Arbitrary<Answer>

  it('is said in words that we know, whatever a server sends', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const { reason, address } = answerSeen({ answer, serviceUrl: 'https://pds.example' })
        if (reason) expect(reasons).toContain(reason)
        if (address) expect(addressKinds).toContain(address)
      }),
    )
  })

  it('is for administrators alone', () => {
    expect(
      forUsers({ server: 'https://a.example', reason: 'address', address: 'private', target: 'x', product: 'y' }),
    ).toEqual({
      server: 'https://a.example',
    })
  })

  it.each([
    'server_protected',
    'server_certificate',
    'pds_address_blocked',
    'pds_unreachable',
    'pds_error',
    'not_a_pds',
  ] as OutcomeCode[])('%s: no text speaks of it before the administrator', (code) => {
    const params = { server: 'https://a.example', reason: 'resolved_to', address: 'private', product: 'Cloudflare' }
    const channel = storedChannel(code, new Date(), { outcome: { code, step: 'connect', params, at: new Date() } })
    expect(JSON.stringify(presentChannel(channel))).not.toMatch(/10\.…|private|Cloudflare|name server/)
    const { title, cause, fix, adminFix } = deOutcomes[code]
    expect(`${title} ${cause} ${fix}`).not.toMatch(/\{(reason|address|target|product)\}/)
    expect(adminFix).toContain('{reason}')
    expect(presentConnection(channel, { emails: new Map(), options: optionsWith() }).adminFix).toContain(
      'the name server of this machine answers with a private',
    )
  })
})
