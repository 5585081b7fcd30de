// Every operation is called, as it should be and as it should not, and what comes back is held against the OpenAPI document.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bin } from '../../services/cli/check.ts'
import { run } from '../../services/run.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

interface Operation {
  operationId: string
  security?: object[]
  requestBody?: object
  responses: Record<string, { headers: Record<string, { $ref: string }>; content?: Record<string, object> }>
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { headers: Record<string, { required?: boolean }>; schemas: Record<string, { examples?: unknown[] }> }
}

let system: System
let document: Document
let calls: { method: string; path: string; operation: Operation }[]
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
beforeAll(async () => {
  system = await createSystem({ workers: false })
  document = (await system.anyone.request<Document>('GET', '/api/openapi.json')).body
  ajv.addSchema(document, 'document')
  calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
})
afterAll(() => system.stop())

const escaped = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

/** What of a response is not as the document says. */
async function faultsOf(method: string, path: string, operation: Operation, response: Response): Promise<string[]> {
  const documented = operation.responses[response.status]
  const what = `${operation.operationId} ${response.status}`
  if (!documented) return [`${what}: this status is not documented`]
  const faults: string[] = []
  for (const name of Object.keys(document.components.headers)) {
    const isListed = name in documented.headers
    const { required = false } = document.components.headers[name] ?? {}
    if (!isListed && response.headers.has(name)) faults.push(`${what}: header ${name} is not documented`)
    if (isListed && required && !response.headers.has(name)) faults.push(`${what}: header ${name} is missing`)
  }
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
  // A stream has no end.
  const text = type === 'text/event-stream' ? await response.body?.cancel() : await response.text()
  // Where a browser is sent elsewhere, what stands there is nobody's business.
  if (response.status >= 300 && response.status < 400) return faults
  if (!documented.content) return text === '' ? faults : [...faults, `${what}: no body is documented`]
  if (!(type in documented.content)) return [...faults, `${what}: ${type} is not documented`]
  if (!type.endsWith('json')) return faults
  const parts = ['paths', path, method, 'responses', String(response.status), 'content', type, 'schema']
  const validate = ajv.compile({ $ref: `document#/${parts.map(escaped).join('/')}` })
  if (!validate(JSON.parse(text ?? ''))) faults.push(`${what}: ${ajv.errorsText(validate.errors)}`)
  return faults
}

const code = { code: '000000' }
const newUser = () => ({ email: `${randomUUID()}@example.com`, password: PASSWORD, name: 'New' })
/** By operation: as good as it can be without a server and without mail. */
const bodies: Record<string, (other: Client) => object> = {
  connectBlueskyAccount: () => ({ identifier: `${randomUUID()}.test`, appPassword: 'aaaa-aaaa-aaaa-aaaa' }),
  reconnectChannel: () => ({ appPassword: 'aaaa-aaaa-aaaa-aaaa' }),
  verifyChannels: () => ({ ids: ['6b04d55e2c46fd50fd7a9885'] }),
  removeChannels: () => ({ ids: ['6b04d55e2c46fd50fd7a9885'] }),
  groupChannels: () => ({ ids: ['6b04d55e2c46fd50fd7a9885'], add: ['Fashion'] }),
  proveAddress: () => ({ token: 'x' }),
  chooseSubscriptions: () => ({ channels: true }),
  saveOptions: () => ({}),
  retryConnections: () => ({ all: true }),
  changeEmail: () => ({ email: newUser().email }),
  confirmEmail: () => ({ token: 'x' }),
  invitePerson: () => ({ email: newUser().email, role: 'user' }),
  actOnConnections: () => ({ act: 'see', ids: ['0'.repeat(24)] }),
  reportPageError: () => ({ reference: 'r', message: 'm', page: '/app' }),
  signUp: newUser,
  signIn: ({ email }) => ({ email, password: PASSWORD }),
  signOut: () => ({}),
  confirmPassword: () => ({ password: PASSWORD }),
  changePassword: () => ({ currentPassword: PASSWORD, newPassword: 'another lamp harbour' }),
  requestPasswordReset: ({ email }) => ({ email }),
  resetPassword: () => ({ token: 'x', newPassword: 'another lamp harbour' }),
  sendAddressProof: ({ email }) => ({ email }),
  deleteAccount: () => ({ password: PASSWORD }),
  enableSecondFactor: () => ({ password: PASSWORD }),
  disableSecondFactor: () => ({ password: PASSWORD }),
  renewRecoveryCodes: () => ({ password: PASSWORD }),
  sendCode: () => code,
  sendRecoveryCode: () => code,
  createUser: () => ({ ...newUser(), role: 'user' }),
  setUserRole: ({ id }) => ({ userId: id, role: 'user' }),
  setUserPassword: ({ id }) => ({ userId: id, newPassword: 'another lamp harbour' }),
  banUser: ({ id }) => ({ userId: id }),
  unbanUser: ({ id }) => ({ userId: id }),
  endUserSessions: ({ id }) => ({ userId: id }),
  removeUser: ({ id }) => ({ userId: id }),
}
/** What needs a mail, a server or a second factor to go well; the tests of these hold it against its shape. */
const goWellElsewhere =
  'retryConnection getRetryOrder confirmEmail proveAddress unsubscribe requestPasswordReset resetPassword sendAddressProof verifyChannel retryChannel askForAppPasswords askAdministrator putRemovalAway renewRecoveryCodes sendCode sendRecoveryCode removeChannel'.split(
    ' ',
  )

interface Asked {
  token: string
  id: string
  sessionId?: string
  headers?: Record<string, string>
  body?: string | undefined
}

const ask = (method: string, path: string, { token, id, sessionId = id, headers = {}, body }: Asked) =>
  fetch(`${system.url}${path.replace('{id}', id).replace('{sessionId}', sessionId).replace('{token}', 'x')}`, {
    method: method.toUpperCase(),
    redirect: 'manual',
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })

test('called as it should be, each answers as documented', { timeout: 300_000 }, async () => {
  const faults: string[] = []
  const refused: string[] = []
  const [admin, user] = await Promise.all([system.admin(), system.user()])
  for (const { method, path, operation } of calls) {
    // Some end sessions, lock out or remove: each has somebody of its own.
    const isOfSelf = /^\/api\/(sessions|me\/|auth\/(?!admin))/.test(path)
    const endsAnothers = path.includes('{sessionId}')
    const other = isOfSelf || endsAnothers || path.startsWith('/api/auth/') ? await system.user() : user
    const caller = isOfSelf ? other : admin
    const channel = storedChannel('bad_credentials', new Date(), { userId: caller.id })
    await system.context.db.channels.create(channel)
    const session = await system.context.db.sessions.findOne({ userId: (endsAnothers ? other : caller).id }).lean()
    const ofWhat = /\/(\w+)\/\{id\}/.exec(path)?.[1] ?? ''
    const ids: Record<string, string> = { sessions: String(session?._id), people: other.id }
    const body = bodies[operation.operationId]?.(other)
    expect([operation.operationId, body !== undefined]).toEqual([operation.operationId, 'requestBody' in operation])
    const response = await ask(method, path, {
      token: caller.token,
      id: ids[ofWhat] ?? channel._id.toHexString(),
      sessionId: String(session?._id),
      body: body && JSON.stringify(body),
    })
    if (response.status >= 400) refused.push(operation.operationId)
    faults.push(...(await faultsOf(method, path, operation, response)))
  }
  expect(faults).toEqual([])
  expect(refused.filter((name) => !goWellElsewhere.includes(name))).toEqual([])
})

test.each<[string, number, Partial<Asked>]>([
  ['without a session', 401, { token: '' }],
  ['with a body that is not JSON', 415, { headers: { 'content-type': 'text/plain' }, body: 'text' }],
  ['with a body that breaks off', 400, { body: '{' }],
  ['with a body that is too large', 413, { body: `"${'x'.repeat(40_000)}"` }],
  ['from another site', 403, { headers: { origin: 'https://evil.example' } }],
  ['with a body of nonsense', 422, { body: '{"identifier":1,"userId":[],"channels":"x","limit":{}}' }],
])('called %s, each answers as documented', async (_name, status, changed) => {
  const user = await system.user()
  const faults: string[] = []
  const seen: number[] = []
  for (const { method, path, operation } of calls) {
    // A GET of fetch has no body, and may come from anywhere.
    if (method === 'get' && changed.token === undefined) continue
    const response = await ask(method, path, { token: user.token, id: '6b04d55e2c46fd50fd7a9885', ...changed })
    seen.push(response.status)
    faults.push(...(await faultsOf(method, path, operation, response)))
  }
  expect(faults).toEqual([])
  expect(seen.filter((each) => each === status).length).toBeGreaterThan(10)
})

test('an address that takes other methods says which', async () => {
  const answer = await system.anyone.request<{ code: string }>('PATCH', '/api/channels/bluesky', { body: {} })
  expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
  expect(answer.headers.get('allow')).toBe('POST, OPTIONS')
  const other = await system.anyone.request('PUT', '/api/channels/6b04d55e2c46fd50fd7a9885')
  expect(other.headers.get('allow')).toBe('GET, DELETE, HEAD, OPTIONS')
})

test('what generators make names of is there, and unique', () => {
  const ids = calls.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([])
  expect(document.components.schemas['OutcomeCode']).toMatchObject({ enum: expect.arrayContaining(['connected']) })
  expect(document.components.schemas['ProblemCode']).toMatchObject({ enum: expect.arrayContaining(['store_away']) })
  // A schema that is read and written would come twice, under names that nobody chose.
  expect(Object.keys(document.components.schemas).filter((name) => /Output$|Input$|__schema/.test(name))).toEqual([])
})

test('its examples are what its schemas say', () => {
  const faults = Object.entries(document.components.schemas).flatMap(([name, { examples = [] }]) => {
    const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` })
    return examples.map((example) => (validate(example) ? null : `${name}: ${ajv.errorsText(validate.errors)}`))
  })
  expect(faults.length).toBeGreaterThan(5)
  expect(faults.filter((fault) => fault !== null)).toEqual([])
})

test('the linter finds nothing in it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-openapi-'))
  const file = join(dir, 'openapi.json')
  await writeFile(file, JSON.stringify(document))
  const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const config = join(import.meta.dirname, '../../redocly.yaml')
  const { code, output } = await run(bin('redocly'), ['lint', file, '--config', config], { env })
  await rm(dir, { recursive: true })
  expect([code, output]).toEqual([0, expect.stringContaining('is valid')])
  expect(output).not.toContain('warning')
})
