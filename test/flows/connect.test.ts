// A connect from the submit to its outcome, on a real PDS.
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import {
  createAccount,
  createAppPassword,
  deactivate,
  listRecords,
  putProfile,
  repoState,
  takeDown,
} from '../helpers/pds.ts'

const pds = inject('pds')
let system: System
let user: Client

beforeAll(async () => {
  system = await createSystem()
  user = await system.user()
})
afterAll(() => system.stop())

test('an account with a good app password becomes connected, and nothing is posted', async () => {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const before = await repoState(account)

  const submitted = await user.connect(
    `@${account.handle.toUpperCase()} `,
    appPassword.replace(/^./, (letter) => letter.toUpperCase()),
  )
  expect(submitted).toMatchObject({ status: 'connecting', identifier: account.handle, outcome: null })

  const channel = await system.settled(user, submitted.id)
  expect(channel).toMatchObject({
    status: 'connected',
    outcome: { code: 'connected' },
    handle: account.handle,
    did: account.did,
    serviceUrl: pds.pdsUrl,
    pdsUrl: pds.pdsUrl,
  })
  expect(channel.lastVerifiedAt).not.toBeNull()
  expect(channel.attempts.map(({ step, outcome }) => [step, outcome])).toEqual([
    ['verify', 'connected'],
    ['connect', 'signed_in'],
  ])
  expect(await listRecords(account)).toEqual([])
  expect(await repoState(account)).toEqual(before)
})

test('a wrong app password needs the user and is tried once', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, 'aaaa-bbbb-cccc-dddd')
  const channel = await system.settled(user, id)
  expect(channel).toMatchObject({
    status: 'action_required',
    outcome: { code: 'bad_credentials', fixBy: 'user' },
    nextTryAt: null,
  })
  expect(channel.attempts).toHaveLength(1)
  expect(channel.attempts[0]?.answer).toMatchObject({
    call: 'createSession',
    status: 401,
    error: 'AuthenticationRequired',
  })
})

test('a deactivated account is told apart', async () => {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  await deactivate(account)
  const { id } = await user.connect(account.handle, appPassword)
  expect(await system.settled(user, id)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'account_deactivated' },
  })
})

test('an account that is taken down after it was connected is found by verifying again', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.settled(user, id)
  await takeDown(pds, account)
  const again = await user.request('POST', `/api/channels/${id}/verify`)
  expect(again.status).toBe(202)
  expect(await system.settled(user, id)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'account_taken_down' },
  })
})

test('the password is gone from the database as soon as the sign-in is over', async () => {
  const account = await createAccount(pds)
  const good = await user.connect(account.handle, await createAppPassword(account))
  const bad = await user.connect((await createAccount(pds)).handle, 'aaaa-bbbb-cccc-dddd')
  await Promise.all([system.settled(user, good.id), system.settled(user, bad.id)])
  const docs = await system.context.db.channels
    .find({ _id: { $in: [good.id, bad.id] } })
    .select('+secrets')
    .lean()
  expect(docs).toHaveLength(2)
  for (const { secrets } of docs) expect(secrets?.password).toBeUndefined()
})

test('a display name of which nothing is seen counts as none, and any other is kept', async () => {
  const shown = async (displayName: string) => {
    const account = await createAccount(pds)
    await putProfile(account, displayName)
    const { id } = await user.connect(account.handle, await createAppPassword(account))
    return (await system.settled(user, id)).displayName
  }
  expect([await shown('\u200B\u2060\u3164'), await shown(' نور '), await shown('Ada')]).toEqual([null, 'نور', 'Ada'])
})
