// What the proof that a channel can post comes to where server, Bluesky or session are not plainly in order, through the whole system.
import { expect, inject, onTestFinished, test } from 'vitest'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { startScriptedServer, type Script } from '../helpers/scripted-server.ts'
import { createSystem } from '../helpers/system.ts'

const pds = inject('pds')
const PASSWORD = 'aaaa-bbbb-cccc-dddd'

async function scripted(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server.close())
  const times = (method: string) => server.requests.filter(({ path }) => path.endsWith(`.${method}`)).length
  return { ...server, times }
}

async function start(env: Record<string, string>) {
  const system = await createSystem({ env })
  onTestFinished(() => system.stop())
  const user = await system.user()
  const connect = async (identifier = 'scripted.test', password = PASSWORD) => {
    const { id } = await user.connect(identifier, password)
    return system.settled(user, id)
  }
  return { system, user, connect }
}

test('an account that Bluesky hides connects, with a warning', async () => {
  const bluesky = await scripted({ bluesky: 'hides' })
  const { connect } = await start({ BLUESKY_APPVIEW_URL: bluesky.origin })
  const account = await createAccount(pds)
  expect(await connect(account.handle, await createAppPassword(account))).toMatchObject({
    status: 'connected',
    outcome: { code: 'hidden_on_bluesky' },
  })
})

test('Bluesky is not asked about an account that cannot post, and cannot stop one that can', async () => {
  const bluesky = await scripted({ bluesky: 'hides', faults: [{ call: 'getProfile', fault: 'page 502' }] })
  const home = await scripted({ situation: 'scopeMissing' })
  const { connect } = await start({ BLUESKY_APPVIEW_URL: bluesky.origin, BLUESKY_SERVICE_URL: home.origin })
  expect(await connect()).toMatchObject({ status: 'action_required', outcome: { code: 'scope_missing' } })
  expect(bluesky.requests).toEqual([])
  home.set({})
  expect(await connect()).toMatchObject({ status: 'connected', outcome: { code: 'connected' } })
  expect(bluesky.times('getProfile')).toBe(1)
})

test('to check again is to renew the session, once, to keep it, and to prove it', async () => {
  const home = await scripted({ kind: 'openfederation' })
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id, status } = await connect()
  expect(status).toBe('connected')
  const verify = async () => {
    await user.request('POST', `/api/channels/${id}/verify`)
    return system.settled(user, id)
  }
  home.set({ kind: 'openfederation', situation: 'expiredSession' })
  expect(home.times('refreshSession')).toBe(0)
  expect(await verify()).toMatchObject({ status: 'connected' })
  expect(home.times('refreshSession')).toBe(1)
  expect(await verify()).toMatchObject({ status: 'connected' })
  expect(home.times('refreshSession')).toBe(2)

  home.set({ kind: 'openfederation', situation: 'invalidSession' })
  expect(await verify()).toMatchObject({ status: 'action_required', outcome: { code: 'token_rejected' } })
  expect(home.times('refreshSession')).toBe(3)
})

// rsky says nothing else of whatever fails inside a write.
test('a fault that stays is looked into: the account may be the reason', async () => {
  const home = await scripted({ kind: 'rsky', situation: 'wrongRepo', repoStatus: 'deactivated' })
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin, RETRY_DELAYS_SECONDS: '0.1' })
  const { id } = await connect()
  const ended = await system.until(user, id, ({ status }) => status === 'action_required')
  expect(ended).toMatchObject({ outcome: { code: 'account_deactivated' } })
  expect(ended.attempts.map(({ outcome }) => outcome)).toEqual(['account_deactivated', 'pds_error', 'signed_in'])
})

test('a look at the account tells more than the words of its server, and why a session is renewed no more', async () => {
  const home = await scripted({ kind: 'ezpds' })
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id } = await connect()
  const verify = async (script: Script) => {
    home.set({ kind: 'ezpds', ...script })
    await user.request('POST', `/api/channels/${id}/verify`)
    return (await system.settled(user, id)).outcome?.code
  }
  expect(await verify({ situation: 'deactivatedWrite' })).toBe('account_deactivated')
  expect(await verify({ situation: 'deactivatedWrite', repoStatus: 'takendown' })).toBe('account_taken_down')
  expect(await verify({ situation: 'revokedSession', repoStatus: 'suspended' })).toBe('account_suspended')
  expect(await verify({ situation: 'revokedSession', repoStatus: 'deleted' })).toBe('account_deleted')
  expect(await verify({ situation: 'revokedSession' })).toBe('session_revoked')
})

test('a deactivated account that its server lets write all the same is told by every check', async () => {
  const home = await scripted({ kind: 'cocoon' })
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id, outcome } = await connect()
  expect(outcome).toMatchObject({ code: 'test_post_unsupported' })
  home.set({ kind: 'cocoon', situation: 'deactivatedWrite' })
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'account_deactivated' } })
  expect(home.times('deleteRecord')).toBe(0)
})

test('an address of the inside that an account names is not blamed on a setting', async () => {
  const inside = 'http://169.254.169.254'
  const home = await scripted({ account: { pdsUrl: inside } })
  const { system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id, status, outcome } = await connect()
  expect(status).toBe('action_required')
  expect(outcome).toMatchObject({ code: 'account_server_blocked', fixBy: 'user', params: { server: inside } })
  const admin = await system.admin()
  const { body } = await admin.request<{ adminFix: string }>('GET', `/api/admin/connections/${id}`)
  expect(body.adminFix).toContain(`About ${new URL(inside).host}: that is an address of the local link`)
  expect(body.adminFix).toContain('comes from the public record of the account, not from your settings')
})

test('a server that publishes a test write is not asked for a second one, for whichever account', async () => {
  const home = await scripted({ swap: 'ignored' })
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id, outcome } = await connect()
  expect(outcome).toMatchObject({ code: 'test_post_published' })
  expect(home.written()).toBe(1)

  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'test_post_unsupported' } })
  home.set({ swap: 'ignored', account: { did: 'did:plc:another22222222222222222', handle: 'another.test' } })
  expect(await connect('another.test')).toMatchObject({ outcome: { code: 'test_post_unsupported' } })
  expect(home.written()).toBe(1)
  expect(home.records.size).toBe(0)
})

test('a test post that its server does not let go is told until it is gone', async () => {
  const stuck: Script = { swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'page 502', after: 1 }] }
  const home = await scripted(stuck)
  const { user, system, connect } = await start({ BLUESKY_SERVICE_URL: home.origin })
  const { id, ...first } = await connect()
  const told = { status: 'retrying', outcome: { code: 'test_post_left', fixBy: 'user' } }
  expect(first).toMatchObject(told)
  expect(home.records.size).toBe(1)

  const verify = async () => {
    await user.request('POST', `/api/channels/${id}/verify`)
    return system.settled(user, id)
  }
  home.set({ swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'page 502' }] })
  expect(await verify()).toMatchObject(told)
  home.set({ swap: 'ignored', situation: 'takenDownWrite' })
  expect(await verify()).toMatchObject({ outcome: { code: 'account_taken_down' } })
  home.set({ swap: 'ignored' })
  expect(await verify()).toMatchObject({ status: 'connected', outcome: { code: 'test_post_unsupported' } })
  expect(home.records.size).toBe(0)
  expect(home.written()).toBe(1)
  home.set({ faults: [{ call: 'deleteRecord', fault: 'page 502' }] })
  expect(await verify()).toMatchObject({ status: 'connected', fault: { code: 'pds_error' } })
})
