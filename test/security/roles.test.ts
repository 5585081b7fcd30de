// Roles: there are two, one rule decides who is an admin, and the last one cannot go.
import { Types } from 'mongoose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAuth, ensureAdmin } from '../../src/auth.ts'
import type { Problem } from '../../src/contract.ts'
import { createSystem, PASSWORD, type Client, type System } from '../helpers/system.ts'

let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())
beforeEach(async () => {
  const { connection } = system.context.db
  for (const name of ['user', 'account', 'session']) await connection.collection(name).deleteMany({})
  await ensureAdmin(system.context, createAuth(system.context))
  admin = await system.admin()
  user = await system.user()
})

const users = () => system.context.db.connection.collection('user')
const roleOf = async ({ id }: Client) => (await users().findOne({ _id: new Types.ObjectId(id) }))?.['role'] as unknown
const act = (by: Client, name: string, body: object) => by.request<Problem>('POST', `/api/auth/admin/${name}`, { body })
const setRole = (by: Client, whom: Client, role: unknown) => act(by, 'set-role', { userId: whom.id, role })
const sees = async (client: Client) => (await client.request('GET', '/api/admin/audit')).status
const lastAdmin = {
  status: 409,
  body: { code: 'last_admin', detail: expect.stringContaining('only administrator') as string },
}

describe('a role is user or admin:', () => {
  test.each([[['user', 'admin']], ['user,admin'], ['owner'], ['Admin'], [''], [[]]])('%j is refused', async (role) => {
    expect(await setRole(admin, user, role)).toMatchObject({ status: 422, body: { code: 'role_unknown' } })
    expect(await roleOf(user)).toBe('user')
    expect(await sees(user)).toBe(403)
  })

  test('an account is not made with another one either', async () => {
    const body = { email: 'odd@example.com', password: PASSWORD, name: 'Odd', role: ['user', 'admin'] }
    expect(await act(admin, 'create-user', body)).toMatchObject({ status: 422, body: { code: 'role_unknown' } })
    const inData = { ...body, role: undefined, data: { role: 'user,admin' } }
    expect(await act(admin, 'create-user', inData)).toMatchObject({ status: 422, body: { code: 'role_unknown' } })
    expect(await users().countDocuments({ email: body.email })).toBe(0)
  })

  test('nobody gives themselves one at sign-up', async () => {
    const body = { email: 'self@example.com', password: PASSWORD, name: 'Self', role: 'admin' }
    await system.anyone.request('POST', '/api/auth/sign-up/email', { body })
    expect(await users().countDocuments({ email: body.email, role: 'admin' })).toBe(0)
  })

  test('who is an admin says the same to every half of the program', async () => {
    await setRole(admin, user, 'admin')
    expect(await sees(user)).toBe(200)
    expect((await user.request('GET', '/api/admin/people')).status).toBe(200)
    await setRole(admin, user, 'user')
    expect(await sees(user)).toBe(403)
    expect((await user.request('GET', '/api/admin/people')).status).toBe(403)
  })

  test('a start withdraws what an older version let in', async () => {
    await users().updateOne({ _id: new Types.ObjectId(user.id) }, { $set: { role: 'user,admin' } })
    await ensureAdmin(system.context, createAuth(system.context))
    expect(await roleOf(user)).toBe('user')
    expect((await user.request('GET', '/api/admin/people')).status).toBe(403)
  })
})

describe('the last admin', () => {
  const deletes = (client: Client) =>
    client.request<Problem>('POST', '/api/auth/delete-user', { body: { password: PASSWORD } })

  test('cannot delete their account', async () => {
    expect(await deletes(admin)).toMatchObject(lastAdmin)
    expect(await sees(admin)).toBe(200)
  })

  test('is not the last while there is another, who then is', async () => {
    await setRole(admin, user, 'admin')
    expect((await setRole(user, admin, 'user')).status).toBe(200)
    expect(await deletes(user)).toMatchObject(lastAdmin)
  })

  test('an admin who is locked out is no other', async () => {
    await setRole(admin, user, 'admin')
    expect((await act(admin, 'ban-user', { userId: user.id })).status).toBe(200)
    expect(await deletes(admin)).toMatchObject(lastAdmin)
  })

  test('cannot make themselves a user, lock themselves out or remove themselves', async () => {
    const notYourself = { status: 409, body: { code: 'not_yourself' } }
    expect(await setRole(admin, admin, 'user')).toMatchObject(notYourself)
    expect(await act(admin, 'ban-user', { userId: admin.id })).toMatchObject(notYourself)
    expect(await act(admin, 'remove-user', { userId: admin.id })).toMatchObject(notYourself)
    expect(await sees(admin)).toBe(200)
  })

  test.each(['remove-user', 'ban-user'])('two who do %s to each other at once do not both go', async (name) => {
    await setRole(admin, user, 'admin')
    await Promise.all([act(admin, name, { userId: user.id }), act(user, name, { userId: admin.id })])
    expect(await users().countDocuments({ role: 'admin', banned: { $ne: true } })).toBeGreaterThan(0)
  })

  test('two who make users of each other at once do not both go', async () => {
    await setRole(admin, user, 'admin')
    await Promise.all([setRole(admin, user, 'user'), setRole(user, admin, 'user')])
    expect(await users().countDocuments({ role: 'admin' })).toBeGreaterThan(0)
  })

  test('is not given away by whoever is no admin', async () => {
    expect(await act(user, 'remove-user', { userId: admin.id })).toMatchObject({ status: 403 })
    expect(await act(user, 'ban-user', { userId: admin.id })).toMatchObject({ status: 403 })
    expect(await setRole(user, admin, 'user')).toMatchObject({ status: 403 })
  })
})

test('without an admin the program starts, promotes nobody and says what to do', async () => {
  await users().deleteMany({ role: 'admin' })
  await users().updateOne({ _id: new Types.ObjectId(user.id) }, { $set: { email: 'admin@example.com' } })
  expect(await ensureAdmin(system.context, createAuth(system.context))).toBe(false)
  expect(await roleOf(user)).toBe('user')
  expect(system.log.records()).toContainEqual(
    expect.objectContaining({
      level: 'error',
      msg: expect.stringMatching(/ADMIN_EMAIL is the address of a user: set another/) as string,
    }),
  )
})
