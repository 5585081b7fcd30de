// Answers of servers that keep to nothing: any status, any headers, any body, and again and again what they were told in confidence.

import * as fc from 'fast-check'

export interface Anything {
  status: number
  headers: [string, string][]
  body: string | Uint8Array<ArrayBuffer>
}

/** What a server has to play with. */
export interface Told {
  did: string
  /** it repeats them wherever it can */
  secrets: string[]
  /** also in the names of hosts */
  inNames: string[]
  /** addresses of servers that it may name */
  servers: string[]
}

const errorNames = [
  'AuthenticationRequired',
  'AccountTakedown',
  'AccountDeactivated',
  'AccountNotFound',
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

const spellings = (word: string) => [
  word,
  word.toUpperCase(),
  word.replaceAll(/[-.]/g, ''),
  word.replaceAll(/[-.]/g, '').toUpperCase(),
  word.replaceAll(/[-.]/g, '_'),
  word.replaceAll(/[-.]/g, ' '),
]
const around = fc.constantFrom(['', ''], ['Wrong', ''], ['', 'Error'], ['no ', ' here'], ['a_', '_b'])

/** A secret in whatever spelling, with whatever around it. */
export const echoOf = (secrets: string[]) =>
  fc
    .tuple(fc.constantFrom(...secrets.flatMap(spellings)), around)
    .map(([word, [before, behind]]) => `${before}${word}${behind}`)
/** The name of a host made out of one. */
export const hostOf = (secrets: string[]) =>
  fc.constantFrom(...secrets).map((word) => {
    const label = word.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
    return `${label.slice(0, 60)}.${label.slice(60, 120).replace(/^-/, 'x') || 'x'}.invalid`
  })

function fieldsOf({ did, secrets, inNames, servers }: Told) {
  const echo = echoOf(secrets)
  const host = hostOf(inNames)
  const text = fc.oneof(fc.string({ unit: 'binary' }), echo)
  const server = fc.oneof(
    fc.constantFrom(...servers),
    host.map((name) => `https://${name}`),
    text,
  )
  const service = server.map((serviceEndpoint) => [
    { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint },
  ])
  const handle = fc.oneof(fc.constant('alice.example.com'), host, text)
  const ref = fc.oneof(
    fc.jsonValue(),
    echo.map((word) => word.replaceAll(/[^a-zA-Z0-9]/g, '').padEnd(40, 'x')),
  )
  return {
    error: fc.oneof(fc.constantFrom(...errorNames), echo, text, fc.jsonValue()),
    message: fc.oneof(text, fc.jsonValue()),
    accessJwt: anyToken,
    refreshJwt: anyToken,
    did: fc.oneof(
      fc.constantFrom(did, 'did:web:x.invalid'),
      host.map((name) => `did:web:${name}`),
      text,
    ),
    handle: fc.oneof(handle, fc.jsonValue()),
    active: fc.oneof(fc.boolean(), fc.jsonValue()),
    status: fc.oneof(fc.constantFrom('takendown', 'deactivated', 'Suspended'), text, fc.jsonValue()),
    didDoc: fc.oneof(
      fc.jsonValue(),
      service.map((services) => ({ service: services })),
    ),
    uri: fc.oneof(fc.constant(`at://${did}/app.bsky.actor.profile/self`), text, fc.jsonValue()),
    value: fc.oneof(
      fc.jsonValue(),
      fc.tuple(text, ref).map(([displayName, cid]) => ({
        displayName,
        avatar: { $type: 'blob', mimeType: 'image/png', size: 1, ref: cid },
      })),
    ),
    version: fc.oneof(fc.constantFrom('0.5.35', 'cocoon 1', 'tranquil 1'), echo),
    id: fc.oneof(fc.constant(did), fc.jsonValue()),
    alsoKnownAs: fc.oneof(
      handle.map((name) => [`at://${name}`]),
      fc.jsonValue(),
    ),
    service,
    authorization_servers: server.map((one) => [one]),
  }
}

// No digit alone: a time in a few seconds would be one to come back at, again and again.
const headerText = fc.string({ unit: fc.constantFrom(...'=w, -:GMTabc/;.'.split('')), maxLength: 30 })
const anyTime = fc.oneof(headerText, fc.constantFrom('0', '-1', '3600', '99999999999', 'Thu, 01 Jan 1970 00:00:00 GMT'))

const headersOf = ({ secrets }: Told) =>
  fc.array(
    fc.oneof(
      fc.constantFrom<[string, string]>(
        ['content-type', 'application/json'],
        ['content-type', 'application/json; charset=utf-8'],
        ['content-type', 'text/plain'],
        ['content-type', 'text/html'],
        ['content-type', 'application/octet-stream'],
        ['content-type', ';;;'],
      ),
      fc.tuple(fc.constantFrom('retry-after', 'ratelimit-reset', 'ratelimit-policy'), anyTime),
      fc.tuple(fc.constantFrom('www-authenticate', 'ratelimit-policy', 'x-echo', 'server'), echoOf(secrets)),
    ),
    { maxLength: 5 },
  )
const json: [string, string] = ['content-type', 'application/json']
const anyStatus = fc.oneof(fc.constantFrom(200, 400, 401, 403, 404, 429, 500, 502), fc.integer({ min: 200, max: 599 }))

/** JSON of every shape that one of our calls might want to read, with any of its parts missing. */
const shapeOf = (told: Told) => fc.record(fieldsOf(told), { requiredKeys: [] })
const inJson = (status: number, body: unknown, headers: [string, string][] = []): Anything => ({
  status,
  headers: [json, ...headers],
  body: JSON.stringify(body),
})

export const anyAnswer = (told: Told): fc.Arbitrary<Anything> =>
  fc.oneof(
    fc.record({
      status: anyStatus,
      headers: headersOf(told),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
        fc.json(),
        fc.tuple(fc.constantFrom('<html><body>', ''), echoOf(told.secrets)).map((parts) => parts.join('')),
      ),
    }),
    fc.tuple(anyStatus, shapeOf(told), headersOf(told)).map((parts) => inJson(...parts)),
    fc
      .tuple(fc.constantFrom(400, 401, 403, 429, 500), shapeOf(told))
      .map(([status, { error, message }]) => inJson(status, { error, message })),
  )

/** An answer that is what it should be, by itself or among anything else. */
export const anySuccess = (told: Told, fields: object = {}): fc.Arbitrary<Anything> =>
  fc.oneof(fc.constant({}), shapeOf(told)).map((shape) => inJson(200, { ...shape, ...fields }))
