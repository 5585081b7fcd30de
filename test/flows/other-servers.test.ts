// Accounts that live on another server than the Service URL, and those whose server or handle changes: through the whole system.
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import type { ChannelStatus, ConnectionPage, ConnectionWithAttempts, SavedOptions } from '../../src/contract.ts'
import {
  createAccount,
  createAppPassword,
  handleChange,
  migrateAccount,
  setProfile,
  type Account,
} from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PEOPLE = 20
/** The first PDS by another address. */
const alias = pds.pdsUrl.replace('localhost', '127.0.0.1')

async function start(env: Record<string, string> = {}) {
  const system = await createSystem({ env })
  onTestFinished(() => system.stop())
  return { system, user: await system.user(), admin: await system.admin() }
}
const save = async (admin: Client, body: Record<string, string>) =>
  (await admin.request<SavedOptions>('PUT', '/api/admin/api-integration/bluesky', { body })).body
const connect = async (user: Client, account: Account) => user.connect(account.handle, await createAppPassword(account))
async function reconnect(system: System, user: Client, id: string, appPassword: string) {
  await user.request('POST', `/api/channels/${id}/reconnect`, { body: { appPassword } })
  return system.settled(user, id)
}
async function check(system: System, user: Client, id: string) {
  await user.request('POST', `/api/channels/${id}/verify`)
  return system.settled(user, id)
}

test('where other servers are refused, 20 people wait; the admin is told where their accounts live, both ways out and how many it concerns, lets accounts be followed, and all are connected', async () => {
  const { system, admin } = await start({ RETRY_DELAYS_SECONDS: '2' })
  const users = await Promise.all([system.user(), system.user(), system.user()])
  for (let index = 0; index < PEOPLE; index++) {
    await connect(users[index % users.length] as Client, await createAccount(pds, { on: 'otherPdsUrl' }))
  }
  const count = (status: ChannelStatus) => system.context.db.channels.countDocuments({ status })
  await vi.waitFor(async () => expect(await count('action_required')).toBe(PEOPLE), { timeout: 90_000 })

  const { connections } = (await admin.request<ConnectionPage>('GET', '/api/admin/connections?outcome=wrong_server'))
    .body
  expect(connections).toHaveLength(PEOPLE)
  const { body: one } = await admin.request<ConnectionWithAttempts>(
    'GET',
    `/api/admin/connections/${connections[0]?.id}`,
  )
  expect(one.sameServer).toEqual({ people: users.length, more: false })
  expect(one.adminFix).toContain(`lives on ${new URL(pds.otherPdsUrl).host}`)
  expect(one.adminFix).toContain('set “Accounts on other servers” to “Follow”')
  expect(one.adminFix).toContain('make that the Service URL')

  expect(await save(admin, { bluesky_other_servers: 'follow' })).toMatchObject({ retried: PEOPLE, waiting: 0 })
  await vi.waitFor(async () => expect(await count('connected')).toBe(PEOPLE), { timeout: 150_000 })
}, 300_000)

test('where accounts are followed, an e-mail address goes to the Service URL, which alone can know it', async () => {
  const { system, user, admin } = await start()
  const { email, ...account } = await createAccount(pds)
  await save(admin, { bluesky_other_servers: 'follow' })
  const { id } = await user.connect(email, await createAppPassword(account))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', serviceUrl: pds.pdsUrl })
})

test('an account that moved connects with an app password of its new server: at once where accounts are followed, else when the admin lets them be', async () => {
  const { system, user, admin } = await start()
  const account = await createAccount(pds)
  const { id } = await connect(user, account)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  const moved = await migrateAccount(pds, account)
  expect(await check(system, user, id)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'account_moved', fixBy: 'user', params: { actualServer: pds.otherPdsUrl } },
  })
  const appPassword = await createAppPassword(moved)
  expect(await reconnect(system, user, id, appPassword)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'wrong_server', fixBy: 'admin' },
  })
  expect(await save(admin, { bluesky_other_servers: 'follow' })).toMatchObject({ retried: 1 })
  const connected = await system.until(user, id, ({ status }) => status === 'connected')
  expect(connected).toMatchObject({ did: account.did, serviceUrl: pds.otherPdsUrl, pdsUrl: pds.otherPdsUrl })

  const other = await createAccount(pds)
  const { id: otherId } = await connect(user, other)
  expect(await system.settled(user, otherId)).toMatchObject({ status: 'connected' })
  const otherMoved = await migrateAccount(pds, other)
  expect(await check(system, user, otherId)).toMatchObject({ outcome: { code: 'account_moved' } })
  expect(await reconnect(system, user, otherId, await createAppPassword(otherMoved))).toMatchObject({
    status: 'connected',
    serviceUrl: pds.otherPdsUrl,
  })
}, 90_000)

test('by another address of its server an account connects, stays connected, and a wrong password is just that', async () => {
  const { system, user } = await start({ BLUESKY_SERVICE_URL: alias })
  const account = await createAccount(pds)
  const { id } = await connect(user, account)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', serviceUrl: alias, pdsUrl: alias })
  expect(await check(system, user, id)).toMatchObject({ status: 'connected', outcome: { code: 'connected' } })
  expect(await reconnect(system, user, id, 'aaaa-bbbb-cccc-dddd')).toMatchObject({
    outcome: { code: 'bad_credentials' },
  })
})

test('a renamed account shows its new handle and name at the next check', async () => {
  const { system, user } = await start()
  const account = await createAccount(pds)
  const { id } = await connect(user, account)
  expect(await system.settled(user, id)).toMatchObject({ handle: account.handle, displayName: null })
  const { handle } = await handleChange(account)
  await setProfile(account, 'Renamed Person')
  expect(await check(system, user, id)).toMatchObject({ status: 'connected', handle, displayName: 'Renamed Person' })
})

test('a renamed account reconnects, though it is known here by its old handle', async () => {
  const { system, user } = await start()
  const account = await createAccount(pds)
  const { id } = await connect(user, account)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  const renamed = await handleChange(account)
  expect(await reconnect(system, user, id, 'aaaa-bbbb-cccc-dddd')).toMatchObject({
    outcome: { code: 'bad_credentials' },
  })
  expect(await reconnect(system, user, id, await createAppPassword(renamed))).toMatchObject({
    status: 'connected',
    handle: renamed.handle,
    identifier: account.handle,
    did: account.did,
  })
})

test('where a server takes no DIDs, an account signs in by the name that it goes by; where it does, a refusal stands', async () => {
  const server = await startScriptedServer({ kind: 'bluepds', scope: 'com.atproto.appPass' })
  onTestFinished(() => server.close())
  const { system, user } = await start({ BLUESKY_SERVICE_URL: server.origin })
  const signIns = () => server.requests.filter(({ path }) => path.endsWith('.createSession')).length
  const { id } = await user.connect('scripted.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, id)
  expect(signIns()).toBe(1)
  const again = await reconnect(system, user, id, 'aaaa-bbbb-cccc-dddd')
  expect(again.attempts.find(({ step }) => step === 'connect')).toMatchObject({ outcome: 'signed_in' })
  expect(signIns()).toBe(3)

  server.set({ situation: 'wrongPassword' })
  await reconnect(system, user, id, 'aaaa-bbbb-cccc-dddd')
  expect(signIns()).toBe(4)
})

test('an account that Bluesky has not heard of connects, with a note', async () => {
  const bluesky = await startScriptedServer({ bluesky: 'knows not' })
  onTestFinished(() => bluesky.close())
  const { system, user } = await start({ BLUESKY_APPVIEW_URL: bluesky.origin })
  const { id } = await connect(user, await createAccount(pds))
  expect(await system.settled(user, id)).toMatchObject({
    status: 'connected',
    outcome: { code: 'not_on_bluesky_yet', remark: 'note' },
  })
})
