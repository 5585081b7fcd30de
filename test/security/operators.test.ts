// An operator of the database in any field of any route: no error of ours, nothing of anybody else's, and nothing changed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Route } from '../helpers/routes.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const CANARY = 'canary-of-the-victim'
const NOBODY = '6b04d55e2c46fd50fd7a9885'
const operators = [{ $ne: null }, { $regex: '.*' }, { $where: 'return true' }, [{ $gt: '' }]]
/** Of all bodies and queries of our own, sent to each of our routes. */
const ownFields =
  'identifier appPassword bluesky_service-url bluesky_integration_status reference message page all status outcome fixBy server user q from to limit cursor _id userId'.split(
    ' ',
  )

let system: System
let victim: Client
let channelId: string

beforeAll(async () => {
  system = await createSystem({ workers: false })
  victim = await system.user()
  await victim.request('POST', '/api/auth/update-user', { body: { name: CANARY } })
  channelId = (await victim.connect(`${CANARY}.test`, 'aaaa-bbbb-cccc-dddd')).id
})
afterAll(() => system.stop())

interface Seen {
  status: number
  text: string
  token: string | null
}

async function ask(token: string, method: string, path: string, body?: unknown): Promise<Seen> {
  const response = await fetch(`${system.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const stream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (stream) await response.body?.cancel()
  const text = stream ? '' : await response.text()
  return { status: response.status, text, token: response.headers.get('set-auth-token') }
}

/** Every field of a route in turn, by each operator, in body or query, and in the path where it has an id. */
function attacks({ method, path, fields }: Route, others: Record<string, unknown>) {
  const names = fields.length > 0 ? fields : ownFields
  const at = (id: string) => path.replace(/:\w+/g, encodeURIComponent(id))
  const inPath = path.includes(':')
    ? ['{"$ne":null}', '$where', '[object Object]'].map((id) => ({ path: at(id), body: undefined }))
    : []
  const filled = Object.fromEntries(names.filter((name) => name in others).map((name) => [name, others[name]]))
  if (method !== 'GET') {
    const bodies = names.flatMap((name) => operators.map((operator) => ({ ...filled, [name]: operator })))
    return [...inPath.map((each) => ({ ...each, body: {} })), ...bodies.map((body) => ({ path: at(NOBODY), body }))]
  }
  const queries = names.flatMap((name) => [
    `${name}[$ne]=`,
    `${name}=$where`,
    `${name}=%7B%22$ne%22:null%7D`,
    `${name}=a&${name}=b`,
  ])
  return [...inPath, ...queries.map((query) => ({ path: `${at(NOBODY)}?${query}`, body: undefined }))]
}

async function signIn(email: string): Promise<string> {
  const answer = await system.anyone.request('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD } })
  return answer.headers.get('set-auth-token') ?? ''
}

/** Everything that went wrong, of all routes. */
async function attackAll(
  email: string,
  others: Record<string, unknown>,
  isWrong: (seen: Seen, route: Route) => boolean,
) {
  const wrong: string[] = []
  let token = await signIn(email)
  for (const route of system.routes.filter(({ path }) => path.startsWith('/api/'))) {
    const list = attacks(route, others)
    for (let from = 0; from < list.length; from += 8) {
      const some = list.slice(from, from + 8)
      const seen = await Promise.all(some.map(({ path, body }) => ask(token, route.method, path, body)))
      seen.forEach((each, at) => {
        if (isWrong(each, route))
          wrong.push(`${each.status} ${route.method} ${some[at]?.path} ${JSON.stringify(some[at]?.body)}`)
      })
    }
    // Some of them end the session that they came with.
    if ((await ask(token, 'GET', '/api/me')).status === 401) token = await signIn(email)
  }
  return wrong
}

test('as a user', { timeout: 400_000 }, async () => {
  const attacker = await system.user()
  const others = {
    email: victim.email,
    password: PASSWORD,
    userId: victim.id,
    id: victim.id,
    name: 'x',
    token: 'x',
    newPassword: 'another long one',
  }
  // With the victim's own address and password a sign-in is nobody's fault.
  const isWrong = ({ status, text, token }: Seen, { path }: Route) =>
    status >= 500 ||
    (path !== '/api/auth/sign-in/email' && text.includes(CANARY)) ||
    (token !== null && !path.includes('/sign-'))
  expect(await attackAll(attacker.email, others, isWrong)).toEqual([])
})

test('no operator is a password or an address', async () => {
  for (const operator of operators) {
    for (const body of [
      { email: victim.email, password: operator },
      { email: operator, password: PASSWORD },
    ]) {
      const { status, token } = await ask('', 'POST', '/api/auth/sign-in/email', body)
      expect([JSON.stringify(body), status < 500 && status >= 400, token]).toEqual([JSON.stringify(body), true, null])
    }
  }
})

test('as an admin', { timeout: 400_000 }, async () => {
  const others = { email: 'nobody@example.com', userId: NOBODY, id: NOBODY, name: 'x', role: 'user' }
  expect(await attackAll('admin@example.com', others, ({ status }) => status >= 500)).toEqual([])
})

test('the victim has everything as it was', async () => {
  expect((await victim.request('GET', '/api/me')).body).toMatchObject({ id: victim.id, role: 'user' })
  expect((await victim.request('GET', `/api/channels/${channelId}`)).status).toBe(200)
  expect(await signIn(victim.email)).not.toBe('')
})
