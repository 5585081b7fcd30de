// One app password and its tokens through every flow, and then looked for everywhere, in every spelling a server or a log may give them.
import { randomBytes, randomInt } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Channel } from '../../src/contract.ts'
import { startServer, type OddServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { readWorkerConfig } from '../../src/config.ts'
import { createUnseal } from '../../workers/unseal.ts'
import { linkIn, mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const letters = 'abcdefghijklmnopqrstuvwxyz234567'
const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('')
/** Of an account that does not exist, or has another one. */
const canary = [group(), group(), group(), group()].join('-')
const secrets = [canary]

/** How a server, a proxy or a log may write a secret; base64 as it is cut at each of three beginnings. */
const codings: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  'without dashes': (secret) => secret.replaceAll('-', ''),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'hex, without dashes': (secret) => Buffer.from(secret.replaceAll('-', '')).toString('hex'),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 of more': (secret) => Buffer.from(`x:${secret}:x`).toString('base64'),
  'URL-coded': (secret) => Array.from(Buffer.from(secret), (byte) => `%${byte.toString(16)}`).join(''),
  backwards: (secret) => Array.from(secret).toReversed().join(''),
}
const repeated = Object.entries(codings).filter(([name]) => name !== 'backwards')

function leaksIn(text: string): string[] {
  const small = text.toLowerCase()
  return secrets.flatMap((secret, index) => {
    const inner64 = [0, 1, 2].map((offset) =>
      Buffer.from('x'.repeat(offset) + secret)
        .toString('base64')
        .slice(4, -4),
    )
    const found = Object.entries(codings)
      .filter(([name, code]) => !name.startsWith('base64') && small.includes(code(secret).toLowerCase()))
      .map(([name]) => name)
    return [...found, ...(inner64.some((form) => text.includes(form)) ? ['base64'] : [])].map(
      (name) => `secret ${index} ${name}`,
    )
  })
}

let system: System
let user: Client
let admin: Client
let echo: OddServer
let mailServer: MailServer
/** Of the mail server. */
const smtpPassword = randomBytes(12).toString('hex')
/** How the echoing server writes the password that it is told. */
let code: (secret: string) => string = (secret) => secret
/** Every response, with its headers. */
const heard: string[] = []

async function ask<T = Channel>(client: Pick<Client, 'request'>, method: string, path: string, body?: unknown) {
  const { status, headers, body: told } = await client.request<T>(method, path, body === undefined ? {} : { body })
  heard.push(JSON.stringify([status, [...headers], told]))
  return { status, body: told }
}
const connect = async (identifier: string, appPassword: string) =>
  (await ask(user, 'POST', '/api/channels/bluesky', { identifier, appPassword })).body
const settled = async (id: string) => {
  const channel = await system.settled(user, id)
  heard.push(JSON.stringify(channel))
  return channel
}
const serviceUrl = (origin: string) =>
  ask(admin, 'PUT', '/api/admin/api-integration/bluesky', { 'bluesky_service-url': origin })

beforeAll(async () => {
  mailServer = await startMailServer()
  const SMTP_URL = mailServer.url.replace('//', `//connect:${smtpPassword}@`)
  system = await createSystem({ env: { LOG_LEVEL: 'trace', ...mailEnv(mailServer), SMTP_URL } })
  secrets.push(smtpPassword)
  user = await system.user()
  admin = await system.admin()
  echo = await startServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const { password = '' } = text.startsWith('{') ? (JSON.parse(text) as { password?: string }) : {}
      const word = password && code(password)
      response.writeHead(400, { 'content-type': 'application/json', 'x-said': word })
      response.end(JSON.stringify({ error: word || 'InvalidRequest', message: `no such password: ${word}` }))
    })
  })
}, 120_000)
afterAll(async () => {
  await system.stop()
  await Promise.all([echo.close(), mailServer.close()])
})

async function everythingInRedis(): Promise<string> {
  const { redis, config } = system.context
  const keys = await redis.keys(`${config.redis.prefix}*`)
  const dumps = await Promise.all(
    keys.map(async (key) => `${key} ${(await redis.dumpBuffer(key))?.toString('latin1')}`),
  )
  return dumps.join('\n')
}

/** The snapshot and the append-only files, where the store of the tests writes them. */
async function filesOfRedis(): Promise<string> {
  const [, dir = ''] = await system.context.redis.config('GET', 'dir')
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && /\.(aof|rdb)$/.test(entry.name))
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1').catch(() => ''))
  return (await Promise.all(texts)).join('\n')
}

async function everythingInMongo(): Promise<string> {
  const { db } = system.context.db.connection
  const collections = (await db?.listCollections().toArray()) ?? []
  return JSON.stringify(
    await Promise.all(collections.map(async ({ name }) => [name, await db?.collection(name).find().toArray()])),
  )
}

/** Of every process that we may look at, ours among them. */
async function processes(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const texts = pids.flatMap((pid) =>
    ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  )
  return (await Promise.all(texts)).join('\n')
}

async function everywhere(): Promise<Record<string, string>> {
  for (const path of ['/healthz', '/readyz', '/metrics']) await ask(system.anyone, 'GET', path)
  for (const path of ['/api/channels', '/api/me']) await ask(user, 'GET', path)
  for (const path of [
    '/api/admin/connections?status=connecting,verifying,connected,retrying,action_required,failed',
    '/api/admin/connections/summary',
    '/api/admin/connections.csv',
    '/api/admin/audit',
  ])
    await ask(admin, 'GET', path)
  return {
    log: system.log.lines.join('\n'),
    responses: heard.join('\n'),
    redis: await everythingInRedis(),
    'files of redis': await filesOfRedis(),
    mongo: await everythingInMongo(),
    processes: await processes(),
  }
}

async function expectNoLeak() {
  for (const [where, text] of Object.entries(await everywhere())) expect(leaksIn(text), `in ${where}`).toEqual([])
}

test('the search finds what it is to find', () => {
  for (const [name, write] of Object.entries(codings)) expect(leaksIn(`a ${write(canary)} b`), name).not.toEqual([])
})

test('nothing is left of a password that was good: while it waits, connected, checked, connected anew and removed', async () => {
  const account = await createAccount(pds)
  const [first, second] = [await createAppPassword(account), await createAppPassword(account)]
  secrets.push(first, second, account.password)
  await system.stopWorkers()
  const { id } = await connect(account.handle, first)
  await expectNoLeak()
  await system.startWorkers()

  const keepTokens = async () => {
    const channel = await system.context.db.channels.findById(id).select('+secrets').lean()
    const sealed = channel?.secrets?.session ?? ''
    const session = JSON.parse(
      await createUnseal(readWorkerConfig(system.env).unsealingKeys)('session', id, sealed),
    ) as Record<string, string>
    for (const name of ['accessJwt', 'refreshJwt'])
      secrets.push(session[name] ?? '', session[name]?.split('.')[2] ?? '')
  }
  expect(await settled(id)).toMatchObject({ status: 'connected' })
  await keepTokens()
  await ask(user, 'POST', `/api/channels/${id}/verify`, {})
  expect(await settled(id)).toMatchObject({ status: 'connected' })
  // Those that the check renewed.
  await keepTokens()
  await ask(user, 'POST', `/api/channels/${id}/reconnect`, { appPassword: second })
  expect(await settled(id)).toMatchObject({ status: 'connected' })
  await keepTokens()
  await ask(admin, 'GET', `/api/admin/connections/${id}`)
  await expectNoLeak()
  expect((await ask(user, 'DELETE', `/api/channels/${id}`)).status).toBe(204)
  await expectNoLeak()
}, 240_000)

test('nothing is left of one that was refused, sent to the wrong server, or is none', async () => {
  const [here, there] = [await createAccount(pds), await createAccount(pds, { on: 'otherPdsUrl' })]
  for (const { handle } of [here, there]) await settled((await connect(handle, canary)).id)
  expect(
    (await ask(user, 'POST', '/api/channels/bluesky', { identifier: here.handle, appPassword: `${canary}!` })).status,
  ).toBe(422)
  await expectNoLeak()
}, 240_000)

test.each([
  ['alone', canary, canary],
  ['with the ending of a handle', `${canary}.bsky.social`, canary],
  ['as an address of a profile', `https://bsky.app/profile/${canary}`, canary],
  ['with another one in its own field', canary, 'abcd-efgh-ijkl-mnop'],
  ['behind the end of a line', `somebody.test\n${canary}`, 'abcd-efgh-ijkl-mnop'],
  ['behind a tab', `somebody.test\t${canary}`, 'abcd-efgh-ijkl-mnop'],
  ['behind a tab, without dashes', `somebody.test\t${canary.replaceAll('-', '')}`, 'abcd-efgh-ijkl-mnop'],
  ['with the end of a line left out', `somebody.test${canary}`, 'abcd-efgh-ijkl-mnop'],
  [
    'without dashes, with the end of a line left out',
    `somebody.test${canary.replaceAll('-', '')}`,
    'abcd-efgh-ijkl-mnop',
  ],
  ['glued to a bare name', `somebody${canary}`, 'abcd-efgh-ijkl-mnop'],
  ['in capitals with spaces', `somebody.test ${canary.toUpperCase().replaceAll('-', ' ')}`, 'abcd-efgh-ijkl-mnop'],
  ['behind a name and a handle', `Somebody (@somebody.test) ${canary}`, 'abcd-efgh-ijkl-mnop'],
  [
    'in code, in an address of a profile',
    `https://bsky.app/profile/${canary.replaceAll('-', '%2D')}.test`,
    'abcd-efgh-ijkl-mnop',
  ],
  ['as a mailbox, without dashes', `${canary.replaceAll('-', '')}@example.com`, canary],
])('nothing is left of one in the field of the handle, %s', async (_, identifier, appPassword) => {
  const { status } = await ask(user, 'POST', '/api/channels/bluesky', { identifier, appPassword })
  expect(status).toBe(422)
  await expectNoLeak()
})

test('nothing is left of one in a path', async () => {
  for (const path of [
    `/api/channels/${canary}`,
    `/api/${canary}`,
    `/api/admin/connections/${canary}/retry`,
    `/app/${canary}?${canary}`,
  ])
    await ask(user, 'GET', path)
  await ask(system.anyone, 'POST', '/api/page-errors', { reference: 'abc', message: 'x', page: `/app/${canary}` })
  await expectNoLeak()
})

test.each(repeated)(
  'nothing is left of one that a server repeats %s',
  async (name, write) => {
    code = write
    await serviceUrl(echo.origin)
    const { id } = await connect(`${name.replaceAll(/[^a-z0-9]/gi, '-').toLowerCase()}.test`, canary)
    await settled(id)
    await ask(user, 'GET', `/api/channels/${id}`)
    await ask(admin, 'GET', `/api/admin/connections/${id}`)
    await expectNoLeak()
  },
  120_000,
)

test('nothing is left of a link that a mail holds: while it waits, is refused, sent and used; nor of the password of the mail server', async () => {
  const forgetful = await system.user()
  await mailServer.mailTo(forgetful.email)
  await system.stopWorkers()
  const { db } = system.context
  await ask(system.anyone, 'POST', '/api/auth/request-password-reset', { email: forgetful.email })
  await ask(forgetful, 'POST', '/api/auth/send-verification-email', { email: forgetful.email })
  const waiting = await db.mails.find({ userId: forgetful.id, link: { $exists: true } }).lean()
  expect(waiting).toHaveLength(2)
  const unseal = createUnseal(readWorkerConfig(system.env).unsealingKeys)
  for (const { _id, link = '' } of waiting) {
    const { hash } = new URL(await unseal('link', _id, link))
    // The last part of a signed token is what nobody can make up.
    secrets.push(hash.slice(1), hash.slice(1).split('.').at(-1) ?? '')
  }
  await expectNoLeak()

  mailServer.reply = (stage) => (stage === 'auth' ? 535 : null)
  await system.startWorkers()
  const failed = () => db.mails.countDocuments({ userId: forgetful.id, 'lease.failures': 1 })
  await expect.poll(failed, { timeout: 30_000 }).toBe(2)
  await expectNoLeak()
  mailServer.reply = () => null
  await db.mails.updateMany({}, { $set: { notBefore: new Date(0), 'lease.sweepAt': new Date(0) } })
  const token = linkIn(await mailServer.mailTo(forgetful.email, /new password/), 'reset-password').hash.slice(1)
  await expect.poll(() => db.mails.countDocuments({ link: { $exists: true } }), { timeout: 30_000 }).toBe(0)
  expect(secrets).toContain(token)
  const { status } = await ask(system.anyone, 'POST', '/api/auth/reset-password', { token, newPassword: canary })
  expect(status).toBe(200)
  await expectNoLeak()
}, 120_000)
