// Whatever servers answer to the real workers: every channel comes to an outcome, no job breaks off, no secret is kept or logged.
import { createHash, randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { outcomeCodes } from '../../src/outcomes/catalogue.ts'
import { startRawServer, type RawServer } from '../helpers/raw-server.ts'
import { anyAnswer, anySuccess, type Anything } from '../helpers/scripted-anything.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const SERVERS = 80
const USERS = 4
/** Names the whole run: with it, the same answers come again. */
const seed = randomInt(2 ** 31)
const secretOf = (what: string) => createHash('sha256').update(`${seed} ${what}`).digest('hex')

interface Case {
  server: RawServer
  identifier: string
  password: string
  /** of the tokens that it gave out */
  signatures: string[]
}

let system: System
let users: Client[]
const cases: Case[] = []

/** Ways to send an answer, the last ones not whole. */
const manners = {
  keeps: (socket: Socket, bytes: Buffer) => socket.write(bytes),
  closes: (socket: Socket, bytes: Buffer) => socket.end(bytes),
  cuts: (socket: Socket, bytes: Buffer) => socket.end(bytes.subarray(0, bytes.length / 2)),
  resets: (socket: Socket, bytes: Buffer) =>
    socket.write(bytes.subarray(0, bytes.length / 2), () => socket.resetAndDestroy()),
  hangs: (socket: Socket, bytes: Buffer) => socket.write(bytes.subarray(0, bytes.length / 2)),
}
const anyManner = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<keyof typeof manners>('keeps', 'closes') },
  { weight: 2, arbitrary: fc.constantFrom<keyof typeof manners>('cuts', 'resets') },
  { weight: 1, arbitrary: fc.constant<keyof typeof manners>('hangs') },
)

/** Bytes and how they are sent. */
const said = (answers: fc.Arbitrary<Anything>) =>
  fc.tuple(
    fc.oneof(
      { weight: 9, arbitrary: answers.map(onTheWire) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    ),
    anyManner,
  )

function onTheWire({ status, headers, body }: Anything): Buffer {
  const bytes = Buffer.from(body)
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), `content-length: ${bytes.length}`]
  return Buffer.concat([Buffer.from([`HTTP/1.1 ${status} X`, ...lines, '', ''].join('\r\n'), 'latin1'), bytes])
}

async function startCase(index: number): Promise<Case> {
  let answer = (_socket: Socket, _request: string) => {}
  const server = await startRawServer((socket, request) => answer(socket, request))
  const password = (secretOf(`password ${index}`).match(/.{4}/g) ?? []).slice(0, 4).join('-')
  const scope = ['com.atproto.appPass', 'com.atproto.appPassPrivileged', 'com.atproto.access'][index % 9] ?? null
  const signatures = ['access', 'refresh'].map((kind) => secretOf(`${kind} ${index}`))
  const [accessJwt = '', refreshJwt = ''] = signatures.map(
    (signature) => `h.${Buffer.from(JSON.stringify({ scope })).toString('base64url')}.${signature}`,
  )
  const did = `did:web:localhost%3A${server.port}`
  const plc = `did:plc:${secretOf(`did ${index}`)
    .replace(/[0189]/g, 'x')
    .slice(0, 24)}`
  const identifier = [`nobody-${index}@example.com`, `nobody-${index}.example.com`, plc][index % 6] ?? did
  const tokens = { accessJwt, refreshJwt }
  const secrets = [password, accessJwt, refreshJwt]
  const servers = [server.url, `http://localhost:${server.port}`, 'http://127.0.0.1:9', 'http://169.254.169.254']
  const signsIn = index % 3 > 0
  const atSignIn = { did, secrets, inNames: secrets, servers }
  // Once signed in, the password is destroyed, and nobody can tell it any more in the name of a host.
  const told = signsIn ? { ...atSignIn, inNames: [accessJwt, refreshJwt] } : atSignIn
  const script = fc.record({
    signIn: said(signsIn ? anySuccess(atSignIn, { ...tokens, did }) : anyAnswer(atSignIn)),
    document: said(fc.oneof(anyAnswer(told), anySuccess(told, { id: did }))),
    others: fc.array(said(fc.oneof(anyAnswer(told), anyAnswer(told), anySuccess(told))), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  const [drawn] = fc.sample(script, { seed: seed + index, numRuns: 1 })
  const given = drawn?.signIn[0].includes(`"accessJwt":"${accessJwt}"`) && /keeps|closes/.test(drawn.signIn[1])
  let asked = 0
  answer = (socket, request) => {
    const path = request.split(' ', 2)[1] ?? ''
    const other = drawn?.others[asked++ % drawn.others.length]
    const toIdentity = path.endsWith('/did.json') ? drawn?.document : other
    const [bytes, manner] = (path.endsWith('.createSession') ? drawn?.signIn : toIdentity) ?? []
    if (bytes && manner) manners[manner](socket, bytes)
  }
  return { server, identifier, password, signatures: given ? signatures : [] }
}

beforeAll(async () => {
  const env = { PDS_DISCOVERY: 'follow', REQUEST_TIMEOUT_SECONDS: '2', RETRY_DELAYS_SECONDS: '3600' }
  system = await createSystem({ workers: false, env })
  users = await Promise.all(Array.from({ length: USERS }, () => system.user()))
  const { channels } = system.context.db
  for (let index = 0; index < SERVERS; index++) {
    const one = await startCase(index)
    cases.push(one)
    const { id } = (await users[index % USERS]?.connect(one.identifier, one.password)) ?? {}
    // As if the identity had been asked: it names this server.
    await channels.updateOne({ _id: new Types.ObjectId(id) }, { serviceUrl: one.server.url, serverFoundAt: new Date() })
  }
  await system.startWorkers()
  const underWay = () => channels.countDocuments({ status: { $in: ['connecting', 'verifying'] } })
  await vi.waitFor(async () => expect(await underWay(), `with the seed ${seed}`).toBe(0), {
    timeout: 90_000,
    interval: 500,
  })
}, 120_000)

afterAll(async () => {
  for (const { server } of cases) await server.close()
  await system.stop()
})

test('every channel comes to an outcome, and no job breaks off', async () => {
  const channels = await system.context.db.channels.find().lean()
  expect(channels).toHaveLength(SERVERS)
  const codes = channels.map(({ outcome }) => outcome?.code)
  const unknown = codes.filter((code) => !code || !outcomeCodes.includes(code))
  expect(unknown, `with the seed ${seed}`).toEqual([])
  const odd = system.log.records().filter(({ level, msg }) => level === 'error' || /broke off/.test(String(msg)))
  expect(odd, `with the seed ${seed}`).toEqual([])
  // That the answers are of many kinds, and lead beyond the sign-in.
  expect(new Set(codes).size).toBeGreaterThan(4)
  expect(await system.context.db.attempts.countDocuments({ step: 'verify' })).toBeGreaterThan(4)
})

/** In whatever spelling: only letters and digits are compared. */
const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')

test('no app password and no token is in a record, an answer of ours or the log', async () => {
  const { channels, attempts } = system.context.db
  const answers: unknown[] = []
  for (const user of users) {
    const list = await user.request<{ channels: { id: string }[] }>('GET', '/api/channels?limit=100')
    answers.push(list.body)
    for (const { id } of list.body.channels) answers.push((await user.request('GET', `/api/channels/${id}`)).body)
  }
  answers.push((await (await system.admin()).request('GET', '/api/admin/connections?limit=100')).body)
  const places = {
    channels: await channels.find().lean(),
    attempts: await attempts.find().lean(),
    answers,
    log: system.log.records(),
  }
  const secrets = cases.flatMap(({ password, signatures }) => [bare(password), ...signatures])
  const told = leaves(places).filter(([, text]) => secrets.some((secret) => bare(text).includes(secret)))
  expect(told, `with the seed ${seed}`).toEqual([])
})

/** Every text in it, with the way there. */
const leaves = (tree: unknown, path = ''): [path: string, text: string][] =>
  tree !== null && typeof tree === 'object' && !(tree instanceof Types.ObjectId)
    ? Object.entries(tree).flatMap(([key, value]) => leaves(value, `${path}.${key}`))
    : [[path, String(tree)]]
