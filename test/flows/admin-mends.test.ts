// A wrong Service URL: people fail, the admin sees why, sets the right one, and nobody else has to do anything.
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { AuditPage, ChannelStatus, Connection, ConnectionPage, SavedOptions } from '../../src/contract.ts'
import { noticeEnvironment } from '../../src/options.ts'
import { nobodyListening, startAnsweringServer, wrongPassword } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PEOPLE = 20
let system: System
let admin: Client
let user: Client
const undo: (() => unknown)[] = []

beforeEach(() => {
  undo.length = 0
})
afterEach(async () => {
  for (const step of undo) await step()
  await system.stop()
})

async function start(serviceUrl: string) {
  system = await createSystem({ env: { BLUESKY_SERVICE_URL: serviceUrl } })
  admin = await system.admin()
  user = await system.user()
}
const saveRightUrl = () =>
  admin.request<SavedOptions>('PUT', '/api/admin/api-integration/bluesky', {
    body: { 'bluesky_service-url': pds.pdsUrl, bluesky_integration_status: 'enabled' },
  })
/** An account of the first PDS. */
async function connect() {
  const account = await createAccount(pds)
  return user.connect(account.handle, await createAppPassword(account))
}
const connected = (id: string) => system.until(user, id, ({ status }) => status === 'connected')

/** A server that is asked to sign in, and answers only when it may. */
async function startSlowServer() {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>()
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>()
  const { origin, close } = await startAnsweringServer(async (path) => {
    if (!path.includes('createSession')) return { status: 404 }
    onAsked()
    await mayAnswer
    return wrongPassword
  })
  undo.push(close)
  return { origin, asked, answer }
}

test('all become connected when the right server is saved, and the audit list says how many', async () => {
  // The accounts live on the first PDS, sign-ins go to the second.
  await start(pds.otherPdsUrl)
  for (let index = 0; index < PEOPLE; index++) {
    await connect()
  }
  const withStatus = (status: ChannelStatus) => system.context.db.channels.countDocuments({ userId: user.id, status })
  await vi.waitFor(async () => expect(await withStatus('action_required')).toBe(PEOPLE), { timeout: 40_000 })

  const { connections } = (
    await admin.request<ConnectionPage>('GET', '/api/admin/connections?outcome=wrong_server&limit=100')
  ).body
  expect(connections).toHaveLength(PEOPLE)
  for (const { outcome, adminFix } of connections) {
    expect(outcome).toMatchObject({ code: 'wrong_server', fixBy: 'admin' })
    expect(adminFix).toContain(`this account lives on ${new URL(pds.pdsUrl).host}`)
  }

  const saved = await saveRightUrl()
  expect(saved.body.retried).toBe(PEOPLE)
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit')).body
  expect(entries[0]).toMatchObject({ option: 'bluesky_service-url', to: pds.pdsUrl, retried: PEOPLE })
  await vi.waitFor(async () => expect(await withStatus('connected')).toBe(PEOPLE), { timeout: 60_000 })
}, 120_000)

test('a wrong address of the environment is told as one of the environment, not as a field to empty', async () => {
  const page = await startAnsweringServer({ status: 404 })
  undo.push(page.close)
  await start(page.origin)
  const { id } = await connect()
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'not_a_pds' } })
  const { adminFix } = (await admin.request<Connection>('GET', `/api/admin/connections/${id}`)).body
  expect(adminFix).toContain('The address comes from BLUESKY_SERVICE_URL in the environment')
  expect(adminFix).not.toContain('empty')
})

test('those that wait for a server that is down go to the right one as soon as it is saved', async () => {
  await start(await nobodyListening())
  const channels = await Promise.all(Array.from({ length: 5 }, connect))
  for (const { id } of channels) {
    expect(await system.settled(user, id)).toMatchObject({ status: 'retrying', outcome: { code: 'pds_unreachable' } })
  }
  expect((await saveRightUrl()).body.retried).toBe(5)
  for (const { id } of channels) expect(await connected(id)).toMatchObject({ serviceUrl: pds.pdsUrl })
})

test('a sign-in that is under way when the right server is saved goes there too', async () => {
  const slow = await startSlowServer()
  await start(slow.origin)
  const { id } = await connect()
  await slow.asked
  expect((await saveRightUrl()).body.retried).toBe(0)
  slow.answer()
  expect((await connected(id)).attempts).toMatchObject([
    { outcome: 'connected' },
    { outcome: 'signed_in', serviceUrl: pds.pdsUrl },
    { outcome: 'wrong_server', serviceUrl: slow.origin },
  ])
})

test('a connect that waits in the queue when the right server is saved goes there at once', async () => {
  await start(pds.otherPdsUrl)
  await system.stopWorkers()
  const { id } = await connect()
  await saveRightUrl()
  await system.startWorkers()
  expect((await connected(id)).attempts.map(({ serviceUrl }) => serviceUrl)).toEqual([pds.pdsUrl, pds.pdsUrl])
})

test('an API that is started with another BLUESKY_SERVICE_URL mends them too, also through workers that know the old one', async () => {
  await start(pds.otherPdsUrl)
  await noticeEnvironment(system.context, 'start')
  const { id } = await connect()
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'wrong_server' } })
  const { config, db } = system.context
  const edited = { ...config, bluesky: { ...config.bluesky, serviceUrl: pds.pdsUrl } }
  expect(await noticeEnvironment({ db, config: edited }, 'start')).toEqual({ retried: 1, waiting: 0 })
  expect(await connected(id)).toMatchObject({ serviceUrl: pds.pdsUrl })
})
