// Whatever a server answers: an outcome of the catalogue, and no secret in a record.

import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAppview } from '../../src/bluesky/appview.ts'
import type { Evidence } from '../../src/bluesky/evidence.ts'
import { HttpFault, httpFaultReasons } from '../../src/bluesky/http-fault.ts'
import { createHttp, type Http } from '../../src/bluesky/http.ts'
import { diagnose, outcomeCodes } from '../../src/bluesky/outcomes.ts'
import { checkPosting } from '../../src/bluesky/posting-check.ts'
import { endSession, readProfile, refresh, Session, signIn } from '../../src/bluesky/session.ts'
import { decide } from '../../workers/retry.ts'
import { limitOf, summarize } from '../../workers/run-job.ts'

const serviceUrl = 'https://pds.example'
const password = 'abcd-efgh-ijkl-mnop'
const held = Session.parse({
  accessJwt: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6cGxjOmEifQ.QUNDRVNT',
  refreshJwt: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6cGxjOmIifQ.UkVGUkVTSA',
  did: 'did:plc:scripted2222222222222222',
})

interface Scripted {
  status: number
  headers: [string, string][]
  body: string | Uint8Array<ArrayBuffer>
}

/** Answers one after the other, the last one for ever; a fault is thrown. */
function answering(answers: (Scripted | HttpFault)[]): Pick<Http, 'fetch'> {
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
  const check = { ...target, pdsUrl: url, session, channelId: 'channel', keep: async () => {} }
  const checked = await checkPosting(check)
  const appview = createAppview({ http, appviewUrl: url, log: { warn: () => {} } })
  const hides = await appview.hides(session.did, target.signal)
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
    { ...checked.seen, hiddenOnBluesky: hides },
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
  const { status, nextTryAt } = decide({ code, tries: 0, submittedAt: at, limit: limitOf(seen) }, retry, at)
  return [
    ...(outcomeCodes.includes(code) ? [] : [`not in the catalogue: ${code}`]),
    ...(status === 'connecting' || status === 'verifying' ? [`left in ${status}`] : []),
    ...(nextTryAt && Number.isNaN(nextTryAt.getTime()) ? ['tried again at no time'] : []),
  ]
}

const errorNames = [
  'AuthenticationRequired',
  'AccountTakedown',
  'AccountDeactivated',
  'ExpiredToken',
  'InvalidToken',
  'InvalidSwap',
  'InvalidRequest',
  'RateLimitExceeded',
  'InternalServerError',
  '__proto__',
  'constructor',
]
const anyScope = fc.oneof(
  fc.constantFrom('com.atproto.access', 'com.atproto.appPass', 'com.atproto.signupQueued'),
  fc.jsonValue(),
)
const anyToken = fc.oneof(
  fc.string({ unit: 'binary' }),
  anyScope.map((scope) => `h.${Buffer.from(JSON.stringify({ scope })).toString('base64url')}.s`),
)
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  fc.json(),
  fc
    .record(
      {
        error: fc.oneof(fc.constantFrom(...errorNames), fc.jsonValue()),
        message: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body)),
  fc
    .record(
      {
        accessJwt: anyToken,
        refreshJwt: anyToken,
        did: fc.oneof(fc.constant(held.did), fc.constant('did:web:x.example'), fc.string(), fc.jsonValue()),
        handle: fc.oneof(fc.constant('alice.test'), fc.string({ unit: 'binary' }), fc.jsonValue()),
        active: fc.oneof(fc.boolean(), fc.jsonValue()),
        status: fc.oneof(fc.constantFrom('takendown', 'deactivated', 'Suspended'), fc.jsonValue()),
        didDoc: fc.oneof(
          fc.jsonValue(),
          fc.webUrl().map((serviceEndpoint) => ({
            service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }],
          })),
        ),
        uri: fc.oneof(fc.string(), fc.jsonValue()),
        value: fc.oneof(
          fc.jsonValue(),
          fc
            .jsonValue()
            .map((ref) => ({ displayName: 'x', avatar: { $type: 'blob', mimeType: 'image/png', size: 1, ref } })),
        ),
        version: fc.constantFrom('0.5.35', 'cocoon 1', 'tranquil 1'),
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body)),
)
const headerText = fc.string({ unit: fc.constantFrom(...'0123456789;=w, -:GMTabc/'.split('')), maxLength: 30 })
const anyHeaders = fc.array(
  fc.oneof(
    fc.constantFrom<[string, string]>(
      ['content-type', 'application/json'],
      ['content-type', 'application/json; charset=utf-8'],
      ['content-type', 'text/plain'],
      ['content-type', 'text/html'],
      ['content-type', 'application/octet-stream'],
      ['content-type', ';;;'],
    ),
    fc.tuple(fc.constantFrom('retry-after', 'ratelimit-reset', 'ratelimit-policy', 'www-authenticate'), headerText),
  ),
  { maxLength: 5 },
)
const anyStatus = fc.oneof(fc.constantFrom(200, 400, 401, 403, 404, 429, 500, 502), fc.integer({ min: 200, max: 599 }))
const anyAnswer: fc.Arbitrary<Scripted | HttpFault> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ status: anyStatus, headers: anyHeaders, body: anyBody }) },
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
      fc.asyncProperty(fc.array(anyAnswer, { minLength: 1, maxLength: 6 }), async (answers) => {
        expect((await runAll(answering(answers))).flatMap(({ seen }) => mistakesIn(seen))).toEqual([])
      }),
      { numRuns: 200, interruptAfterTimeLimit: 2_500 },
    )
  })

  it('does so on the wire either', async () => {
    let bytes = new Uint8Array()
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(bytes))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
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
      server.close()
    }
  })
})

/** In whatever spelling: only letters and digits are compared. */
const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
const secret = fc
  .constantFrom(password, held.accessJwt, held.refreshJwt)
  .chain((word) =>
    fc.constantFrom(word, word.toUpperCase(), word.replaceAll(/[-.]/g, ''), word.replaceAll(/[-.]/g, '_')),
  )
const around = fc.constantFrom(['', ''], ['Wrong', ''], ['', 'Error'], ['no ', ' here'], ['a_', '_b'])

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
    const echo = fc.tuple(secret, around).map(([word, [before, behind]]) => `${before}${word}${behind}`)
    const refusal = fc
      .tuple(fc.constantFrom(400, 401, 403, 429, 500), fc.constantFrom('application/json', 'text/plain'), echo, echo)
      .map(([status, type, error, message]): Scripted => ({
        status,
        headers: [['content-type', type]],
        body: type === 'text/plain' ? message : JSON.stringify({ error, message }),
      }))
    const session = fc.tuple(secret, fc.constantFrom('handle', 'did', 'pds')).map(([word, place]): Scripted => {
      const name = word.replaceAll(/[._]/g, '-')
      return {
        status: 200,
        headers: [['content-type', 'application/json']],
        body: JSON.stringify({
          ...held,
          handle: place === 'handle' ? `${name.slice(0, 60)}.${name.slice(60) || 'x'}.example` : 'alice.test',
          did: place === 'did' ? `did:web:${name}.example` : held.did,
          didDoc: {
            service: [
              {
                id: '#atproto_pds',
                type: 'AtprotoPersonalDataServer',
                serviceEndpoint: place === 'pds' ? `https://${name}.example` : serviceUrl,
              },
            ],
          },
        }),
      }
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(refusal, session), async (answer) => {
        for (const { seen, summary } of await runAll(answering([answer]))) {
          const kept = bare(JSON.stringify([seen, summary]))
          // Once signed in, the password is destroyed, and nobody can tell it any more.
          const tokens = [held.accessJwt, held.refreshJwt]
          const words = seen.call !== 'createSession' ? tokens : seen.session ? [password, ...tokens] : [password]
          for (const word of words) expect(kept).not.toContain(bare(word))
        }
      }),
      { numRuns: 100, interruptAfterTimeLimit: 1_500 },
    )
  })
})
