// What operators do about administrators: who there is, making one, and a new password for one who cannot sign in; and what a start says of ADMIN_PASSWORD.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth, ensureAdmin } from '../../src/auth.ts'
import type { AuditPage } from '../../src/contract.ts'
import { collectLog } from '../helpers/log.ts'
import { runNode } from '../helpers/keys.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const NEW_PASSWORD = 'lamp harbour cactus'
const ADMIN = 'admin@example.com'
const timeout = 180_000
let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

const admins = (...args: string[]) => runNode(['src/admins.ts', ...args], system.env)
const people = () => system.context.db.connection.collection('user')
const newEmail = () => `o-${randomUUID()}@example.com`
const signIn = (email: string, password: string) =>
  system.anyone.request('POST', '/api/auth/sign-in/email', { body: { email, password } })
const linkIn = (said: string) => new URL(/https?:\S+#\S+/.exec(said)?.[0] ?? 'http://none')
const setPassword = (link: URL, newPassword = NEW_PASSWORD) =>
  system.anyone.request<{ code: string }>('POST', '/api/auth/reset-password', {
    body: { token: link.hash.slice(1), newPassword },
  })
const audit = async (by: Client, whom: string) =>
  (await by.request<AuditPage>('GET', '/api/admin/audit?limit=100')).body.entries.filter((one) => one.whom === whom)

/** As an operator pipes it. */
const pipe = (input: string, args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const script = join(import.meta.dirname, '../../src/admins.ts')
    const child = execFile(
      process.execPath,
      [script, ...args],
      { env: { PATH: process.env.PATH, ...system.env }, timeout },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    )
    child.stdin?.end(input)
  })

test('one is made, listed, and gets in by the link', { timeout }, async () => {
  const email = newEmail()
  const made = await admins('make', email)
  expect(made).toMatchObject({ code: 0, said: expect.stringContaining(`${email} is administrator.`) as string })
  const link = linkIn(made.said)
  expect(link.origin + link.pathname).toBe(`${system.url}/invitation`)
  expect((await admins('list')).said.split('\n')).toEqual([ADMIN, email, ''])
  expect((await setPassword(link)).status).toBe(200)
  expect((await signIn(email, NEW_PASSWORD)).status).toBe(200)
  await people().deleteOne({ email })
})

test('somebody who has an account becomes administrator, also one who was locked out', { timeout }, async () => {
  const user = await system.user()
  await people().updateOne({ email: user.email }, { $set: { banned: true, banReason: 'by mistake' } })
  expect((await admins('make', user.email.toUpperCase())).code).toBe(0)
  expect(await people().findOne({ email: user.email })).toMatchObject({ role: 'admin' })
  expect((await signIn(user.email, PASSWORD)).status).toBe(200)
  const by = await system.admin()
  expect(await audit(by, user.email)).toMatchObject([
    { actor: 'command line', action: 'role_changed', from: 'user', to: 'admin' },
  ])
  await people().deleteOne({ email: user.email })
})

test('a link to a new password for the first administrator, who need not be named', { timeout }, async () => {
  const by = await system.admin()
  const { code, said } = await admins('reset-password')
  expect([code, said]).toEqual([0, expect.stringContaining(`sets a new password for ${ADMIN}, once, within a day`)])
  expect(await audit(by, ADMIN)).toMatchObject([{ actor: 'command line', action: 'password_link_made' }])
  expect((await setPassword(linkIn(said))).status).toBe(200)
  expect((await signIn(ADMIN, PASSWORD)).status).toBe(401)
  expect((await by.request('GET', '/api/me')).status).toBe(401)
  expect((await setPassword(linkIn(said), PASSWORD)).body.code).toBe('link_invalid')
})

test('a new password from the standard input, by the rule for all; it is shown nowhere', { timeout }, async () => {
  const refused = await pipe('password1234\n', ['reset-password', ADMIN, '--password'])
  expect(refused).toMatchObject({
    code: 1,
    said: expect.stringContaining('among the first that are guessed') as string,
  })
  const { code, said } = await pipe(`${PASSWORD}\n`, ['reset-password', ADMIN, '--password'])
  expect([code, said]).toEqual([0, `${ADMIN} has a new password, and was signed out everywhere.\n`])
  expect((await signIn(ADMIN, PASSWORD)).status).toBe(200)
})

test('what cannot be done is said in a sentence', { timeout }, async () => {
  expect(await admins('reset-password', 'nobody@example.com')).toMatchObject({
    code: 1,
    said: expect.stringContaining('./service.sh admin make nobody@example.com makes one') as string,
  })
  expect(await admins('make', 'nobody')).toEqual({ code: 1, said: 'That is not an e-mail address.\n' })
  const nonsense = [[], ['make'], ['list', 'x'], ['remove', ADMIN], ['make', ADMIN, '--password']]
  const codes = nonsense.map(async (args) => [args, (await admins(...args)).code])
  expect(await Promise.all(codes)).toEqual(nonsense.map((args) => [args, 64]))
})

test('./service.sh does it with the stores that are configured', { timeout }, async () => {
  const service = (args: string[]) =>
    runNode(['services/cli/cli.ts', ...args], { ...process.env, ...system.env } as Record<string, string>)
  const listed = await service(['admin', 'list'])
  expect([listed.code, listed.said]).toEqual([0, expect.stringContaining(ADMIN)])
  const { code, said } = await service(['admin', 'reset-password', ADMIN])
  expect(code).toBe(0)
  expect(linkIn(said).origin).toBe(system.url)
  expect((await service(['admin', 'remove'])).code).toBe(2)
})

describe('a start where there is an administrator already says', () => {
  const said = async (firstAdmin: { email: string; password: string }) => {
    const log = collectLog()
    const context = { ...system.context, log: log.logger, config: { ...system.context.config, firstAdmin } }
    expect(await ensureAdmin(context, createAuth(context))).toBe(false)
    const lines = log.records()
    expect(JSON.stringify(lines)).not.toContain(firstAdmin.password)
    return lines
  }

  test('that all is as it was', async () => {
    expect(await said({ email: ADMIN, password: PASSWORD })).toMatchObject([
      { level: 'info', email: ADMIN, msg: expect.stringContaining('is there already, with ADMIN_PASSWORD') as string },
    ])
  })

  test('that ADMIN_PASSWORD fits no more, and which command resets it', async () => {
    expect(await said({ email: ADMIN.toUpperCase(), password: 'another lamp harbour' })).toMatchObject([
      { level: 'warn', msg: expect.stringContaining('./service.sh admin reset-password') as string },
    ])
  })

  test('that ADMIN_EMAIL is no administrator, and that none is made of it', async () => {
    const user = await system.user()
    for (const email of ['nobody@example.com', user.email]) {
      expect(await said({ email, password: PASSWORD })).toMatchObject([
        { level: 'warn', email, msg: expect.stringContaining('none is made of it') as string },
      ])
    }
    expect(await people().countDocuments({ role: 'admin' })).toBe(1)
  })
})
