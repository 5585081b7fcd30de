// What the channel endpoints promise whoever calls them.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Channel, ChannelPage, ChannelSummary, ChannelWithAttempts, Problem } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { createAccount, createAppPassword, handleChange } from '../helpers/pds.ts'
import { storedChannel, storedFault } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const WRONG = 'aaaa-bbbb-cccc-dddd'
let system: System
let user: Client

beforeAll(async () => {
  system = await createSystem()
  user = await system.user()
})
afterAll(() => system.stop())

const post = (client: Pick<Client, 'request'>, body: unknown, headers: Record<string, string> = {}) =>
  client.request<Channel & Omit<Problem, 'status'>>('POST', '/api/channels/bluesky', { body, headers })

describe('a submit', () => {
  test('is answered with 202 and where to look', async () => {
    const answer = await post(user, { identifier: 'somebody.test', appPassword: WRONG })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('location')).toBe(`/api/channels/${answer.body.id}`)
    expect((await user.request('GET', `/api/channels/${answer.body.id}`)).status).toBe(200)
  })

  test('with something that is no app password is refused, kept nowhere, and says how to get one', async () => {
    const answer = await post(user, { identifier: 'main-password.test', appPassword: 'hunter2 is my password' })
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'password_not_app_format',
        link: 'https://bsky.app/settings/app-passwords',
        errors: [{ field: 'appPassword' }],
      },
    })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    const { channels } = (await user.request<ChannelPage>('GET', '/api/channels')).body
    expect(channels.map(({ identifier }) => identifier)).not.toContain('main-password.test')
  })

  test('with something that is no handle is refused', async () => {
    expect(await post(user, { identifier: 'Alice Smith', appPassword: WRONG })).toMatchObject({
      status: 422,
      body: { code: 'identifier_malformed', errors: [{ field: 'identifier' }] },
    })
  })

  test.for([
    ['two handles', 'one.test two.test', /^There is more than one account/],
    ['an address of the Fediverse', '@alice@mastodon.social', /^That is an address of Mastodon/],
    ['a link of no account', 'https://bsky.app/settings', /^This link does not say/],
    ['something else than letters', 'ali_ce.test', /There is something else in this/],
    ['half an e-mail address', 'alice@localhost', /^That is not a whole e-mail address/],
    ['a hyphen too many', 'alice-.test', /has no hyphen at its ends/],
  ] as const)('says of %s what is true of it', async ([, identifier, sentence]) => {
    const { body } = await post(user, { identifier, appPassword: WRONG })
    expect(body.code).toBe('identifier_malformed')
    expect(body.detail).toMatch(sentence)
    expect(body.detail).not.toMatch(/at least two parts/)
    expect(body.errors).toEqual([{ field: 'identifier', message: body.detail }])
  })

  test('with handle and app password in one field says to put the handle alone there, and keeps nothing', async () => {
    const other = await system.user()
    for (const glued of [
      'glued.test\nabcd-efgh-ijkl-mnop',
      'glued.test\tabcdefghijklmnop',
      'glued.testabcd-efgh-ijkl-mnop',
    ]) {
      const answer = await post(other, { identifier: glued, appPassword: WRONG })
      expect(answer).toMatchObject({ status: 422, body: { code: 'identifier_malformed' } })
      expect(answer.body.detail).toMatch(/looks like an app password.*Put the handle alone here/)
      expect(JSON.stringify(answer.body)).not.toContain('glued')
    }
    expect((await other.request<ChannelPage>('GET', '/api/channels')).body.channels).toEqual([])
  })

  test.for([
    ['as it is', (password: string) => `${password}.test`],
    ['without its dashes', (password: string) => `x.${password.replaceAll('-', '')}.test`],
    ['in a mailbox', (password: string) => `${password.replaceAll('-', '+')}@example.com`],
  ] as const)('with an identifier that repeats the app password is refused: %s', async ([, write]) => {
    const appPassword = 'zzzz-yyyy-xxxx-wwww'
    expect(
      await post(user, { identifier: write(appPassword), appPassword: `App password: ${appPassword}` }),
    ).toMatchObject({
      status: 422,
      body: { code: 'identifier_malformed', detail: expect.stringContaining('looks like an app password') },
    })
  })

  test('of an international handle connects the account, as the channel that its ASCII form has', async () => {
    const name = `mü${Date.now().toString(36).slice(-5)}`
    const ascii = new URL(`https://${name}.test`).hostname
    const account = await createAccount(pds, { handle: ascii })
    const appPassword = await createAppPassword(account)
    const channel = await user.connect(`@${name.toUpperCase()}.test`, appPassword)
    expect(channel.identifier).toBe(ascii)
    expect(await system.settled(user, channel.id)).toMatchObject({ status: 'connected', handle: ascii })
    expect((await user.connect(ascii, appPassword)).id).toBe(channel.id)
  })

  test('of a handle that leads nowhere shows it as it was typed, and keeps its ASCII form', async () => {
    const { id } = await user.connect('zürich.test', WRONG)
    const { outcome, identifier } = await system.settled(user, id)
    expect(identifier).toBe('xn--zrich-kva.test')
    expect(outcome).toMatchObject({ code: 'handle_not_found', params: { identifier } })
    expect(outcome?.cause).toContain('zürich.test')
  })

  test('with missing or unknown fields names each of them', async () => {
    const answer = await post(user, { handle: 'alice.test' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
    expect(answer.body.errors?.map(({ field }) => field).toSorted()).toEqual(['appPassword', 'handle', 'identifier'])
  })

  test('sent five times at once is one channel and one job', async () => {
    const other = await system.user()
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(other, { identifier: account.handle, appPassword })),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    const channel = await system.settled(other, answers[0]?.body.id ?? '')
    expect(channel.attempts.filter(({ step }) => step === 'connect')).toHaveLength(1)
  })

  test('of a handle that failed before starts the same channel anew, with the new password', async () => {
    const account = await createAccount(pds)
    const first = await user.connect(account.handle, WRONG)
    await system.settled(user, first.id)
    const second = await user.connect(account.handle, await createAppPassword(account))
    expect(second.id).toBe(first.id)
    expect(await system.settled(user, second.id)).toMatchObject({ status: 'connected' })
  })
})

describe('a bare name', () => {
  const gives = (domains: string[], serviceUrl = pds.pdsUrl) =>
    system.context.db.servers.updateOne(
      { _id: serviceUrl },
      { $set: { domains, finding: 'answers', lookedAt: new Date() } },
      { upsert: true },
    )

  test('gets the first domain under which the server gives out handles', async () => {
    await gives(['.test', '.other.test'])
    const account = await createAccount(pds)
    const name = account.handle.replace('.test', '')
    const appPassword = await createAppPassword(account)
    const channel = await user.connect(`@${name}`, appPassword)
    expect(channel.identifier).toBe(account.handle)
    expect(await system.settled(user, channel.id)).toMatchObject({ status: 'connected', handle: account.handle })
    expect((await user.request<{ handleDomain: string }>('GET', '/api/me')).body.handleDomain).toBe('.test')
  })

  test('with an Idempotency-Key leads to the same channel again', async () => {
    await gives(['.test'])
    const body = { identifier: 'bare-again', appPassword: WRONG }
    const first = await post(user, body, { 'idempotency-key': 'bare-1' })
    await system.settled(user, first.body.id)
    const second = await post(user, body, { 'idempotency-key': 'bare-1' })
    expect([first.body.identifier, second.body.id]).toEqual(['bare-again.test', first.body.id])
  })

  test('is refused with what it lacks where no domain is known, and gets that of Bluesky at the default server', async () => {
    const unknown = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: 'https://pds.example.com' } })
    const known = await createSystem({ workers: false, env: { BLUESKY_SERVICE_URL: '' } })
    onTestFinished(async () => void (await Promise.all([unknown.stop(), known.stop()])))
    const [one, other] = [await unknown.user(), await known.user()]
    const body = { identifier: 'sunny', appPassword: WRONG }
    expect(await post(one, body)).toMatchObject({
      status: 422,
      body: { code: 'identifier_malformed', detail: expect.stringMatching(/at least two parts with a dot/) },
    })
    expect(await post(other, body)).toMatchObject({ status: 202, body: { identifier: 'sunny.bsky.social' } })
    const domainOf = async (client: Client) =>
      (await client.request<{ handleDomain: string | null }>('GET', '/api/me')).body.handleDomain
    expect([await domainOf(one), await domainOf(other)]).toEqual([null, '.bsky.social'])
  })
})

describe('an Idempotency-Key', () => {
  test('leads to the same channel again, also when the step is long over', async () => {
    const body = { identifier: 'again.test', appPassword: WRONG }
    const first = await post(user, body, { 'idempotency-key': 'key-1' })
    await system.settled(user, first.body.id)
    const second = await post(user, body, { 'idempotency-key': 'key-1' })
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id, status: 'action_required' } })
    const { attempts } = (await user.request<ChannelWithAttempts>('GET', `/api/channels/${first.body.id}`)).body
    expect(attempts).toHaveLength(1)
  })

  test('that comes five times at once is taken five times', async () => {
    const body = { identifier: 'at-once.test', appPassword: WRONG }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(user, body, { 'idempotency-key': 'key-at-once' })),
    )
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1)
  })

  test('with another body is refused', async () => {
    await post(user, { identifier: 'one.test', appPassword: WRONG }, { 'idempotency-key': 'key-2' })
    const answer = await post(user, { identifier: 'two.test', appPassword: WRONG }, { 'idempotency-key': 'key-2' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  })

  test('of another user is another key', async () => {
    const body = { identifier: 'mine.test', appPassword: WRONG }
    const mine = await post(user, body, { 'idempotency-key': 'key-3' })
    const theirs = await post(await system.user(), body, { 'idempotency-key': 'key-3' })
    expect(theirs.body.id).not.toBe(mine.body.id)
  })
})

test('two handles of one account end as one channel', async () => {
  const before = await createAccount(pds)
  const appPassword = await createAppPassword(before)
  const first = await user.connect(before.handle, appPassword)
  await system.settled(user, first.id)
  const after = await handleChange(before)
  const second = await user.connect(after.handle, appPassword)
  expect(second.id).not.toBe(first.id)

  const channel = await system.until(
    user,
    first.id,
    ({ handle, status }) => handle === after.handle && status === 'connected',
  )
  expect(channel.did).toBe(before.did)
  const moved = await user.request('GET', `/api/channels/${second.id}`)
  expect(moved.status).toBe(308)
  expect(moved.headers.get('location')).toBe(`/api/channels/${first.id}`)
  const { channels } = (await user.request<ChannelPage>('GET', '/api/channels')).body
  expect(channels.map(({ id }) => id)).toContain(first.id)
  expect(channels.map(({ id }) => id)).not.toContain(second.id)
})

describe('a stranger', () => {
  test.for([
    ['GET', ''],
    ['POST', '/reconnect'],
    ['POST', '/verify'],
    ['DELETE', ''],
  ] as const)('finds nothing with %s %s', async ([method, path]) => {
    const { id } = await user.connect('private.test', WRONG)
    const stranger = await system.user()
    const init = path === '/reconnect' ? { body: { appPassword: WRONG } } : {}
    const answer = await stranger.request(method, `/api/channels/${id}${path}`, init)
    expect(answer).toMatchObject({ status: 404, body: { code: 'channel_not_found' } })
  })

  test('who is not signed in is asked to sign in', async () => {
    expect(await system.anyone.request('GET', '/api/channels')).toMatchObject({
      status: 401,
      body: { code: 'not_signed_in' },
    })
  })
})

describe('reconnect', () => {
  test('takes a new app password of the same account', async () => {
    const account = await createAccount(pds)
    const { id } = await user.connect(account.handle, WRONG)
    await system.settled(user, id)
    const answer = await user.request('POST', `/api/channels/${id}/reconnect`, {
      body: { appPassword: await createAppPassword(account) },
    })
    expect(answer.status).toBe(202)
    expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  })

  test('never turns a channel into another account', async () => {
    const account = await createAccount(pds)
    const { id } = await user.connect(account.handle, await createAppPassword(account))
    await system.settled(user, id)
    // The old handle now belongs to somebody else, who signs in with a password of their own.
    await handleChange(account)
    const other = await createAccount(pds, { handle: account.handle })
    await user.request('POST', `/api/channels/${id}/reconnect`, {
      body: { appPassword: await createAppPassword(other) },
    })
    expect(await system.settled(user, id)).toMatchObject({
      status: 'action_required',
      outcome: { code: 'bad_credentials' },
      did: account.did,
    })
  })
})

test('a check belongs to the request that asked for it', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.settled(user, id)
  const asked = await user.request('POST', `/api/channels/${id}/verify`)
  expect(asked.status).toBe(202)
  await system.settled(user, id)
  const attempts = await system.context.db.attempts.find({ channelId: id }).sort({ _id: 1 }).lean()
  expect(attempts.map(({ step, requestId }) => `${step} ${requestId === asked.headers.get('x-request-id')}`)).toEqual([
    'connect false',
    'verify false',
    'verify true',
  ])
})

test('verify needs a session', async () => {
  const { id } = await user.connect('no-session.test', WRONG)
  await system.settled(user, id)
  expect(await user.request('POST', `/api/channels/${id}/verify`)).toMatchObject({
    status: 409,
    body: { code: 'channel_not_connected' },
  })
})

test('a removed channel is gone at once, its session ended, its secrets forgotten', async () => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.settled(user, id)
  expect((await user.request('DELETE', `/api/channels/${id}`)).status).toBe(204)
  expect((await user.request('GET', `/api/channels/${id}`)).status).toBe(404)
  await expect.poll(() => system.context.db.channels.countDocuments({ _id: id }), { timeout: 45_000 }).toBe(0)
  expect(await system.context.db.attempts.countDocuments({ channelId: id })).toBe(0)
  const ended = () => system.log.records().find((line) => line['job'] === 'disconnect' && line['channelId'] === id)
  await expect.poll(ended).toMatchObject({ end: 'forgotten', answer: { call: 'deleteSession', status: 200 } })
})

test('a channel shows its own attempts alone', async () => {
  const ids = [(await user.connect('first-own.test', WRONG)).id, (await user.connect('second-own.test', WRONG)).id]
  for (const id of ids) expect((await system.settled(user, id)).attempts).toHaveLength(1)
})

test('an Idempotency-Key is forgotten after a day, also by the database', async () => {
  const indexes = await system.context.db.idempotencyKeys.collection.indexes()
  expect(indexes).toContainEqual(expect.objectContaining({ key: { createdAt: 1 }, expireAfterSeconds: 86_400 }))
})

describe('the list', () => {
  test('comes in pages: what needs somebody first, then what goes on by itself, the newest first in each', async () => {
    const other = await system.user()
    const codes = ['connected', 'bad_credentials', 'pds_unreachable', 'unknown', 'connected', 'wrong_server'] as const
    const ids: string[] = []
    for (const code of codes) {
      const given = { userId: other.id, ...(code === 'unknown' ? { status: 'failed' as const } : {}) }
      const { _id } = await system.context.db.channels.create(storedChannel(code, new Date(), given))
      ids.push(_id.toHexString())
    }
    const [connected, wrong, waits, failed, newer, elsewhere] = ids
    const wanted = [elsewhere, failed, wrong, waits, newer, connected]
    for (const limit of [1, 2, 3, 4, 6, 7]) {
      const found: string[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const query: string = cursor && `&cursor=${cursor}`
        const { body } = await other.request<ChannelPage>('GET', `/api/channels?limit=${limit}${query}`)
        expect(body.channels.length).toBeLessThanOrEqual(limit)
        found.push(...body.channels.map(({ id }) => id))
        cursor = body.nextCursor
      }
      expect(found, `${limit} a page`).toEqual(wanted)
    }
  })

  test.for(['nonsense', '0'.repeat(24), `4-${'0'.repeat(24)}`, `0-${'0'.repeat(23)}`, `0-${'0'.repeat(24)}-`])(
    'does not follow the cursor %s',
    async (cursor) => {
      expect(await user.request('GET', `/api/channels?cursor=${cursor}`)).toMatchObject({
        status: 400,
        body: { code: 'bad_request' },
      })
    },
  )

  test('has at most a hundred channels a page', async () => {
    expect(await user.request('GET', '/api/channels?limit=1000')).toMatchObject({
      status: 422,
      body: { code: 'invalid_input' },
    })
  })
})

describe('the summary', () => {
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)
  const summaryOf = async (client: Client) =>
    (await client.request<ChannelSummary>('GET', '/api/channels/summary')).body
  const add = (...channels: ChannelDoc[]) => system.context.db.channels.create(channels)

  test('counts what needs its user and what is connected, and tells the check that is the longest ago', async () => {
    const one = await system.user()
    const own = { userId: one.id }
    const fault = { ...storedFault('pds_unreachable', hoursAgo(2)), since: hoursAgo(9) }
    await add(
      storedChannel('connected', hoursAgo(99), { ...own, lastVerifiedAt: hoursAgo(5) }),
      storedChannel('connected', hoursAgo(99), { ...own, lastVerifiedAt: hoursAgo(1) }),
      storedChannel('connected', hoursAgo(99), { ...own, lastVerifiedAt: hoursAgo(30), fault }),
      storedChannel('session_revoked', hoursAgo(3), { ...own, lastVerifiedAt: hoursAgo(40) }),
      storedChannel('unknown', hoursAgo(3), { ...own, status: 'failed' }),
      storedChannel('pds_unreachable', hoursAgo(3), own),
      storedChannel('connected', hoursAgo(99), { lastVerifiedAt: hoursAgo(77) }),
    )
    const { oldestCheckAt, ...counts } = await summaryOf(one)
    expect(counts).toEqual({ needsAction: 2, connected: 3 })
    expect(Date.parse(oldestCheckAt ?? '')).toBeCloseTo(hoursAgo(5).getTime(), -5)
  })

  test('of somebody who has nothing is empty', async () => {
    expect(await summaryOf(await system.user())).toEqual({ needsAction: 0, connected: 0, oldestCheckAt: null })
  })

  test('names no check as the oldest where it did not look at them all', async () => {
    const many = await system.user()
    const lastVerifiedAt = hoursAgo(1)
    const channels = Array.from({ length: 1_001 }, () =>
      storedChannel('connected', hoursAgo(9), { userId: many.id, lastVerifiedAt }),
    )
    await system.context.db.channels.insertMany(channels.slice(1))
    expect(await summaryOf(many)).toMatchObject({ connected: 1_000, oldestCheckAt: lastVerifiedAt.toISOString() })
    await system.context.db.channels.insertMany(channels.slice(0, 1))
    expect(await summaryOf(many)).toMatchObject({ connected: 1_000, oldestCheckAt: null })
  })
})

test('a channel that stays connected tells what its last checks met, and since when', async () => {
  const other = await system.user()
  const since = new Date(Date.now() - 3_600_000)
  const fault = { ...storedFault('pds_unreachable', new Date()), since }
  await system.context.db.channels.create(storedChannel('connected', since, { userId: other.id, fault }))
  const { channels } = (await other.request<ChannelPage>('GET', '/api/channels')).body
  expect(channels).toMatchObject([
    {
      status: 'connected',
      outcome: { code: 'connected' },
      fault: {
        code: 'pds_unreachable',
        title: 'The server does not answer',
        cause: 'pds.example.com could not be reached.',
        givenUp: false,
        since: since.toISOString(),
      },
    },
  ])
})

test('a change asked for by another site is refused', async () => {
  const answer = await post(user, { identifier: 'csrf.test', appPassword: WRONG }, { origin: 'https://evil.example' })
  expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_origin' } })
})

test('what is not JSON, too large or nowhere is answered as a problem', async () => {
  const broken = await fetch(`${system.url}/api/channels/bluesky`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: '{"identifier": ',
  })
  expect([broken.status, ((await broken.json()) as Problem).code]).toEqual([400, 'bad_request'])
  expect(await post(user, { identifier: 'x'.repeat(40_000), appPassword: WRONG })).toMatchObject({
    status: 413,
    body: { code: 'too_large' },
  })
  expect(await user.request('GET', '/api/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } })
})
