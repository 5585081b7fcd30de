// A server on which everybody has an account, and the directory of them. It takes as long for a sign-in as it is told to.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './program.ts'

export const APP_PASSWORD = 'abcd-efgh-ijkl-mnop'

/** @param signInMs Infinity: nothing is ever answered */
export async function startEverybody(signInMs: number) {
  const signIns: string[] = []
  const server = createServer((request, response) => void answer(request, response))
  const origin = `http://localhost:${await listen(server)}`

  async function answer(request: IncomingMessage, response: ServerResponse) {
    if (signInMs === Infinity) return
    const { pathname, searchParams } = new URL(request.url ?? '/', origin)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const send = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (pathname.endsWith('.createSession')) {
      const { identifier: did } = JSON.parse(Buffer.concat(chunks).toString()) as { identifier: string }
      signIns.push(did)
      await sleep(signInMs)
      const [accessJwt, refreshJwt] = ['com.atproto.appPass', 'com.atproto.refresh'].map((scope) => token(scope, did))
      const didDoc = documentOf(did, origin)
      return send({ did, handle: 'handle.invalid', accessJwt, refreshJwt, active: true, didDoc })
    }
    if (pathname.endsWith('.describeServer'))
      return send({ did: 'did:web:scale.test', availableUserDomains: ['.scale.test'] })
    if (pathname.endsWith('.getProfile')) return send({ did: searchParams.get('actor'), handle: 'handle.invalid' })
    if (pathname.startsWith('/did:plc:')) return send(documentOf(pathname.slice(1), origin))
    return send({})
  }

  return {
    origin,
    /** by DID, as they arrived */
    signIns,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export function didOf(number: number): string {
  const digits = Array.from(String(number), (digit) => 'abcdefghij'[Number(digit)])
  return `did:plc:${digits.join('').padEnd(24, '2')}`
}

function documentOf(did: string, origin: string) {
  const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }]
  return { id: did, alsoKnownAs: [], service }
}

/** It can be read and proves nothing. */
function token(scope: string, sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ typ: 'at+jwt', alg: 'none' })}.${part({ sub, scope, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 86_400 })}.unsigned`
}
