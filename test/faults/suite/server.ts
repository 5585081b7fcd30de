// An AT Protocol server with many accounts, some of them in trouble, that remembers what came of each: the other half of the fault suite's books.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutcomeCode } from '../../../src/outcomes/catalogue.ts'
import { kinds } from '../../helpers/scripted-kinds.ts'
import { nothing, ok, xrpc, type Reply } from '../../helpers/scripted-replies.ts'

/** What has to become of an account of each kind, whatever happens meanwhile. */
export const ends = {
  good: 'connected',
  slow: 'connected',
  limited: 'connected',
  wrong: 'bad_credentials',
  suspended: 'account_suspended',
} as const satisfies Record<string, OutcomeCode>
export type AccountKind = keyof typeof ends

/** In twelve connects as in twelve hundred. */
const MIX: AccountKind[] = ['good', 'good', 'wrong', 'good', 'slow', 'good', 'suspended', 'good', 'limited', 'good']
const SLOW_MS = 2_000
const LIMITED_MS = 2_000
/** From an answer to the write that notes it, on the busiest machine. */
const UNNOTED_MS = 10_000

export interface Account {
  did: string
  kind: AccountKind
  /** how often the server opened a session */
  signIns: number
  /** refresh tokens of the sessions that are open and that somebody was told of, and when */
  sessions: Map<string, number>
  /** sessions that were opened for somebody who was gone by then: nobody can end them */
  unheard: number
  /** those among the sessions of which whoever was told may have been killed before it could note them */
  unnoted: Set<string>
  /** kills while its connect was posted, and from its first sign-in on, until something was done with a session of it */
  hits: number
  isPosted: boolean
  isSigningIn: boolean
  /** records that anybody could see, at any time */
  published: number
}

export interface AccountServer {
  port: number
  accounts: Account[]
  /** every answer takes so much longer */
  delayMs: number
  /** From now on it takes requests and does nothing about them. @returns goes on with all of them */
  hang(): () => void
  /** ends all connections */
  cut(): void
  /** A process was killed: what it was told and had not noted is lost. @param noted sessions that are in the database, by DID */
  noteKill(noted: (dids: string[]) => Promise<Map<string, number>>): Promise<void>
  close(): Promise<void>
}

const reference = kinds.reference
const LETTERS = 'abcdefghij'

const didOf = (number: number) =>
  `did:plc:${Array.from(String(number))
    .map((digit) => LETTERS[Number(digit)])
    .join('')
    .padEnd(24, '2')}`

/** @param originOf where its accounts are told to live, asked when an answer names it */
export async function startAccountServer(count: number, originOf: () => string): Promise<AccountServer> {
  const accounts = Array.from({ length: count }, (_, number): Account => {
    const kind = MIX[number % MIX.length] ?? 'good'
    const counts = { signIns: 0, unheard: 0, hits: 0, published: 0 }
    const states = { isPosted: false, isSigningIn: false }
    return { did: didOf(number), kind, ...counts, ...states, sessions: new Map(), unnoted: new Set() }
  })
  const byDid = new Map(accounts.map((account) => [account.did, account]))
  const limited = new Map<Account, number>()
  let hanging: Promise<void> | undefined
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response).catch(() => response.destroy())
  }
  const server = createServer(listener)
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const books: AccountServer = {
    port: (server.address() as AddressInfo).port,
    accounts,
    delayMs: 0,
    hang() {
      const { promise, resolve } = Promise.withResolvers<void>()
      hanging = promise
      return () => {
        hanging = undefined
        resolve()
      }
    },
    cut: () => server.closeAllConnections(),
    async noteKill(noted) {
      const now = Date.now()
      for (const account of accounts) if (account.isPosted || account.isSigningIn) account.hits++
      const fresh = accounts
        .map((account) => ({ account, tokens: [...account.sessions] }))
        .filter(({ tokens }) => tokens.some(([, openedAt]) => now - openedAt < UNNOTED_MS))
      const counts = await noted(fresh.map(({ account }) => account.did))
      for (const { account, tokens } of fresh) {
        for (const [token] of tokens.slice(counts.get(account.did) ?? 0)) account.unnoted.add(token)
      }
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = readBody(chunks)
    if (books.delayMs > 0) await sleep(books.delayMs)
    await hanging
    const call = pathname.split('.').at(-1)?.replace('/xrpc/', '') ?? ''
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    if (pathname.startsWith('/did:plc:')) return send(response, document(pathname.slice(1)))
    if (call === 'createSession') return send(response, await signIn(byDid.get(String(body['identifier'])), response))
    if (call === 'getRepoStatus') return send(response, repoStatus(byDid.get(searchParams.get('did') ?? '')))
    if (call === 'describeServer') return send(response, ok({ did: 'did:web:faults.test', availableUserDomains: [] }))
    if (call === '_health') return send(response, ok({ version: reference.version }))
    return send(response, inSession(call, token, body))
  }

  function document(did: string): Reply {
    if (!byDid.has(did)) return { status: 404, json: { message: `DID not registered: ${did}` } }
    const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: originOf() }]
    return ok({ id: did, alsoKnownAs: [], service })
  }

  async function signIn(account: Account | undefined, response: ServerResponse): Promise<Reply> {
    if (!account || account.kind === 'wrong') return refusal('wrongPassword')
    account.isSigningIn = true
    if (account.kind === 'suspended') return refusal('suspended')
    if (account.kind === 'slow') await sleep(SLOW_MS)
    if (account.kind === 'limited') {
      const until = limited.get(account) ?? Date.now() + LIMITED_MS
      limited.set(account, until)
      const reset = { 'ratelimit-remaining': '0', 'ratelimit-reset': String(Math.ceil(until / 1000)) }
      const { headers, ...reply } = refusal('rateLimited')
      if (Date.now() < until) return { ...reply, headers: { ...headers, ...reset } }
    }
    account.signIns++
    const refresh = tokenOf(account, 'com.atproto.refresh')
    if (response.destroyed) account.unheard++
    else account.sessions.set(refresh, Date.now())
    const accessJwt = tokenOf(account, 'com.atproto.appPass')
    return ok({ accessJwt, refreshJwt: refresh, handle: 'handle.invalid', did: account.did, ...reference.session })
  }

  function repoStatus(account: Account | undefined): Reply {
    if (!account) return xrpc(400, 'RepoNotFound', 'Could not find repo')
    const { did, kind } = account
    return ok(kind === 'suspended' ? { did, active: false, status: 'suspended' } : { did, active: true })
  }

  function inSession(call: string, token: string, body: Record<string, unknown>): Reply {
    const account = byDid.get(subjectOf(token))
    if (!account) return refusal('invalidSession')
    if (call === 'deleteSession') {
      account.sessions.delete(token)
      return nothing(200)
    }
    if (account.sessions.size === 0) return refusal('expiredSession')
    account.isSigningIn = false
    if (call === 'getSession') return ok({ did: account.did, handle: 'handle.invalid', ...reference.session })
    if (call === 'deleteRecord') return reference.removal.nothing
    if (call !== 'createRecord') return xrpc(501, 'MethodNotImplemented', 'Method Not Implemented')
    if (body['swapCommit'] !== undefined && reference.swap !== 'ignored') return reference.swap
    account.published++
    return ok({
      uri: `at://${account.did}/app.bsky.feed.post/a`,
      cid: 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm',
    })
  }

  return books
}

function refusal(name: 'wrongPassword' | 'suspended' | 'rateLimited' | 'invalidSession' | 'expiredSession'): Reply {
  const reply = reference.says[name]
  if (!reply) throw new Error(`the reference server has no answer for ${name}`)
  return reply
}

/** It can be read and proves nothing. */
function tokenOf({ did }: Account, scope: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 86_400
  return `${part({ typ: 'at+jwt', alg: 'none' })}.${part({ sub: did, scope, jti: crypto.randomUUID(), exp })}.unsigned`
}

function subjectOf(token: string): string {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub
  } catch {
    return ''
  }
}

function readBody(chunks: Buffer[]): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}

function send(response: ServerResponse, { status, json, text, headers = {} }: Reply): void {
  response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers })
  response.end(json === undefined ? text : JSON.stringify(json))
}
