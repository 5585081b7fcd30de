// Cookies go along whichever page asks: what changes something is taken from our own pages, and from callers that are none.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, PASSWORD, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

type Kind = [what: string, headers: (own: string) => Record<string, string>, taken: boolean]

/** Nothing but the origin decides: who brings a token of an own accord is held to the same as who brings a cookie. */
const kinds: Kind[] = [
  ['our own origin', (own) => ({ origin: own }), true],
  ['our own origin, said to be another site', (own) => ({ origin: own, 'sec-fetch-site': 'cross-site' }), true],
  ['no origin: a script', () => ({}), true],
  ['no origin: Node, which says how it fetches and not from where', () => ({ 'sec-fetch-mode': 'cors' }), true],
  ['no origin: an old browser’s own page', () => ({ 'sec-fetch-site': 'same-origin' }), true],
  ['no origin: an older browser’s own page', (own) => ({ referer: `${own}/sign-in` }), true],
  ['no origin, from another site', () => ({ 'sec-fetch-site': 'cross-site' }), false],
  ['no origin, from a name beside ours', () => ({ 'sec-fetch-site': 'same-site' }), false],
  ['no origin, by an older browser from another site', () => ({ referer: 'https://evil.example/' }), false],
  ['no origin, from a page that hides where it is', () => ({ referer: 'about:blank' }), false],
  ['an origin that is hidden', () => ({ origin: 'null' }), false],
  ['an origin of nothing', () => ({ origin: '' }), false],
  ['another site', () => ({ origin: 'https://evil.example' }), false],
  ['our name in front of another', (own) => ({ origin: `${own}.evil.example` }), false],
  ['a name below ours', (own) => ({ origin: own.replace('//', '//evil.') }), false],
  ['our name on another port', (own) => ({ origin: own.replace(/:\d+$/, ':1') }), false],
  ['our name by another scheme', (own) => ({ origin: own.replace('http:', 'https:') }), false],
  ['our origin with more behind it', (own) => ({ origin: `${own}/` }), false],
  ['our origin in capitals', (own) => ({ origin: own.toUpperCase() }), false],
]

const carried: [string, Record<string, string>][] = [
  ['nothing', {}],
  ['a cookie', { cookie: 'bluesky-connect.session_token=made.up' }],
  ['a token', { authorization: 'Bearer made-up' }],
]

const ID = '6b04d55e2c46fd50fd7a9885'

async function isForeign(url: string, method: string, path: string, headers: Record<string, string>) {
  const response = await fetch(`${url}${path.replace(/:\w+/g, ID)}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
  })
  const text = await response.text()
  return response.status === 403 && text.includes('"foreign_origin"')
}

test.for(kinds)('%s', async ([, headersFor, taken]) => {
  const changing = system.routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  expect(changing.length).toBeGreaterThan(20)
  const wrong: string[] = []
  for (const { method, path } of changing) {
    const seen = await Promise.all(
      carried.map(([, with_]) => isForeign(system.url, method, path, { ...headersFor(system.url), ...with_ })),
    )
    seen.forEach((foreign, at) => {
      if (foreign === taken) wrong.push(`${method} ${path} with ${carried[at]?.[0]}`)
    })
  }
  expect(wrong).toEqual([])
})

test('a sign-in goes as it is written in the first script, and so does what follows it', async () => {
  const user = await system.user()
  const post = (path: string, headers: Record<string, string>, body: object = {}) =>
    fetch(`${system.url}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const signedIn = await post('/auth/sign-in/email', {}, { email: user.email, password: PASSWORD })
  const token = signedIn.headers.get('set-auth-token')
  const [cookie = ''] = signedIn.headers.getSetCookie().map((each) => each.split(';')[0])
  expect(signedIn.status).toBe(200)
  for (const headers of [{ authorization: `Bearer ${token}` }, { cookie }]) {
    expect((await post('/auth/verify-password', headers, { password: PASSWORD })).status).toBe(200)
  }
})

test('nobody is signed in by another site, with a cookie of theirs or without', async () => {
  const user = await system.user()
  const body = JSON.stringify({ email: user.email, password: PASSWORD })
  const forms = ['application/json', 'text/plain', 'application/x-www-form-urlencoded']
  const from = [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]
  for (const type of forms) {
    for (const headers of from) {
      const response = await fetch(`${system.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': type, ...headers } as Record<string, string>,
        body,
      })
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.headers.getSetCookie()).toEqual([])
    }
  }
})

test('what only reads may be asked for by anybody, and no other site may read the response', async () => {
  const user = await system.user()
  const answer = await user.request('GET', '/api/channels', { headers: { origin: 'https://evil.example' } })
  expect(answer.status).toBe(200)
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('in production nothing but the address that people open is our own', async () => {
  const production = await createSystem({
    workers: false,
    env: { NODE_ENV: 'production', BASE_URL: 'https://connect.example.com' },
  })
  const path = '/api/channels/bluesky'
  const foreign = (origin: string) => isForeign(production.url, 'POST', path, { origin })
  expect(await foreign(production.url)).toBe(true)
  expect(await foreign('http://connect.example.com')).toBe(true)
  expect(await foreign('https://connect.example.com')).toBe(false)
  await production.stop()
})
