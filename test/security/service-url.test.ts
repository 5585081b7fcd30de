// A Service URL that an admin, or whoever holds an admin's session for a minute, saves gets no password of an account that lives elsewhere.
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { AuditPage, Retried, SavedOptions } from '../../src/contract.ts'
import { noticeEnvironment } from '../../src/options.ts'
import {
  nobodyListening,
  startAnsweringServer,
  startServer,
  wrongPassword,
  type OddServer,
} from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System
let admin: Client
let user: Client
/** Takes every password that it can get. */
let harvester: OddServer
const undo: (() => unknown)[] = []

beforeEach(async () => {
  harvester = await startAnsweringServer(wrongPassword)
  undo.push(() => harvester.close())
})
afterEach(async () => {
  await system.stop()
  for (const step of undo.splice(0)) await step()
})

async function start(serviceUrl: string) {
  system = await createSystem({ env: { BLUESKY_SERVICE_URL: serviceUrl } })
  admin = await system.admin()
  user = await system.user()
}
const save = async (serviceUrl: string) =>
  (
    await admin.request<SavedOptions>('PUT', '/api/admin/api-integration/bluesky', {
      body: { 'bluesky_service-url': serviceUrl, bluesky_integration_status: 'enabled' },
    })
  ).body
const signInsAt = ({ calls }: OddServer) => calls.filter((path) => path.includes('createSession'))

/** Connects of accounts that live on the first PDS. */
async function connect(count: number) {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const account = await createAccount(pds)
    ids.push((await user.connect(account.handle, await createAppPassword(account))).id)
  }
  return ids
}
const endedAs = (id: string, code: string, server: string) =>
  system.until(user, id, ({ outcome }) => outcome?.code === code && outcome.params['server'] === server)
const connected = (id: string) => system.until(user, id, ({ status }) => status === 'connected')

test('what failed because its account lives elsewhere is not sent to another server, and the admin is told how many wait', async () => {
  await start(pds.otherPdsUrl)
  const ids = await connect(3)
  for (const id of ids) await endedAs(id, 'wrong_server', pds.otherPdsUrl)

  expect(await save(harvester.origin)).toMatchObject({ retried: 0, waiting: 3 })
  const [first = ''] = ids
  const { outcome } = await system.settled(user, first)
  expect(outcome?.fix).toContain(`no other server gets it`)

  expect(await save(pds.pdsUrl)).toMatchObject({ retried: 3, waiting: 0 })
  for (const id of ids) await connected(id)
  expect(signInsAt(harvester)).toEqual([])
})

test('what waits for a server that is down is looked up first, and not sent where its account does not live', async () => {
  await start(await nobodyListening())
  const [id = ''] = await connect(1)
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'pds_unreachable' } })

  expect(await save(harvester.origin)).toMatchObject({ retried: 1, waiting: 0 })
  const { outcome } = await endedAs(id, 'wrong_server', harvester.origin)
  expect(outcome?.params['actualServer']).toBe(pds.pdsUrl)
  expect(signInsAt(harvester)).toEqual([])

  await save(pds.pdsUrl)
  await connected(id)
})

test('what waits in the queue is not sent there either', async () => {
  await start(pds.otherPdsUrl)
  await system.stopWorkers()
  const [id = ''] = await connect(1)
  await save(harvester.origin)
  await system.startWorkers()
  await endedAs(id, 'wrong_server', harvester.origin)
  expect(signInsAt(harvester)).toEqual([])
})

test('a sign-in under way when the setting changes does not go on there', async () => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>()
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>()
  const slow = await startServer((request, response) => {
    if (request.url?.includes('createSession')) onAsked()
    void mayAnswer.then(() => {
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(wrongPassword.json))
    })
  })
  undo.push(() => slow.close())
  await start(slow.origin)
  const [id = ''] = await connect(1)
  await asked
  await save(harvester.origin)
  answer()
  await endedAs(id, 'wrong_server', harvester.origin)
  expect(signInsAt(harvester)).toEqual([])
})

test('nor does an admin’s own retry send it there, of one or of all', async () => {
  await start(pds.otherPdsUrl)
  const [one = '', other = ''] = await connect(2)
  for (const id of [one, other]) await endedAs(id, 'wrong_server', pds.otherPdsUrl)
  await save(harvester.origin)

  for (const id of [one, other]) {
    expect((await admin.request('POST', `/api/admin/connections/${id}/retry`, { body: {} })).status).toBe(202)
    await endedAs(id, 'wrong_server', harvester.origin)
  }
  // Of many, those that only an option mends are left out.
  const all = await admin.request<Retried>('POST', '/api/admin/connections/retry', {
    body: { outcome: 'wrong_server' },
  })
  expect(all.body.retried).toBe(0)
  expect(signInsAt(harvester)).toEqual([])
})

test('nor does a start with another BLUESKY_SERVICE_URL', async () => {
  await start(pds.otherPdsUrl)
  await noticeEnvironment(system.context, 'start')
  const [id = ''] = await connect(1)
  await endedAs(id, 'wrong_server', pds.otherPdsUrl)
  const { config, db } = system.context
  const edited = { ...config, bluesky: { ...config.bluesky, serviceUrl: harvester.origin } }
  expect(await noticeEnvironment({ db, config: edited }, 'start')).toEqual({ retried: 0, waiting: 1 })
  expect(await system.settled(user, id)).toMatchObject({ serviceUrl: pds.otherPdsUrl })
  expect(signInsAt(harvester)).toEqual([])
})

test('where it cannot be told where an account lives, the new server is tried', async () => {
  await start(await nobodyListening())
  const { id } = await user.connect('nobody@example.com', 'abcd-efgh-ijkl-mnop')
  expect(await system.settled(user, id)).toMatchObject({ outcome: { code: 'pds_unreachable' } })
  expect(await save(harvester.origin)).toMatchObject({ retried: 1, waiting: 0 })
  await endedAs(id, 'identifier_is_email', harvester.origin)
  expect(signInsAt(harvester)).toHaveLength(1)
})

test('nor does a server get it that calls itself what the account’s server is called', async () => {
  await start(pds.otherPdsUrl)
  const [id = ''] = await connect(1)
  await endedAs(id, 'wrong_server', pds.otherPdsUrl)
  const described = await fetch(`${pds.pdsUrl}/xrpc/com.atproto.server.describeServer`)
  const { did: name } = (await described.json()) as { did: string }
  const impostor = await startScriptedServer({ name })
  undo.push(() => impostor.close())
  expect(await save(impostor.origin)).toMatchObject({ retried: 0, waiting: 1 })
  expect((await admin.request('POST', `/api/admin/connections/${id}/retry`, { body: {} })).status).toBe(202)
  await endedAs(id, 'wrong_server', impostor.origin)
  expect(impostor.requests.filter(({ path }) => path.endsWith('.createSession'))).toEqual([])
  await save(pds.pdsUrl)
  await connected(id)
}, 120_000)

test('where accounts are followed it goes to their own servers alone', async () => {
  await start(pds.otherPdsUrl)
  const [id = ''] = await connect(1)
  await endedAs(id, 'wrong_server', pds.otherPdsUrl)
  const body = { 'bluesky_service-url': harvester.origin, bluesky_other_servers: 'follow' }
  await admin.request('PUT', '/api/admin/api-integration/bluesky', { body })
  expect(await connected(id)).toMatchObject({ serviceUrl: pds.pdsUrl })
  expect(signInsAt(harvester)).toEqual([])
})

test('what its owner submits after the change goes there, as the page says', async () => {
  await start(pds.otherPdsUrl)
  await save(harvester.origin)
  const [id = ''] = await connect(1)
  await endedAs(id, 'wrong_server', harvester.origin)
  expect(signInsAt(harvester)).toHaveLength(1)
})

test('every admin is told who changed it, from what to what', async () => {
  await start(pds.pdsUrl)
  await save(harvester.origin)
  await admin.request('PUT', '/api/admin/api-integration/bluesky', {
    body: { 'bluesky_service-url': harvester.origin, bluesky_integration_status: 'disabled' },
  })
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit?option=bluesky_service-url&limit=5'))
    .body
  expect(entries).toMatchObject([{ actor: admin.email, option: 'bluesky_service-url', to: harvester.origin }])
  expect(entries).toHaveLength(1)
})
