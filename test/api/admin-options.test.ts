// The options: what is in effect, who may change it, and what a change sets going again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import {
  AuditEntry,
  type AuditPage,
  type Options,
  type Problem,
  type SavedOptions,
  type ShownOptions,
} from '../../src/contract.ts'
import { noticeEnvironment, readOptions } from '../../src/options.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { startAnsweringServer } from '../helpers/odd-servers.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const PATH = '/api/admin/api-integration/bluesky'
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem()
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
beforeEach(async () => {
  await save({})
})

const save = (body: Record<string, string>) =>
  admin.request<SavedOptions & Omit<Problem, 'status'>>('PUT', PATH, { body })
const read = async () => (await admin.request<ShownOptions>('GET', PATH)).body

test('an empty Service URL means the environment', async () => {
  const { look: _, ...options } = await read()
  expect(options).toEqual({
    'bluesky_service-url': { saved: '', effective: pds.pdsUrl, source: 'env', unsaved: pds.pdsUrl },
    bluesky_integration_status: { saved: 'enabled', effective: 'enabled', source: 'saved' },
    bluesky_other_servers: { saved: null, effective: 'refuse', source: 'default', unsaved: 'refuse' },
  })
})

describe('what nobody has set', () => {
  let fresh: System
  let freshAdmin: Client
  beforeAll(async () => {
    fresh = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: '' } })
    freshAdmin = await fresh.admin()
  })
  afterAll(() => fresh.stop())
  const audited = async () => (await freshAdmin.request<AuditPage>('GET', '/api/admin/audit')).body.entries

  test('is the public server, and enabled', async () => {
    const unset = 'https://bsky.social'
    expect((await freshAdmin.request<ShownOptions>('GET', PATH)).body).toEqual({
      'bluesky_service-url': { saved: '', effective: unset, source: 'default', unsaved: unset },
      bluesky_integration_status: { saved: null, effective: 'enabled', source: 'default' },
      bluesky_other_servers: { saved: null, effective: 'follow', source: 'default', unsaved: 'follow' },
      look: null,
    })
  })

  test('and is set to what is in effect anyway is no change, nor is the first start', async () => {
    expect(await noticeEnvironment(fresh.context, 'start')).toMatchObject({ retried: 0 })
    await freshAdmin.request('PUT', PATH, { body: { 'bluesky_service-url': 'https://bsky.social' } })
    expect(await audited()).toEqual([])
    await freshAdmin.request('PUT', PATH, { body: { 'bluesky_service-url': 'https://one.example.com' } })
    expect(await audited()).toMatchObject([{ from: 'https://bsky.social', to: 'https://one.example.com' }])
  })

  test('an environment beneath a saved value mends nothing when it changes', async () => {
    const { db, config } = fresh.context
    await db.channels.create(storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } }))
    const edited = { ...config, bluesky: { ...config.bluesky, serviceUrl: 'https://two.example.com' } }
    expect(await noticeEnvironment({ db, config: edited }, 'start')).toMatchObject({ retried: 0 })
    expect(await audited()).toMatchObject([{ actor: 'environment', to: 'https://two.example.com', retried: 0 }, {}])
  })
})

describe('accounts on other servers', () => {
  const others = { bluesky_other_servers: 'follow' }
  let fresh: System
  let freshAdmin: Client
  beforeEach(async () => {
    fresh = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: '' } })
    freshAdmin = await fresh.admin()
  })
  afterEach(() => fresh.stop())
  const put = async (body: Record<string, string>) =>
    (await freshAdmin.request<SavedOptions>('PUT', PATH, { body })).body
  const inEffect = async () => (await freshAdmin.request<Options>('GET', PATH)).body.bluesky_other_servers.effective
  const newest = async () => (await freshAdmin.request<AuditPage>('GET', '/api/admin/audit')).body.entries[0]
  /** Channels that failed because their accounts live elsewhere, at servers of their own. */
  const strand = async (...servers: string[]) => {
    for (const actualServer of servers) {
      const outcome = {
        code: 'wrong_server' as const,
        step: 'connect' as const,
        params: { actualServer },
        at: new Date(),
      }
      await fresh.context.db.channels.create(
        storedChannel('wrong_server', new Date(), { outcome, secrets: { password: 'sealed' } }),
      )
    }
  }
  const started = (env: { serviceUrl?: string; otherServers?: 'follow' | 'refuse' }) => {
    const { db, config } = fresh.context
    const bluesky = { ...config.bluesky, serviceUrl: null, ...env }
    return noticeEnvironment({ db, config: { ...config, bluesky } }, 'start')
  }

  test('are followed at the default Service URL and refused at any other, unless that is saved', async () => {
    const own = { 'bluesky_service-url': 'https://pds.example.com' }
    expect((await put(own)).bluesky_other_servers).toEqual({
      saved: null,
      effective: 'refuse',
      source: 'default',
      unsaved: 'refuse',
    })
    expect((await put({ ...own, ...others })).bluesky_other_servers).toEqual({
      saved: 'follow',
      effective: 'follow',
      source: 'saved',
      unsaved: 'refuse',
    })
    expect((await put({ bluesky_other_servers: '' })).bluesky_other_servers).toMatchObject({
      saved: null,
      effective: 'follow',
    })
    expect((await put({ bluesky_other_servers: 'refuse' })).bluesky_other_servers.effective).toBe('refuse')
  })

  test('are what PDS_DISCOVERY says as long as nothing is saved, also for a worker that was not started anew', async () => {
    await started({ otherServers: 'refuse' })
    expect(await readOptions(fresh.context)).toMatchObject({
      bluesky_other_servers: { effective: 'refuse', source: 'env' },
    })
    await put(others)
    expect(await inEffect()).toBe('follow')
  })

  test('that are followed run again, whichever server they live on, and the list of changes says so', async () => {
    await put({ 'bluesky_service-url': 'https://pds.example.com' })
    await strand('https://one.example.com', 'https://two.example.com')
    const both = { 'bluesky_service-url': 'https://pds.example.com', ...others }
    expect(await put(both)).toMatchObject({ retried: 2, waiting: 0 })
    expect(await newest()).toMatchObject({
      option: 'bluesky_other_servers',
      from: 'default',
      to: 'follow',
      retried: 2,
    })
    expect(await put({ ...both, bluesky_other_servers: 'refuse' })).toMatchObject({ retried: 0 })
  })

  test('that are followed in the same save as the Service URL changes are counted once', async () => {
    await put({ 'bluesky_service-url': 'https://pds.example.com' })
    await strand('https://one.example.com', 'https://two.example.com')
    const both = { 'bluesky_service-url': 'https://two.example.com', ...others }
    expect(await put(both)).toMatchObject({ retried: 2, waiting: 0 })
  })

  test('run again when the Service URL goes back to the default', async () => {
    await put({ 'bluesky_service-url': 'https://pds.example.com' })
    await strand('https://one.example.com')
    expect(await put({})).toMatchObject({ retried: 1, waiting: 0 })
  })

  test('run again after a start with another PDS_DISCOVERY, once, and not beneath a saved value', async () => {
    const serviceUrl = 'https://pds.example.com'
    await started({ serviceUrl })
    await strand('https://one.example.com')
    expect(await started({ serviceUrl, otherServers: 'follow' })).toEqual({ retried: 1, waiting: 0 })
    expect(await newest()).toMatchObject({ actor: 'environment', from: 'default', to: 'follow' })
    expect(await started({ serviceUrl, otherServers: 'follow' })).toEqual({ retried: 0, waiting: 0 })
    await put({ bluesky_other_servers: 'refuse' })
    await started({ serviceUrl, otherServers: 'refuse' })
    expect(await started({ serviceUrl, otherServers: 'follow' })).toEqual({ retried: 0, waiting: 0 })
  })

  test('take no other value', async () => {
    const answer = await freshAdmin.request('PUT', PATH, { body: { bluesky_other_servers: 'diagnose' } })
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'bluesky_other_servers' }] } })
  })
})

test('a saved Service URL wins, without its trailing slash, and without a dot or port that says nothing', async () => {
  await save({ 'bluesky_service-url': 'https://pds.example.com.:443/' })
  expect((await read())['bluesky_service-url']).toEqual({
    saved: 'https://pds.example.com',
    effective: 'https://pds.example.com',
    source: 'saved',
    unsaved: pds.pdsUrl,
  })
})

test.for([
  'pds.example.com',
  'ftp://pds.example.com',
  'https://pds.example.com/xrpc',
  'https://pds.example.com?x=1',
  'https://pds.example.com#x',
  'https://me:secret@pds.example.com',
  'https://',
])('the Service URL %s is refused with a reason at the field, and nothing changes', async (url) => {
  const answer = await save({ 'bluesky_service-url': url })
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'invalid_input', errors: [{ field: 'bluesky_service-url' }] },
  })
  expect((await read())['bluesky_service-url'].saved).toBe('')
})

describe('what stands at the Service URL', () => {
  const looked = () => expect.poll(async () => (await read()).look, { interval: 100, timeout: 45_000 })

  test('is told a moment after it is saved, and nobody signs in there', async () => {
    const server = await startAnsweringServer({
      status: 200,
      json: { availableUserDomains: ['.one.test', '.two.test'] },
    })
    onTestFinished(server.close)
    const { body } = await save({ 'bluesky_service-url': server.origin })
    expect(body).toMatchObject({ 'bluesky_service-url': { effective: server.origin }, look: null })
    await looked().toMatchObject({
      finding: 'answers',
      tone: 'good',
      text: 'Handles that it gives out end in .one.test, .two.test.',
      domains: ['.one.test', '.two.test'],
    })
    expect(new Set(server.calls)).toEqual(new Set(['/xrpc/com.atproto.server.describeServer']))
  })

  test('is saved even where it is the wrong one, and the right one is named', async () => {
    const saved = await save({ 'bluesky_service-url': 'https://bsky.app' })
    expect(saved.status).toBe(200)
    expect([undefined, 'web_page']).toContain(saved.body.look?.finding)
    await looked().toMatchObject({
      finding: 'web_page',
      tone: 'bad',
      text: expect.stringContaining('Use bsky.social.') as string,
      suggestion: 'https://bsky.social',
    })
    expect((await read())['bluesky_service-url'].saved).toBe('https://bsky.app')
  })

  test('is looked at again when somebody asks for it, or saves it as it is', async () => {
    let status = 502
    const server = await startAnsweringServer(() => ({ status, json: { availableUserDomains: [] } }))
    onTestFinished(server.close)
    const url = { 'bluesky_service-url': server.origin }
    await save(url)
    await looked().toMatchObject({ finding: 'broken', detail: 'HTTP 502' })
    status = 200
    const again = await admin.request<ShownOptions>('POST', `${PATH}/look`)
    expect(again.status).toBe(202)
    // Never what was told before; a worker may have looked already.
    expect([undefined, 'answers']).toContain(again.body.look?.finding)
    await looked().toMatchObject({ finding: 'answers' })
    status = 403
    await save(url)
    await looked().toMatchObject({ finding: 'wall' })
  })

  test('is said of the one in effect alone', async () => {
    const server = await startAnsweringServer({ status: 403 })
    onTestFinished(server.close)
    await save({ 'bluesky_service-url': server.origin })
    await looked().toMatchObject({ finding: 'wall' })
    await save({})
    await looked().toMatchObject({ finding: 'answers', domains: ['.test'] })
  })
})

test('who changed what, when, from what to what is kept', async () => {
  await save({ 'bluesky_service-url': 'https://one.example.com' })
  await save({ 'bluesky_service-url': 'https://two.example.com' })
  const { entries } = (await admin.request<AuditPage>('GET', '/api/admin/audit?limit=1')).body
  expect(entries).toMatchObject([
    {
      actor: admin.email,
      option: 'bluesky_service-url',
      from: 'https://one.example.com',
      to: 'https://two.example.com',
    },
  ])
})

test('the list of changes comes in pages, with the fields of the contract alone', async () => {
  const { db } = system.context
  const broken = storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } })
  await db.channels.create(broken)
  await save({ 'bluesky_service-url': 'https://three.example.com' })
  const page = async (query: string) => (await admin.request<AuditPage>('GET', `/api/admin/audit?${query}`)).body
  const whole = await page('limit=3')
  const first = await page('limit=1')
  const second = await page(`limit=2&cursor=${first.nextCursor}`)
  expect([...first.entries, ...second.entries]).toEqual(whole.entries)
  // Those that it mends run again later, which is nobody's to see.
  expect(whole.entries[0]).toMatchObject({ to: 'https://three.example.com', retried: 1 })
  for (const entry of whole.entries) expect(AuditEntry.strict().parse(entry)).toEqual(entry)
  await db.channels.deleteOne({ _id: broken._id })
})

test.for([
  ['GET', PATH],
  ['PUT', PATH],
  ['POST', `${PATH}/look`],
  ['GET', '/api/admin/audit'],
] as const)('%s %s is for admins', async ([method, path]) => {
  const init = method === 'PUT' ? { body: {} } : {}
  expect(await user.request(method, path, init)).toMatchObject({ status: 403, body: { code: 'not_for_you' } })
  expect(await system.anyone.request(method, path, init)).toMatchObject({ status: 401 })
})

test('a Service URL that is saved while the integration is paused mends when it is enabled', async () => {
  const broken = storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } })
  const other = await createSystem({ workers: false })
  const { request } = await other.admin()
  const put = (body: object) => request<SavedOptions>('PUT', PATH, { body })
  await other.context.db.channels.create(broken)
  const stored = () => other.context.db.channels.findById(broken._id).lean()
  const url = 'https://right.example.com'
  await put({ bluesky_integration_status: 'disabled' })
  const both = { 'bluesky_service-url': url, bluesky_integration_status: 'disabled' }
  expect((await put(both)).body.retried).toBe(1)
  await sweepOnce(other.context)
  expect(await stored()).toMatchObject({ lease: { generation: 1 }, status: 'action_required' })
  await put({ ...both, bluesky_integration_status: 'enabled' })
  await sweepOnce(other.context)
  expect(await stored()).toMatchObject({ lease: { generation: 2 }, status: 'connecting', serviceUrl: url })
  await other.stop()
})

test('a save that broke off before it set anything going is finished by the next one', async () => {
  const { db } = system.context
  const broken = storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } })
  await db.channels.create(broken)
  const url = { 'bluesky_service-url': 'https://right.example.com' }
  const rest = vi.spyOn(db.audit, 'create').mockRejectedValueOnce(new Error('the database is away'))
  expect((await save(url)).status).toBe(500)
  rest.mockRestore()
  expect((await save(url)).body.retried).toBe(1)
  expect((await save(url)).body.retried).toBe(0)
  await db.channels.deleteOne({ _id: broken._id })
})

test('a start with another BLUESKY_SERVICE_URL that broke off before it set anything going is finished by the next one', async () => {
  const other = await createSystem({ workers: false })
  onTestFinished(() => other.stop())
  const { db, config } = other.context
  const start = (serviceUrl: string) =>
    noticeEnvironment({ db, config: { ...config, bluesky: { ...config.bluesky, serviceUrl } } }, 'start')
  await start('https://wrong.example.com')
  await db.channels.create(storedChannel('wrong_server', new Date(), { secrets: { password: 'sealed' } }))
  const rest = vi.spyOn(db.audit, 'create').mockRejectedValueOnce(new Error('the database is away'))
  await expect(start('https://right.example.com')).rejects.toThrow('the database is away')
  rest.mockRestore()
  expect(await start('https://right.example.com')).toMatchObject({ retried: 1 })
  expect(await start('https://right.example.com')).toMatchObject({ retried: 0 })
})

describe('while the integration is disabled', () => {
  test('new connects are refused', async () => {
    await save({ bluesky_integration_status: 'disabled' })
    const answer = await user.request('POST', '/api/channels/bluesky', {
      body: { identifier: 'late.test', appPassword: 'aaaa-bbbb-cccc-dddd' },
    })
    expect(answer).toMatchObject({ status: 403, body: { code: 'integration_disabled' } })
  })

  test('running ones wait, and go on by themselves when it is enabled', async () => {
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    await system.stopWorkers()
    const { id } = await user.connect(account.handle, appPassword)
    await save({ bluesky_integration_status: 'disabled' })
    await system.startWorkers()
    expect(await system.settled(user, id)).toMatchObject({
      status: 'action_required',
      outcome: { code: 'integration_disabled', fixBy: 'admin' },
    })
    const saved = await save({})
    expect(saved.body.retried).toBe(1)
    expect(await system.until(user, id, ({ status }) => status === 'connected')).toMatchObject({ did: account.did })
  })
})
