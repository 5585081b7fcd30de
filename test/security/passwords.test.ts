// Passwords of the program's own accounts: what is refused, on every way on which one is set.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth, ensureAdmin } from '../../src/auth.ts'
import { passwordProblem } from '../../src/auth/passwords.ts'
import { readApiConfig } from '../../src/config.ts'
import type { Problem } from '../../src/contract.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

const EMAIL = 'annabel.winterbourne@example.com'

describe('refused is', () => {
  test.each([
    ['eleven char', 'password_too_short'],
    ['x9'.repeat(65), 'password_too_long'],
    [EMAIL, 'password_is_address'],
    ['Annabel.Winterbourne', 'password_is_address'],
    ['annabel.winterbourne1', 'password_too_easy'],
    ['administrator', 'password_too_easy'],
    ['password1234', 'password_too_easy'],
    ['P@ssw0rdP@ssw0rd', 'password_too_easy'],
    ['iloveyou1234', 'password_too_easy'],
    ['qwertyuiop12', 'password_too_easy'],
    ['1q2w3e4r5t6y', 'password_too_easy'],
    ['123456789012', 'password_too_easy'],
    ['aaaaaaaaaaaa', 'password_too_easy'],
    ['abcdefghijkl', 'password_too_easy'],
  ])('%s: %s', (password, code) => {
    expect(passwordProblem(password, EMAIL)?.code).toBe(code)
  })
})

test.each([PASSWORD, 'k3Ycp2-xQ_Wz', 'Ümläute sind erlaubt', 'lamp harbour cactus ninth'])(
  'taken is %s',
  (password) => {
    expect(passwordProblem(password, EMAIL)).toBeNull()
  },
)

describe('asked about is every way on which a password is set', () => {
  const EASY = 'password1234'
  let system: System
  let admin: Client
  beforeAll(async () => {
    system = await createSystem({ workers: false })
    admin = await system.admin()
  })
  afterAll(() => system.stop())

  const set: [way: string, send: (password: string, user: Client) => Promise<{ status: number; body: Problem }>][] = [
    [
      'a sign-up',
      (password) =>
        system.anyone.request<Problem>('POST', '/api/auth/sign-up/email', {
          body: { email: `${randomUUID()}@example.com`, password, name: 'Test' },
        }),
    ],
    [
      'a change',
      (newPassword, user) =>
        user.request<Problem>('POST', '/api/auth/change-password', {
          body: { currentPassword: PASSWORD, newPassword },
        }),
    ],
    [
      'an account that an admin makes',
      (password) =>
        admin.request<Problem>('POST', '/api/auth/admin/create-user', {
          body: { email: `${randomUUID()}@example.com`, password, name: 'Test' },
        }),
    ],
    [
      'a password that an admin sets',
      (newPassword, user) =>
        admin.request<Problem>('POST', '/api/auth/admin/set-user-password', { body: { userId: user.id, newPassword } }),
    ],
  ]

  test.each(set)('%s', async (_way, send) => {
    const user = await system.user()
    const refused = await send(EASY, user)
    expect(refused).toMatchObject({ status: 422, body: { code: 'password_too_easy', status: 422 } })
    expect(refused.body.detail).toMatch(/several words/)
    expect((await send('short', user)).body.code).toBe('password_too_short')
    expect((await send('lamp harbour cactus ninth', user)).status).toBe(200)
  })

  test.each(set.filter(([way]) => way.includes('change') || way.includes('sets')))(
    '%s, with the address of whom it is for',
    async (_way, send) => {
      const user = await system.user()
      expect((await send(user.email, user)).body.code).toBe('password_is_address')
    },
  )

  test('the first admin: the configuration takes no short one, the start no easy one', async () => {
    expect(() => readApiConfig({ ...system.env, ADMIN_PASSWORD: 'eleven char' })).toThrow(
      'ADMIN_PASSWORD is not usable: expected at least 12 characters',
    )
    const { db } = system.context
    await db.connection.collection('user').updateMany({ role: 'admin' }, { $set: { role: 'user' } })
    const config = readApiConfig({ ...system.env, ADMIN_EMAIL: 'first@example.com', ADMIN_PASSWORD: EASY })
    const context = { ...system.context, config }
    await expect(ensureAdmin(context, createAuth(context))).rejects.toThrow(
      /first@example\.com could not be made: .*first that are guessed/,
    )
  })
})

test('a sign-in with a password that would be refused today is a sign-in', async () => {
  const system = await createSystem({ workers: false })
  const body = { email: 'nobody@example.com', password: 'short' }
  const answer = await system.anyone.request<Problem>('POST', '/api/auth/sign-in/email', { body })
  await system.stop()
  expect(answer).toMatchObject({ status: 401, body: { code: 'wrong_email_or_password' } })
})
