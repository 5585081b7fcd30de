// Connected stays true: what the checks of a connected channel find on a real server, and what they leave alone.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import * as accounts from '../../services/demo/accounts.ts'
import { KeptSession } from '../../src/bluesky/session.ts'
import type { Channel } from '../../src/contract.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { createUnseal } from '../../workers/unseal.ts'
import {
  activate,
  changePassword,
  createAccount,
  createAppPassword,
  deactivate,
  deleteAccount,
  migrateAccount,
  restore,
  revokeAppPasswords,
  takeDown,
  type Account,
} from '../helpers/pds.ts'
import { startScriptedServer, type Script } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PASSWORD = 'aaaa-bbbb-cccc-dddd'
const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS

let system: System
let user: Client

beforeAll(async () => {
  system = await createSystem({ env: { RETRY_DELAYS_SECONDS: '300,1800,3600' } })
})
afterAll(() => system.stop())

const stored = (id: string) => system.context.db.channels.findById(id).select('+secrets').lean()
const attemptsOf = async (id: string) =>
  (await system.settled(user, id)).attempts.map(({ outcome }) => outcome).toReversed()

/** A new user with an account of the real server that is connected. */
async function connectAccount() {
  user = await system.user()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const { id } = await user.connect(account.handle, appPassword)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', fault: null, brokenSince: null })
  return { id, account, appPassword }
}

/** The channel's own time has come; the sweep starts the check. */
async function checkNow(id: string): Promise<Channel> {
  const due = await makeDue(id)
  // Its claim at the least, and its end.
  return system.until(
    user,
    id,
    ({ revision, nextCheckAt }) => revision >= due + 2 && (!nextCheckAt || later(nextCheckAt)),
  )
}

/** @returns the revision that this made */
async function makeDue(id: string): Promise<number> {
  const due = { $set: { 'lease.sweepAt': new Date() } }
  const made = await system.context.db.channels.findOneAndUpdate({ _id: id }, due, { returnDocument: 'after' }).lean()
  return made?.revision ?? 0
}
/** Than what a claim or a sweep leaves. */
const later = (at: string) => new Date(at).getTime() > Date.now() + 90_000

/** As if so much time had passed since the first check that met a fault. */
const letPass = (id: string, ms: number) =>
  system.context.db.channels.updateOne(
    { _id: id },
    [{ $set: { 'fault.since': { $subtract: ['$fault.since', ms] } } }],
    {
      updatePipeline: true,
    },
  )

async function reconnect(id: string, appPassword: string): Promise<Channel> {
  await user.request('POST', `/api/channels/${id}/reconnect`, { body: { appPassword } })
  return system.settled(user, id)
}

describe('what ends a session is found by the next check, and by a person who checks again', () => {
  const ends: [string, (account: Account, id: string) => Promise<unknown>, string][] = [
    ['the app password is deleted', (account) => revokeAppPasswords(account), 'session_revoked'],
    ['the main password is changed', (account) => changePassword(pds, account), 'session_revoked'],
    ['the session is ended elsewhere', (_account, id) => endElsewhere(id), 'session_revoked'],
    ['the account is deactivated', (account) => deactivate(account), 'account_deactivated'],
    ['the account is taken down', (account) => takeDown(pds, account), 'account_taken_down'],
    ['the account is deleted', (account) => deleteAccount(pds, account), 'account_deleted'],
    ['the account moves to another server', (account) => migrateAccount(pds, account), 'account_moved'],
  ]
  test.each(ends)('%s', async (_what, end, code) => {
    const { id, account } = await connectAccount()
    const { lastVerifiedAt } = await system.settled(user, id)
    await end(account, id)
    const found = await checkNow(id)
    expect(found).toMatchObject({ status: 'action_required', outcome: { code, step: 'verify' }, lastVerifiedAt })
    expect(found.brokenSince).toBe(found.since)
    expect((await stored(id))?.notice).toMatchObject({ kind: 'broken' })
    expect(await attemptsOf(id)).toEqual(['signed_in', 'connected', code])

    const other = await connectAccount()
    await end(other.account, other.id)
    await user.request('POST', `/api/channels/${other.id}/verify`)
    expect(await system.settled(user, other.id)).toMatchObject({ status: 'action_required', outcome: { code } })
  })

  async function endElsewhere(id: string) {
    const sealed = (await stored(id))?.secrets?.session ?? ''
    const unseal = createUnseal(system.context.config.unsealingKeys)
    const { refreshJwt } = KeptSession.parse(JSON.parse(await unseal('session', id, sealed)))
    await accounts.xrpc(pds.pdsUrl, 'com.atproto.server.deleteSession', {
      authorization: `Bearer ${refreshJwt}`,
      post: true,
    })
  }
})

test('a session whose time is over is told from one that was ended', async () => {
  const { id, server } = await connectScripted({ refreshEndsAt: new Date(Date.now() + DAY_MS) })
  server.set({ situation: 'revokedSession', refreshEndsAt: new Date(Date.now() - DAY_MS) })
  await checkNow(id)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'session_revoked' } })
  server.set({ refreshEndsAt: new Date(Date.now() - DAY_MS) })
  await reconnect(id, PASSWORD)
  server.set({ situation: 'revokedSession' })
  await checkNow(id)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'session_expired' } })
})

test('after a change of the main password the same app password connects again', async () => {
  const { id, account, appPassword } = await connectAccount()
  await changePassword(pds, account)
  await checkNow(id)
  expect(await reconnect(id, appPassword)).toMatchObject({ status: 'connected', brokenSince: null })
  expect(await stored(id)).toMatchObject({ notice: null })
})

test('a paused account connects again by itself, and says so', async () => {
  const { id, account } = await connectAccount()
  await deactivate(account)
  expect(await checkNow(id)).toMatchObject({ status: 'action_required', outcome: { code: 'account_deactivated' } })
  const { brokenSince } = await checkNow(id)
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'account_deactivated' }, brokenSince })
  await activate(account)
  // A mail has gone out meanwhile.
  await system.context.db.channels.updateOne({ _id: id }, { $set: { toldBrokenAt: new Date(), notice: null } })
  const well = await checkNow(id)
  expect(well).toMatchObject({ status: 'connected', brokenSince: null })
  expect(brokenSince).not.toBeNull()
  const asked = 'account_deactivated'
  expect(await attemptsOf(id)).toEqual(['signed_in', 'connected', 'account_deactivated', asked, 'connected'])
  expect(await stored(id)).toMatchObject({ notice: { kind: 'well' }, toldBrokenAt: expect.any(Date) })
})

test('what a check found can be tried again at once', async () => {
  const { id, account } = await connectAccount()
  await deactivate(account)
  expect(await checkNow(id)).toMatchObject({ status: 'action_required', retry: 'possible' })
  await activate(account)
  expect((await user.request('POST', `/api/channels/${id}/retry`)).status).toBe(202)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', brokenSince: null })
})

test('a suspension that is lifted leaves a session that has ended', async () => {
  const { id, account, appPassword } = await connectAccount()
  await takeDown(pds, account)
  expect(await checkNow(id)).toMatchObject({ outcome: { code: 'account_taken_down' } })
  await restore(pds, account)
  expect(await checkNow(id)).toMatchObject({ status: 'action_required', outcome: { code: 'session_revoked' } })
  expect(await reconnect(id, appPassword)).toMatchObject({ status: 'connected' })
})

test('a check that finds what it found before leaves a time and nothing else', async () => {
  const { id } = await connectAccount()
  const before = await system.settled(user, id)
  const session = (await stored(id))?.secrets?.session
  const after = await checkNow(id)
  expect(after).toMatchObject({ status: 'connected', since: before.since, brokenSince: null, fault: null })
  expect(new Date(after.lastVerifiedAt ?? 0).getTime()).toBeGreaterThan(new Date(before.lastVerifiedAt ?? 0).getTime())
  expect(await attemptsOf(id)).toEqual(['signed_in', 'connected'])
  expect(await stored(id)).toMatchObject({ attemptCount: 2, lease: { claims: 0, failures: 0 } })
  expect((await stored(id))?.secrets?.session).not.toBe(session)
})

async function connectScripted(script: Script = {}) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server.close())
  const admin = await system.admin()
  const serviceUrl = (origin: string) =>
    admin.request('PUT', '/api/admin/api-integration/bluesky', { body: { 'bluesky_service-url': origin } })
  await serviceUrl(server.origin)
  onTestFinished(async () => void (await serviceUrl(pds.pdsUrl)))
  user = await system.user()
  const { id } = await user.connect('scripted.test', PASSWORD)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  server.requests.length = 0
  const times = (method: string) => server.requests.filter(({ path }) => path.endsWith(`.${method}`)).length
  return { id, server, times }
}

const faults: [string, Script, string][] = [
  ['is down', { faults: [{ fault: 'reset at once' }] }, 'pds_unreachable'],
  ['shows a page of its proxy', { faults: [{ fault: 'page 502' }] }, 'pds_error'],
]
test.each(faults)(
  'a server that %s breaks nothing for days, and what gets well by itself says so',
  async (_what, script, code) => {
    const { id, server } = await connectScripted()
    server.set(script)
    const met = await checkNow(id)
    expect(met).toMatchObject({ status: 'connected', brokenSince: null, fault: { code } })
    expect(met.fault?.since).toBe(met.fault?.at)

    await letPass(id, 6 * HOUR_MS)
    expect(await checkNow(id)).toMatchObject({ status: 'connected' })
    await letPass(id, 4 * DAY_MS)
    expect(await checkNow(id)).toMatchObject({ status: 'connected', fault: { code } })
    expect(await stored(id)).not.toMatchObject({ notice: { kind: 'broken' } })
    await letPass(id, 2 * DAY_MS)
    const broken = await checkNow(id)
    expect(broken).toMatchObject({
      status: 'action_required',
      outcome: { code: 'check_failing' },
      fault: null,
      button: 'verify',
    })
    expect(await stored(id)).toMatchObject({ notice: { kind: 'broken' } })
    expect((await checkNow(id)).brokenSince).toBe(broken.brokenSince)

    server.set({})
    await system.context.db.channels.updateOne({ _id: id }, { $set: { toldBrokenAt: new Date() } })
    // The breaker of the server lets a check through as soon as a trial went well.
    const look = async () => (await checkNow(id)).status
    await expect.poll(look, { timeout: 60_000, interval: 2_000 }).toBe('connected')
    expect(await system.settled(user, id)).toMatchObject({ brokenSince: null })
    expect(await attemptsOf(id)).toEqual(['signed_in', 'connected', code, 'connected'])
    expect(await stored(id)).toMatchObject({ notice: { kind: 'well' } })
  },
)

test('a person who checks again while the server is down finds the channel connected, with what was met', async () => {
  const { id, server } = await connectScripted()
  server.set({ faults: [{ fault: 'page 502' }] })
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({
    status: 'connected',
    outcome: { code: 'connected' },
    fault: { code: 'pds_error' },
  })
  server.set({})
  await user.request('POST', `/api/channels/${id}/verify`)
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', fault: null })
})

test('a server that limits breaks nothing', async () => {
  const { id, server } = await connectScripted()
  server.set({ faults: [{ fault: 'rate limited' }] })
  expect(await checkNow(id)).toMatchObject({ status: 'connected', fault: { code: 'ip_rate_limited' } })
})

test('whoever asks, a session is renewed by one at a time', async () => {
  const { id, server, times } = await connectScripted()
  const goOn = server.hold('refreshSession')
  const due = await makeDue(id)
  await expect.poll(() => times('refreshSession'), { timeout: 45_000 }).toBe(1)
  await user.request('POST', `/api/channels/${id}/verify`)
  // The due time, the check's claim and its claim of the renewal, the start of the other step, its claim, and its way back.
  await expect.poll(async () => (await stored(id))?.revision ?? 0, { timeout: 45_000 }).toBeGreaterThanOrEqual(due + 5)
  expect(times('refreshSession')).toBe(1)
  goOn()
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  expect(times('deleteSession')).toBe(0)
  expect(server.openSessions()).toBe(1)
})

test('a reconnect in the middle of a check keeps its own session, and what the check renewed is ended', async () => {
  const { id, server, times } = await connectScripted()
  const goOn = server.hold('refreshSession')
  await makeDue(id)
  await expect.poll(() => times('refreshSession'), { timeout: 45_000 }).toBe(1)
  expect(await reconnect(id, PASSWORD)).toMatchObject({ status: 'connected' })
  const { session } = (await stored(id))?.secrets ?? {}
  goOn()
  await expect.poll(() => times('deleteSession'), { timeout: 45_000 }).toBeGreaterThan(0)
  expect((await stored(id))?.secrets?.session).toBe(session)
  expect(await checkNow(id)).toMatchObject({ status: 'connected' })
})

test('while Bluesky connections are paused nothing is checked', async () => {
  const { id, server } = await connectScripted()
  const admin = await system.admin()
  const save = (status: string) =>
    admin.request('PUT', '/api/admin/api-integration/bluesky', {
      body: { 'bluesky_service-url': server.origin, bluesky_integration_status: status },
    })
  await save('disabled')
  await makeDue(id)
  await sweepOnce(system.context)
  expect((await stored(id))?.lease.sweepAt?.getTime()).toBeLessThanOrEqual(Date.now())
  expect(server.requests.filter(({ authorization }) => authorization)).toEqual([])
  await save('enabled')
  expect(await checkNow(id)).toMatchObject({ status: 'connected' })
})
