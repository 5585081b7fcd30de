// A wrong Service URL: twenty people fail, the admin sees why, saves the right one, and nobody has to do anything.
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import type { AuditPage, ChannelStatus, ConnectionPage, SavedOptions } from '../../src/contract.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PEOPLE = 20
let system: System
let admin: Client

beforeAll(async () => {
  // The accounts live on the first PDS, sign-ins go to the second.
  system = await createSystem({ env: { BLUESKY_SERVICE_URL: pds.otherPdsUrl } })
  admin = await system.admin()
})
afterAll(() => system.stop())

test('all become connected when the right server is saved, and the audit list says how many', async () => {
  const user = await system.user()
  for (let index = 0; index < PEOPLE; index++) {
    const account = await createAccount(pds)
    await user.connect(account.handle, await createAppPassword(account))
  }
  const withStatus = (status: ChannelStatus) => system.context.db.channels.countDocuments({ userId: user.id, status })
  await vi.waitFor(async () => expect(await withStatus('action_required')).toBe(PEOPLE), { timeout: 40_000 })

  const { connections } = (
    await admin.request<ConnectionPage>('GET', '/api/admin/connections?outcome=wrong_server&limit=100')
  ).body
  expect(connections).toHaveLength(PEOPLE)
  for (const { outcome, adminFix } of connections) {
    expect(outcome).toMatchObject({ code: 'wrong_server', fixBy: 'admin' })
    expect(adminFix).toContain(`this account lives on ${pds.pdsUrl}`)
  }

  const saved = await admin.request<SavedOptions>('PUT', '/api/admin/api-integration/bluesky', {
    body: { 'bluesky_service-url': pds.pdsUrl, bluesky_integration_status: 'enabled' },
  })
  expect(saved.body.restarted).toBe(PEOPLE)
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit')).body
  expect(entries[0]).toMatchObject({ option: 'bluesky_service-url', to: pds.pdsUrl, restarted: PEOPLE })
  await vi.waitFor(async () => expect(await withStatus('connected')).toBe(PEOPLE), { timeout: 60_000 })
}, 120_000)
