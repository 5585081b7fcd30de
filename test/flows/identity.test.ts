// What becomes of connects whose account lives elsewhere, has moved or cannot be looked up, through the whole system.
import { expect, inject, onTestFinished, test } from 'vitest'
import type { ChannelWithAttempts } from '../../src/contract.ts'
import { createAccount, createAppPassword, moveAccount } from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')

async function start(env: Record<string, string> = {}) {
  const system = await createSystem({ env })
  onTestFinished(() => system.stop())
  return { system, user: await system.user() }
}

const follow = async (system: System) =>
  (await system.admin()).request('PUT', '/api/admin/api-integration/bluesky', {
    body: { bluesky_other_servers: 'follow' },
  })

const paramsOf = async ({ context }: System, id: string) =>
  (await context.db.channels.findById(id).lean())?.outcome?.params

test('an account of another server is the admin’s business, and the password is kept for when that is repaired', async () => {
  const { system, user } = await start()
  const account = await createAccount(pds, { on: 'otherPdsUrl' })
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  expect(await system.settled(user, id)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'wrong_server', fixBy: 'admin' },
  })
  expect(await paramsOf(system, id)).toMatchObject({ server: pds.pdsUrl, actualServer: pds.otherPdsUrl })
  const kept = await system.context.db.channels.findById(id).select('+secrets').lean()
  expect(kept?.secrets).toHaveProperty('password')
})

test('an e-mail address connects where it is known; refused, the handle is asked for, by which the cause is found', async () => {
  const { system, user } = await start()
  const known = await createAccount(pds)
  const { id } = await user.connect(known.email, await createAppPassword(known))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected', handle: known.handle })

  const account = await createAccount(pds, { on: 'otherPdsUrl' })
  const appPassword = await createAppPassword(account)
  const byEmail = await user.connect(account.email, appPassword)
  expect(await system.settled(user, byEmail.id)).toMatchObject({
    status: 'action_required',
    outcome: { code: 'identifier_is_email', fixBy: 'user' },
  })
  const byHandle = await user.connect(account.handle, appPassword)
  expect(await system.settled(user, byHandle.id)).toMatchObject({ outcome: { code: 'wrong_server' } })
})

test('an account that moves away after it was connected is found out by verifying again', async () => {
  const { system, user } = await start()
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  const connected = await system.settled(user, id)
  expect(connected).toMatchObject({ status: 'connected' })

  await moveAccount(pds, account)
  await user.request('POST', `/api/channels/${id}/verify`)
  const moved = await system.until(user, id, ({ status }) => status === 'action_required')
  expect(moved).toMatchObject({ outcome: { code: 'account_moved' }, lastVerifiedAt: connected.lastVerifiedAt })
  expect(await paramsOf(system, id)).toMatchObject({ actualServer: pds.otherPdsUrl })
})

test('where accounts are followed, one connects wherever it lives', async () => {
  const { system, user } = await start()
  await follow(system)
  const here = await createAccount(pds)
  const there = await createAccount(pds, { on: 'otherPdsUrl' })
  for (const account of [here, there]) {
    const { id } = await user.connect(account.handle, await createAppPassword(account))
    const { serviceUrl, pdsUrl, status, attempts } = await system.settled(user, id)
    expect({ serviceUrl, pdsUrl, status }).toEqual({
      serviceUrl: account.pdsUrl,
      pdsUrl: account.pdsUrl,
      status: 'connected',
    })
    expect(attempts).toHaveLength(2)
  }
})

test('where accounts are followed, no setting is blamed for a server that one names', async () => {
  const parked = await startScriptedServer({ faults: [{ fault: 'page 200' }] })
  onTestFinished(() => parked.close())
  const { user, system } = await start()
  await follow(system)
  const ends: [server: string, code: string][] = [
    [parked.origin, 'account_server_not_a_pds'],
    ['http://169.254.169.254', 'account_server_blocked'],
  ]
  for (const [server, code] of ends) {
    const account = await createAccount(pds)
    const password = await createAppPassword(account)
    await moveAccount(pds, account, server)
    const { id } = await user.connect(account.handle, password)
    expect(await system.settled(user, id)).toMatchObject({
      status: 'action_required',
      outcome: { code, fixBy: 'user', params: { server } },
    })
  }
})

test('while an identity cannot be looked up, a refused password is not sent a second time', async () => {
  const nobody = 'http://localhost:9'
  const { user } = await start({ PLC_DIRECTORY_URL: nobody, RETRY_DELAYS_SECONDS: '0.1' })
  const account = await createAccount(pds, { on: 'otherPdsUrl' })
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  const attempts = async () => (await user.request<ChannelWithAttempts>('GET', `/api/channels/${id}`)).body.attempts
  await expect.poll(async () => (await attempts()).length, { timeout: 45_000 }).toBeGreaterThan(1)
  const answers = (await attempts()).toReversed().map(({ outcome, answer }) => ({ outcome, answer }))
  expect(answers.slice(0, 2)).toEqual([
    { outcome: 'identity_lookup_unavailable', answer: expect.objectContaining({ status: 401 }) as object },
    { outcome: 'identity_lookup_unavailable', answer: null },
  ])
})
