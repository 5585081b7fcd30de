// A server on loopback that answers as other implementations do, in whatever situation or with whatever fault a script says.

import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { faults, type FaultName } from './scripted-faults.ts'
import { kinds, type KindName } from './scripted-kinds.ts'
import { nothing, ok, words, xrpc, type Kind, type Refusal, type Reply, type Situation } from './scripted-replies.ts'

export interface FaultRule {
  fault: FaultName
  /** the last part of a method's name; absent: all */
  call?: string
  /** not the first so many of those requests */
  after?: number
  /** no more often than this */
  times?: number
}

export interface Script {
  kind?: KindName
  situation?: Situation
  faults?: FaultRule[]
  /** what `_health` says instead; null: nothing */
  version?: string | null
  /** what it does with a `swapCommit` instead */
  swap?: Kind['swap']
  /** it gives every new record a key of its own */
  ownKeys?: boolean
  /** headers of a 429 */
  limit?: Record<string, string>
  /** when its refresh tokens end; absent: in 90 days */
  refreshEndsAt?: Date
  /** instead of the kind's scope */
  scope?: string | null
  account?: Partial<Account>
  /** as Bluesky's own view of the account, which it shows otherwise */
  bluesky?: 'hides' | 'knows not'
  /** what it calls itself, a name of its own otherwise */
  name?: string
  /** what `getRepoStatus` says, where it is not what follows from the situation */
  repoStatus?: string
}

export interface Account {
  did: string
  handle: string
  /** origin that the DID document of a session names */
  pdsUrl: string | null
}

export interface ScriptedServer {
  origin: string
  /** in the order of arrival; never what was sent in confidence */
  requests: { method: string; path: string; authorization: boolean }[]
  /** `collection/rkey` of what was written and not removed */
  records: Set<string>
  /** how many sessions are open */
  openSessions: () => number
  /** how many records were ever written */
  written: () => number
  /** replaces the script; sessions stay */
  set: (script: Script) => void
  /** lets calls of a method wait, the last part of its name @returns lets them go on */
  hold: (call: string) => () => void
  close: () => Promise<void>
}

export interface Tls {
  key: string
  cert: string
}

const loginRefusals = new Set<string>([
  'wrongPassword',
  'takenDown',
  'suspended',
  'deactivated',
  'unverified',
  'unapproved',
  'external',
  'secondFactor',
  'moved',
  'rateLimited',
])
const writeRefusals = new Set<string>(['takenDownWrite', 'deactivatedWrite', 'scopeMissing', 'wrongRepo'])
const repoStates: Record<string, string> = {
  takenDown: 'takendown',
  takenDownWrite: 'takendown',
  takenDownSession: 'takendown',
  suspended: 'suspended',
  suspendedSession: 'suspended',
  deactivated: 'deactivated',
  deactivatedWrite: 'deactivated',
  inactive: 'deactivated',
}

export async function startScriptedServer(
  script: Script = {},
  { tls, host = '127.0.0.1' }: { tls?: Tls; host?: string } = {},
): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = []
  const records = new Set<string>()
  /** access tokens that are taken, each with the refresh token of its session */
  const fresh = new Map<string, string>()
  const held = new Map<string, Promise<void>>()
  let written = 0
  let sessions = 0
  let current = script
  let hits = new Map<FaultRule, number>()

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response).catch(() => response.destroy())
  }
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener)
  // A test that waits for a connection to be given up shall not wait for the server to do it.
  server.keepAliveTimeout = 60_000
  server.listen(0, host)
  await once(server, 'listening')
  const origin = `${tls ? 'https' : 'http'}://${host}:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', origin).pathname
    const { authorization } = request.headers
    requests.push({ method: request.method ?? '', path, authorization: authorization !== undefined })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const call = path.split('.').at(-1)?.replace('/xrpc/', '') ?? ''
    await held.get(call)
    const proper = () => replyTo(path.replace('/xrpc/', ''), readBody(chunks), authorization?.replace(/^Bearer /, ''))
    const rule = current.faults?.find((one) => (one.call ?? call) === call && hit(one))
    if (rule) faults[rule.fault](response, proper)
    else send(response, proper())
  }

  /** Counts the request for the rule, and tells whether the rule is on. */
  function hit(rule: FaultRule): boolean {
    const { after = 0, times = Infinity } = rule
    const before = hits.get(rule) ?? 0
    hits.set(rule, before + 1)
    return before >= after && before < after + times
  }

  function replyTo(method: string, body: Record<string, unknown>, token: string | undefined): Reply {
    const { situation = 'healthy' } = current
    const kind: Kind = kinds[current.kind ?? 'reference']
    const { did, handle, pdsUrl } = { ...account, ...current.account }
    const say = (refusal: Refusal): Reply => {
      const reply = kind.says[refusal]
      if (!reply) throw new Error(`${current.kind ?? 'reference'} has no answer for ${refusal}`)
      return reply.status === 429 ? { ...reply, headers: { ...reply.headers, ...current.limit } } : reply
    }
    const session = () => {
      const number = ++sessions
      const access = makeToken(scopeOf(kind, current), did, `access${number}`)
      const refresh = makeToken('com.atproto.refresh', did, `refresh${number}`, current.refreshEndsAt ?? inDays(90))
      fresh.set(access, refresh)
      const status = { inactive: 'deactivated', takenDownSession: 'takendown', suspendedSession: 'suspended' }[
        situation as string
      ]
      return ok({
        accessJwt: access,
        refreshJwt: refresh,
        handle,
        did,
        ...kind.session,
        ...(status ? { active: false, status } : {}),
        ...(pdsUrl ? { didDoc: didDocOf(did, handle, pdsUrl) } : {}),
      })
    }
    const refusedToken = (): Reply | null => {
      if (!token || !fresh.has(token) || situation === 'invalidSession') return say('invalidSession')
      return situation === 'expiredSession' || situation === 'revokedSession' ? say('expiredSession') : null
    }
    const end = (): Reply => {
      for (const [access, refresh] of fresh) if (token === access || token === refresh) fresh.delete(access)
      return nothing(200)
    }
    const endSession = (): Reply => {
      if (kind.endsWith === 'none') return nothing(200)
      if (kind.endsWith === null) return xrpc(501, 'MethodNotImplemented', 'deleteSession not implemented')
      // Of a session that it does not know (any more), the refresh token is taken all the same.
      if (kind.endsWith === 'refresh') return token && fresh.has(token) ? say('invalidSession') : end()
      return refusedToken() ?? end()
    }
    const refusedWrite = (): Reply | null => {
      const refusal = refusedToken()
      if (refusal) return refusal
      if (situation === 'accountNotFound') return say('accountNotFound')
      if (situation === 'writeLimited') {
        return { ...xrpc(429, 'RateLimitExceeded', 'Rate Limit Exceeded'), headers: current.limit ?? {} }
      }
      return writeRefusals.has(situation) ? say(situation as Refusal) : null
    }

    switch (method) {
      case 'com.atproto.server.createSession': {
        if (loginRefusals.has(situation)) return say(situation as Refusal)
        // It wants the bare local name, or an e-mail address.
        if (current.kind === 'openfederation' && /^[^@]*[.:]/.test(text(body.identifier))) return say('wrongPassword')
        if (current.kind === 'bluepds' && text(body.identifier).startsWith('did:')) return say('wrongPassword')
        const foundAtSignIn = ['millipds', 'arroba'].includes(current.kind ?? '')
        return situation === 'accountNotFound' && foundAtSignIn ? say('accountNotFound') : session()
      }
      case 'com.atproto.server.refreshSession':
        if (situation === 'revokedSession' || current.kind === 'picopds') return say('revokedSession')
        if (situation === 'expiredSession') current = { ...current, situation: 'healthy' }
        for (const [access, refresh] of fresh) if (token === refresh) fresh.delete(access)
        return session()
      case 'com.atproto.server.deleteSession':
        return endSession()
      case 'com.atproto.server.getSession':
        if (!kind.looks) return xrpc(501, 'MethodNotImplemented', 'Method Not Implemented')
        return refusedToken() ?? ok({ did, handle, ...kind.session })
      case 'com.atproto.repo.deleteRecord': {
        const key = `${text(body.collection)}/${text(body.rkey)}`
        return refusedWrite() ?? (records.delete(key) ? kind.removal.done : kind.removal.nothing)
      }
      case 'com.atproto.repo.createRecord': {
        const refusal = refusedWrite()
        if (refusal) return refusal
        const swap = current.swap ?? kind.swap
        if (body.swapCommit !== undefined && swap !== 'ignored') return swap
        written += 1
        const rkey = current.ownKeys ? `own${written}` : text(body.rkey) || `own${written}`
        records.add(`${text(body.collection)}/${rkey}`)
        return ok({ uri: `at://${did}/${text(body.collection)}/${rkey}`, cid: CID })
      }
      case 'com.atproto.repo.getRecord':
        return xrpc(400, 'RecordNotFound', 'Could not locate record')
      case 'com.atproto.sync.getRepoStatus': {
        if (kind.looks === 'session') return words(404, '404: Not Found')
        if (situation === 'accountNotFound') {
          return kind.notHere ?? xrpc(400, 'RepoNotFound', `Could not find repo for DID: ${did}`)
        }
        const status = current.repoStatus ?? repoStates[situation]
        return ok(status ? { did, active: false, status } : { did, active: true })
      }
      case 'app.bsky.actor.getProfile':
        if (current.bluesky === 'hides') return xrpc(400, 'AccountTakedown', 'Account has been suspended')
        return current.bluesky === 'knows not' ? xrpc(400, 'InvalidRequest', 'Profile not found') : ok({ did, handle })
      case 'com.atproto.server.describeServer':
        return ok({
          did: current.name ?? `did:web:scripted-${new URL(origin).port}.test`,
          availableUserDomains: [current.kind === 'openfederation' ? '.test' : '.scripted.test'],
        })
      case '_health': {
        const version = current.version === undefined ? kind.version : current.version
        return version === null ? words(404, 'Not Found') : ok({ version })
      }
      default:
        return xrpc(501, 'MethodNotImplemented', 'Method Not Implemented')
    }
  }

  return {
    origin,
    requests,
    records,
    openSessions: () => fresh.size,
    written: () => written,
    hold: (call) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held.set(call, promise)
      return () => {
        held.delete(call)
        resolve()
      }
    },
    set: (next) => {
      current = next
      hits = new Map()
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const account: Account = { did: 'did:plc:scripted2222222222222222', handle: 'scripted.test', pdsUrl: null }
const CID = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'

function scopeOf({ scopes }: Kind, { situation, scope }: Script): string | null {
  if (scope !== undefined) return scope
  if (situation === 'mainPassword') return scopes.main
  if (situation === 'dmPassword') return scopes.dm ?? null
  if (situation === 'signupQueue') return 'com.atproto.signupQueued'
  return scopes.app ?? scopes.main
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

/** A token that can be read and proves nothing. */
function makeToken(scope: string | null, did: string, id: string, endsAt = inDays(1)): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [
    part({ typ: 'at+jwt', alg: 'none' }),
    part({ sub: did, jti: id, exp: Math.floor(endsAt.getTime() / 1000), ...(scope ? { scope } : {}) }),
    'unsigned',
  ].join('.')
}

const didDocOf = (did: string, handle: string, pdsUrl: string) => ({
  id: did,
  alsoKnownAs: [`at://${handle}`],
  service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pdsUrl }],
})

const text = (value: unknown) => (typeof value === 'string' ? value : '')

function readBody(chunks: Buffer[]): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}

function send(response: ServerResponse, { status, json, text, headers = {} }: Reply): void {
  const textType = text === undefined ? null : 'text/plain; charset=utf-8'
  const type = json === undefined ? textType : 'application/json'
  response.writeHead(status, { ...(type ? { 'content-type': type } : {}), ...headers })
  response.end(json === undefined ? text : JSON.stringify(json))
}
