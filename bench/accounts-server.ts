// A server for measurements, in a process of its own: everybody has an account on it and can post, and it is the directory of them too.
//   node bench/accounts-server.ts [milliseconds that a sign-in takes]; started by `startAccountsServer`
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './program.ts'

export type AccountsServer = Awaited<ReturnType<typeof startAccountsServer>>

export async function startAccountsServer(signInMs: number) {
  const child = fork(import.meta.filename, [String(signInMs)])
  const [origin] = (await once(child, 'message')) as [string]
  return {
    origin,
    /** so that a program goes there for everything, and its processes are the limit */
    env: {
      BLUESKY_SERVICE_URL: origin,
      PLC_DIRECTORY_URL: origin,
      HANDLE_RESOLVER_URL: origin,
      PDS_DISCOVERY: 'refuse',
      SIGN_IN_BUDGETS: 'identity=9999999/1,server=9999999/1,other=9999999/1',
    },
    /** identities that began to sign in, one for each time */
    signIns: async () => (await (await fetch(`${origin}/sign-ins`)).json()) as string[],
    stop: () => child.disconnect(),
  }
}

/** The identity of the account with that number. */
export function didOf(number: number): string {
  const digits = Array.from(String(number), (digit) => 'abcdefghij'[Number(digit)])
  return `did:plc:${digits.join('').padEnd(24, '2')}`
}

async function serve(signInMs: number) {
  const server = createServer((request, response) => void answer(request, response, { origin, signInMs }))
  const origin = `http://localhost:${await listen(server)}`
  process.once('disconnect', () => process.exit())
  process.send?.(origin)
}

const signIns: string[] = []

interface Settings {
  origin: string
  signInMs: number
}

async function answer(request: IncomingMessage, response: ServerResponse, { origin, signInMs }: Settings) {
  const { pathname, searchParams } = new URL(request.url ?? '/', origin)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const send = (body: object, status = 200) => {
    response.statusCode = status
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }
  if (pathname.endsWith('.createSession')) {
    const { identifier: did } = JSON.parse(Buffer.concat(chunks).toString()) as { identifier: string }
    signIns.push(did)
    if (signInMs > 0) await sleep(signInMs)
    const [accessJwt, refreshJwt] = ['com.atproto.appPass', 'com.atproto.refresh'].map((scope) => token(scope, did))
    return send({ did, handle: 'handle.invalid', accessJwt, refreshJwt, active: true, didDoc: documentOf(did, origin) })
  }
  if (pathname.endsWith('.describeServer'))
    return send({ did: 'did:web:accounts.test', availableUserDomains: ['.accounts.test'] })
  // One that is asked to write: the test post is a part of the proof.
  if (pathname === '/xrpc/_health') return send({ version: '0.4.0' })
  if (pathname.endsWith('.createRecord')) return send({ error: 'InvalidSwap', message: 'Commit was at another' }, 400)
  if (pathname.endsWith('.getRecord')) return send({ error: 'RecordNotFound', message: 'Could not locate record' }, 400)
  if (pathname.endsWith('.getProfile')) return send({ did: searchParams.get('actor'), handle: 'handle.invalid' })
  if (pathname === '/sign-ins') return send(signIns)
  if (pathname.startsWith('/did:plc:')) return send(documentOf(pathname.slice(1), origin))
  return send({})
}

function documentOf(did: string, origin: string) {
  const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }]
  return { id: did, alsoKnownAs: [], service }
}

/** It can be read and proves nothing. */
function token(scope: string, sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const lasts = Math.floor(Date.now() / 1000) + 86_400
  return `${part({ typ: 'at+jwt', alg: 'none' })}.${part({ sub, scope, jti: randomUUID(), exp: lasts })}.unsigned`
}

if (import.meta.main) await serve(Number(process.argv[2] ?? 0))
