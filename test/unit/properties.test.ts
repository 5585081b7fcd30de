// Whatever a server answers: an outcome of the catalogue, and no secret in a record.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAppview } from '../../src/bluesky/appview.ts'
import type { Evidence } from '../../src/outcomes/evidence.ts'
import { HttpFault, httpFaultReasons } from '../../src/http/fault.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { diagnose, outcomeCodes } from '../../src/outcomes/catalogue.ts'
import { endSession, readProfile, refresh, KeptSession, signIn } from '../../src/bluesky/session.ts'
import { decide } from '../../workers/decision.ts'
import { limitOf } from '../../src/outcomes/evidence.ts'
import { summarize } from '../../workers/attempt.ts'
import { startRawServer } from '../helpers/raw-server.ts'
import { anyAnswer, echoOf, hostOf, type Anything } from '../helpers/scripted-anything.ts'
import { checkOnce } from '../helpers/connect-once.ts'

const serviceUrl = 'https://pds.example'
const password = 'abcd-efgh-ijkl-mnop'
const held = KeptSession.parse({
  accessJwt: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6cGxjOmEifQ.QUNDRVNT',
  refreshJwt: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6cGxjOmIifQ.UkVGUkVTSA',
  did: 'did:plc:scripted2222222222222222',
})

/** Answers one after the other, the last one for ever; a fault is thrown. */
function answering(answers: (Anything | HttpFault)[]): Pick<Http, 'fetch'> {
  let next = 0
  return {
    fetch: async () => {
      const answer = answers[Math.min(next++, answers.length - 1)]
      if (!answer || answer instanceof HttpFault) throw answer ?? new HttpFault('closed', 'pds.example', 'headers')
      const { status, headers, body } = answer
      return new Response([204, 205, 304].includes(status) ? null : body, { status, headers })
    },
  }
}

/** Everything that the workers do with a server, and what they conclude from each part of it. */
async function runAll(http: Pick<Http, 'fetch'>, url = serviceUrl): Promise<{ seen: Evidence; summary: unknown }[]> {
  const target = { http, serviceUrl: url, signal: AbortSignal.timeout(10_000) }
  const signedIn = await signIn(target, 'alice.test', password)
  const session = signedIn.session ?? held
  const renewed = await refresh(target, held)
  const check = { ...target, pdsUrl: url, session, channelId: 'channel' }
  const checked = await checkOnce(check)
  const appview = createAppview({ http, appviewUrl: url, log: { warn: () => {} } })
  const view = await appview.view(session.did, target.signal)
  const profile = await readProfile(target, session.did)
  await endSession(target, session)
  const base = { serviceUrl: url, expectedDid: null }
  const seens: Evidence[] = [
    {
      ...base,
      step: 'connect',
      call: 'createSession',
      answer: signedIn.answer,
      ...(signedIn.seen ? { session: signedIn.seen } : {}),
    },
    { ...base, step: 'verify', call: 'refreshSession', answer: renewed.answer },
    { ...checked.seen, onBluesky: view },
  ]
  return seens.map((seen) => ({
    seen,
    summary: { ...summarize(seen, 5), ...(seen.session ? { pdsUrl: signedIn.pdsUrl, profile } : {}) },
  }))
}

const retry = { delaysMs: [60_000, 300_000], giveUpAfterMs: 86_400_000 }

/** What is wrong with what the workers conclude; an empty list is right. */
function mistakesIn(seen: Evidence): string[] {
  const code = diagnose(seen)
  const at = new Date()
  const { nextTryAt } = decide({ code, failures: 0, submittedAt: at, limit: limitOf(seen) }, retry, at)
  return [
    ...(outcomeCodes.includes(code) ? [] : [`not in the catalogue: ${code}`]),
    ...(nextTryAt && Number.isNaN(nextTryAt.getTime()) ? ['tried again at no time'] : []),
  ]
}

const secrets = [password, held.accessJwt, held.refreshJwt]
const told = { did: held.did, secrets, inNames: secrets, servers: [serviceUrl, 'https://other.example', 'ftp://x'] }
const anyEnd: fc.Arbitrary<Anything | HttpFault> = fc.oneof(
  { weight: 8, arbitrary: anyAnswer(told) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...httpFaultReasons), fc.string())
      .map(([reason, detail]) => new HttpFault(reason, 'pds.example', 'body', detail)),
  },
)

describe('no answer of a server', () => {
  it('gives anything but an outcome of the catalogue', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEnd, { minLength: 1, maxLength: 6 }), async (answers) => {
        expect((await runAll(answering(answers))).flatMap(({ seen }) => mistakesIn(seen))).toEqual([])
      }),
      { numRuns: 200, interruptAfterTimeLimit: 2_500 },
    )
  })

  it('does so on the wire either', async () => {
    let bytes = new Uint8Array()
    const { url, close } = await startRawServer((socket) => socket.end(bytes))
    const http = createHttp({ allowPrivateNetwork: true, deadlineMs: 2_000, log: { warn: () => {} } })
    const headed = fc
      .tuple(fc.nat(999), fc.array(fc.string({ maxLength: 20 }), { maxLength: 4 }), fc.oneof(fc.string(), fc.json()))
      .map(([status, lines, body]) => Buffer.from([`HTTP/1.1 ${status} X`, ...lines, '', body].join('\r\n')))
    try {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), headed), async (given) => {
          bytes = new Uint8Array(given)
          expect((await runAll(http, url)).flatMap(({ seen }) => mistakesIn(seen))).toEqual([])
        }),
        { numRuns: 40, interruptAfterTimeLimit: 1_500 },
      )
    } finally {
      await http.close()
      await close()
    }
  })
})

/** In whatever spelling: only letters and digits are compared. */
const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')

describe('a server that repeats what it was told in confidence', () => {
  const refusal = (error: string): Evidence['answer'] => {
    return { kind: 'error', status: 401, error, message: '', xrpc: true, limit: null }
  }

  it.each([
    [password, null],
    [password.replaceAll('-', ''), null],
    ['abcd2345efgh6789', null],
    ['AccountSuspended', 'AccountSuspended'],
    ['insufficient_scope', 'insufficient_scope'],
  ])('for the name of an error: %s is kept as %s, also where the password is known no more', (error, kept) => {
    expect(summarize({ call: 'deleteRecord', answer: refusal(error) }, 5)?.error).toBe(kept)
  })

  it('gets it into no record', async () => {
    const echo = echoOf(secrets)
    const refusal = fc
      .tuple(fc.constantFrom(400, 401, 403, 429, 500), fc.constantFrom('application/json', 'text/plain'), echo, echo)
      .map(([status, type, error, message]): Anything => ({
        status,
        headers: [['content-type', type]],
        body: type === 'text/plain' ? message : JSON.stringify({ error, message }),
      }))
    const session = fc
      .tuple(hostOf(secrets), fc.constantFrom('handle', 'did', 'pds'))
      .map(([host, place]): Anything => {
        const serviceEndpoint = place === 'pds' ? `https://${host}` : serviceUrl
        return {
          status: 200,
          headers: [['content-type', 'application/json']],
          body: JSON.stringify({
            ...held,
            handle: place === 'handle' ? host : 'alice.test',
            did: place === 'did' ? `did:web:${host}` : held.did,
            didDoc: { service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }] },
          }),
        }
      })
    const redirect = hostOf(secrets).map(
      (host) => new HttpFault('redirect', 'pds.example', 'body', `https://${host.toLowerCase()}`),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(refusal, session, redirect), async (answer) => {
        for (const { seen, summary } of await runAll(answering([answer]))) {
          const kept = bare(JSON.stringify([seen, summary]))
          // Once signed in, the password is destroyed, and nobody can tell it any more.
          const tokens = [held.accessJwt, held.refreshJwt]
          const given = seen.session ? tokens : []
          const words = seen.call === 'createSession' ? [password, ...given] : tokens
          for (const word of words) expect(kept).not.toContain(bare(word))
        }
      }),
      { numRuns: 100, interruptAfterTimeLimit: 1_500 },
    )
  })
})
