// Sign-ins that follow the identity: where they go is looked up once in a while, however often they have to wait.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConnectionPage } from '../../src/contract.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { startAnsweringServer, startSilentServer } from '../helpers/odd-servers.ts'
import { startScriptedServer } from '../helpers/scripted-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const CHANNELS = 60
const HOUR_MS = 3600_000
let system: System
let hanging: string
let did: string
/** origin that the document names as the account's server */
let home: string
let lookups: number
/** how many look-ups fail before one works */
let failing: number
const undo: (() => unknown)[] = []

beforeEach(async () => {
  undo.length = 0
  lookups = 0
  failing = 0
  const silent = await startSilentServer()
  home = hanging = silent.origin
  const directory = await startAnsweringServer(() => {
    lookups++
    if (failing-- > 0) return { status: 503 }
    const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: home }
    return { status: 200, json: { id: did, service: [service] } }
  })
  undo.push(silent.close, directory.close)
  did = `did:web:localhost%3A${directory.port}`
  system = await createSystem({
    workers: false,
    env: { REQUEST_TIMEOUT_SECONDS: '2', RETRY_DELAYS_SECONDS: '3600' },
  })
  await save({})
})
afterEach(async () => {
  for (const step of undo) await step()
  await system.stop()
})

const save = async (options: Record<string, string>) =>
  (await system.admin()).request('PUT', '/api/admin/api-integration/bluesky', {
    body: { bluesky_other_servers: 'follow', ...options },
  })

/** Channels of as many users for the same account, as if they had just been submitted. */
async function submit(count: number): Promise<string[]> {
  const { db, seal } = system.context
  const channels = Array.from({ length: count }, () =>
    storedChannel('pds_unreachable', new Date(), {
      identifier: did,
      handle: null,
      did: null,
      status: 'connecting',
      rank: 2,
      outcome: null,
      serviceUrl: 'http://localhost:9',
      lease: { generation: 1, claims: 0, failures: 0, sweepAt: new Date() },
    }),
  )
  for (const channel of channels) {
    const id = channel._id.toHexString()
    await db.channels.create({
      ...channel,
      secrets: { password: await seal('password', id, 'aaaa-bbbb-cccc-dddd') },
    })
  }
  return channels.map(({ _id }) => _id.toHexString())
}
const waiting = () => system.context.db.channels.countDocuments({ status: 'retrying', nextTryAt: { $gt: new Date() } })
const allWait = (count: number) =>
  vi.waitFor(async () => expect(await waiting()).toBe(count), { timeout: 30_000, interval: 200 })
async function comeBack() {
  await system.context.db.channels.updateMany({}, { $set: { nextTryAt: null, 'lease.sweepAt': new Date() } })
  await sweepOnce(system.context)
}

test('channels of a server that hangs look up where they go once, and the admin finds them by that server', async () => {
  await submit(CHANNELS)
  await system.startWorkers()
  await allWait(CHANNELS)
  expect(lookups).toBe(CHANNELS)
  for (let times = 0; times < 2; times++) {
    await comeBack()
    await allWait(CHANNELS)
  }
  expect(lookups).toBe(CHANNELS)

  const found = await (
    await system.admin()
  ).request<ConnectionPage>('GET', `/api/admin/connections?server=${hanging}&limit=100`)
  expect(found.body.connections).toHaveLength(CHANNELS)
  for (const { outcome, serviceUrl } of found.body.connections) {
    expect({ server: outcome?.params['server'], serviceUrl }).toEqual({ server: hanging, serviceUrl: hanging })
  }
})

test('an account that moved meanwhile is followed when the look-up is an hour old', async () => {
  const [id] = await submit(1)
  await system.startWorkers()
  await allWait(1)
  const server = await startScriptedServer({ situation: 'wrongPassword' })
  undo.push(() => server.close())
  home = server.origin
  await system.context.db.channels.updateMany({}, { $set: { serverFoundAt: new Date(Date.now() - 2 * HOUR_MS) } })
  await comeBack()
  const stored = () => system.context.db.channels.findById(id).lean()
  await vi.waitFor(async () => expect((await stored())?.status).toBe('action_required'), {
    timeout: 45_000,
    interval: 200,
  })
  expect(await stored()).toMatchObject({ serviceUrl: server.origin, outcome: { params: { server: server.origin } } })
})

test('a sign-in that went to the Service URL because a look-up failed once is no matter for the admin, and goes on', async () => {
  const fallback = await startAnsweringServer((path) => ({
    status: 400,
    json: { error: path.includes('createSession') ? 'AuthenticationRequired' : 'RepoNotFound', message: 'no' },
  }))
  undo.push(fallback.close)
  const server = await startScriptedServer({ situation: 'wrongPassword' })
  undo.push(() => server.close())
  home = server.origin
  failing = 1
  await save({ 'bluesky_service-url': fallback.origin })
  const [id] = await submit(1)
  await system.startWorkers()
  const stored = () => system.context.db.channels.findById(id).lean()
  await vi.waitFor(async () => expect((await stored())?.status).toBe('retrying'), { timeout: 45_000, interval: 200 })
  expect(await stored()).toMatchObject({ outcome: { code: 'identity_lookup_unavailable' }, refusedBy: fallback.origin })
  await comeBack()
  await vi.waitFor(async () => expect((await stored())?.status).toBe('action_required'), {
    timeout: 45_000,
    interval: 200,
  })
  expect(await stored()).toMatchObject({ serviceUrl: server.origin })
  expect(fallback.calls.filter((path) => path.includes('createSession'))).toHaveLength(1)
})
