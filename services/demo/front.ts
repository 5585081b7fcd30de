// Stands in front of the demo's first PDS and, for a few of its accounts, says what no real server can be made to say at will.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** null cuts the connection, as a server does that goes down. */
type Reply = { status: number; body: object | string; headers?: Record<string, string> } | null
/** Leaves it to the PDS, but hides the commit on which a write depends, as if the server did not know of it. */
const WRITE_ANYWAY = 'write anyway'
/** What is said; undefined leaves it to the PDS. */
type Said = Reply | typeof WRITE_ANYWAY | undefined
type Script = (at: number) => Said

/** What the front has to know of the accounts of the PDS, and do to them. */
type Accounts = {
  /** whose repository a DID is */
  handleOf: (did: string) => Promise<string | undefined>
  didOf: (handle: string) => Promise<string | undefined>
  rename: (handle: string, to: string) => Promise<unknown>
}

const SHORT_MS = 3_000
/** Over before the first retry of a server that is down, a minute later: faults in a row would put it aside for everyone. */
const DOWN_MS = 55_000
/** Trouble that nobody came back to see the end of begins anew. */
const FORGOTTEN_MS = 300_000
/** More than any sign-in takes; whatever is longer is not looked into. */
const MOST_BYTES = 10_000

const always = (status: number, error: string, message: string, more: object = {}): Script => {
  return () => ({ status, body: { error, message, ...more } })
}

/** Trouble from the first call on; the first call after its end goes through to the PDS, and the next begins it anew. */
const passing = (forMs: number, reply: (endsAt: number, at: number) => Reply): Script => {
  let endsAt = 0
  return (at) => {
    if (at > endsAt + FORGOTTEN_MS) endsAt = at + forMs
    if (at < endsAt) return reply(endsAt, at)
    endsAt = 0
    return undefined
  }
}

/** So many calls get the reply; the next one goes through to the PDS, and the one after that begins it anew. */
const times = (most: number, reply: Reply): Script => {
  let left = most
  return () => {
    if (left-- > 0) return reply
    left = most
    return undefined
  }
}

const rateLimited = (points: number, seconds: number) =>
  passing(SHORT_MS, (endsAt, at) => ({
    status: 429,
    body: { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
    headers: {
      'retry-after': String(Math.ceil((endsAt - at) / 1000)),
      'ratelimit-limit': String(points),
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(Math.ceil(endsAt / 1000)),
      'ratelimit-policy': `${points};w=${seconds}`,
    },
  }))

/** Its tokens open nothing: what is to be seen is told from their scope. */
const signedIn = (handle: string, scope: string): Script => {
  const jwt = ['{}', JSON.stringify({ scope }), ''].map((part) => Buffer.from(part).toString('base64url')).join('.')
  const body = { did: `did:plc:${'a'.repeat(24)}`, handle, active: true, accessJwt: jwt, refreshJwt: jwt }
  return () => ({ status: 200, body })
}

const challenge: Reply = {
  status: 403,
  body: '<!DOCTYPE html><html lang="en"><head><title>Just a moment...</title></head></html>',
  headers: { 'content-type': 'text/html; charset=utf-8', server: 'cloudflare', 'cf-mitigated': 'challenge' },
}

const overloaded: Reply = { status: 503, body: { error: 'NotEnoughResources', message: 'Service Unavailable' } }

// Sources in docs/at-protocol.md: the limits §1.4; the second factor of the entryway and the wordless refusal of a suspended account §1.1;
// the sessions and records that are refused §2.3; the unverified account and the limited app password of Tranquil, the write
// that rsky cannot refuse by name and the one that Cirrus does whatever it depends on §2.4; the queue of the entryway and the
// end of a session §3; the repository's state §4; Bluesky's view of an account that only Bluesky has hidden §7; the challenge
// §8. The account that signs in elsewhere is refused as openfederation does it.
const createScripts = ({ rename }: Accounts) => ({
  signIns: new Map<string, Script>([
    [
      'caterpillar.test',
      () => {
        // After a second seeding it may have the name already.
        setTimeout(() => void rename('caterpillar.test', 'butterfly.test').catch(() => {}), SHORT_MS).unref()
        return undefined
      },
    ],
    ['rate-limited.test', rateLimited(30, 300)],
    ['walled.test', times(2, challenge)],
    ['down.test', passing(DOWN_MS, () => null)],
    ['suspended.test', always(401, 'AuthenticationRequired', 'Invalid identifier or password')],
    [
      'second-factor.test',
      always(401, 'AuthFactorTokenRequired', 'A sign in code has been sent to your email address'),
    ],
    ['unverified.test', always(403, 'account_not_verified', 'Please verify your account before logging in')],
    ['queued.test', signedIn('queued.test', 'com.atproto.signupQueued')],
    ['did:plc:anotherpersonanotherpers', signedIn('somebody-else.test', 'com.atproto.appPass')],
    ['no-app-passwords.test', always(400, 'ExternalAccount', 'This account uses ATProto OAuth')],
    ['unheard-of.test', always(400, 'NotOnSundays', 'Please come back tomorrow')],
  ]),
  calls: new Map<string, Map<string, Script>>([
    ['com.atproto.sync.getRepoStatus', new Map([['suspended.test', () => suspendedRepo]])],
    [
      'com.atproto.server.refreshSession',
      new Map([['session-ended.test', always(400, 'ExpiredToken', 'Token has been revoked')]]),
    ],
    [
      'app.bsky.actor.getProfile',
      new Map([['hidden.test', always(400, 'AccountTakedown', 'Account has been suspended')]]),
    ],
    [
      'com.atproto.repo.deleteRecord',
      new Map([
        ['may-not-post.test', mayNot('delete')],
        ['writes-limited.test', rateLimited(5000, 3600)],
        ['crowded.test', rateLimited(3000, 300)],
        ['overloaded.test', passing(SHORT_MS, () => overloaded)],
        ['no-posts.test', always(501, 'MethodNotImplemented', 'Method Not Implemented')],
        ['session-refused.test', always(400, 'InvalidToken', 'Token could not be verified')],
        ['session-ended.test', always(400, 'ExpiredToken', 'Token has expired')],
      ]),
    ],
    [
      'com.atproto.repo.createRecord',
      new Map<string, Script>([
        ['may-not-post.test', mayNot('create')],
        ['other-software.test', always(500, 'InternalServerError', 'Something went wrong')],
        ['record-refused.test', always(400, 'InvalidRequest', 'Invalid app.bsky.feed.post record')],
        ['writes-anyway.test', () => WRITE_ANYWAY],
      ]),
    ],
  ]),
})

/** Handles that still lead to the account that had them, as a name of somebody's own domain may. */
const formerHandles = new Map([['renamed.test', 'renamed-since.test']])

const suspendedRepo: Reply = { status: 200, body: { active: false, status: 'suspended' } }

const mayNot = (action: string) =>
  always(403, 'InsufficientScope', `Insufficient scope to ${action} records in app.bsky.feed.post`)

// The seeding signs in with main passwords, and has to get through.
const appPasswordShape = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/

/** Hands everything that no script is for to the PDS, untouched. */
export const withDemoFront = (pds: RequestListener, accounts: Accounts): RequestListener => {
  const { signIns, calls } = createScripts(accounts)

  const replyTo = async (request: IncomingMessage): Promise<{ reply: Said; did?: string | undefined }> => {
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    const method = url?.pathname.replace(/^\/xrpc\//, '') ?? ''
    if (method === 'com.atproto.server.createSession') {
      const { identifier, password } = await readAhead(request)
      if (typeof identifier !== 'string' || !appPasswordShape.test(String(password))) return { reply: undefined }
      return { reply: signIns.get(identifier.toLowerCase())?.(Date.now()) }
    }
    const since = method.endsWith('.resolveHandle') && formerHandles.get(url?.searchParams.get('handle') ?? '')
    const leadsTo = since ? await accounts.didOf(since) : undefined
    if (leadsTo) return { reply: { status: 200, body: {} }, did: leadsTo }
    const scripts = calls.get(method)
    const did = scripts && (url?.searchParams.get('did') ?? url?.searchParams.get('actor') ?? bearerOf(request))
    if (!did) return { reply: undefined }
    const handle = await accounts.handleOf(did)
    return { reply: handle === undefined ? undefined : scripts.get(handle)?.(Date.now()), did }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { reply, did } = await replyTo(request)
    if (reply === WRITE_ANYWAY) await readAhead(request, forgetCommit)
    if (reply === undefined || reply === WRITE_ANYWAY) pds(request, response)
    else send(request, response, reply, did)
  }

  return (request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  }
}

const send = (request: IncomingMessage, response: ServerResponse, reply: Reply, did: string | undefined) => {
  if (!reply) return void request.socket.destroy()
  const { status, body, headers } = reply
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  if (typeof body === 'string') return void response.end(body)
  response.end(JSON.stringify(status === 200 ? { did, ...body } : body))
}

/** As long as before. */
const forgetCommit = (body: Buffer) => Buffer.from(body.toString().replace('"swapCommit"', '"notCommits"'))

/** The account that an access token is for. The token is not proved: it decides about nothing but a refusal. */
const bearerOf = (request: IncomingMessage): string | undefined => {
  const claims = request.headers.authorization?.split('.')[1]
  const { sub } = parse(Buffer.from(claims ?? '', 'base64url'))
  return typeof sub === 'string' ? sub : undefined
}

/** The fields of a small JSON body, which is left in the request for the one who handles it. */
const readAhead = (request: IncomingMessage, change = (body: Buffer) => body): Promise<Record<string, unknown>> => {
  const length = Number(request.headers['content-length'])
  if (!(length > 0 && length <= MOST_BYTES)) return Promise.resolve({})
  return new Promise((resolve, reject) => {
    let body = Buffer.alloc(0)
    const read = () => {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) body = Buffer.concat([body, chunk])
      if (body.length < length) return
      request.off('readable', read).off('close', reject)
      request.unshift(change(body))
      resolve(parse(body))
    }
    request.on('readable', read).once('close', reject)
  })
}

const parse = (text: Buffer): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text.toString())) as Record<string, unknown>
  } catch {
    return {}
  }
}
