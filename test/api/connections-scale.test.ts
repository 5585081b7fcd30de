// Among 100,000 channels every query finds its rows by an index, as the database itself explains it: the admin's and the users'.
import { Types } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { ConnectionPage } from '../../src/contract.ts'
import { countOnce } from '../../workers/connection-counts.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { sentWhile, watchedMongo, type Command } from '../helpers/mongo-commands.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { storedChannel } from '../helpers/stored-channels.ts'

const PATH = '/api/admin/connections'
const CHANNELS = 100_000
const BATCH = 5_000
const failures: OutcomeCode[] = ['bad_credentials', 'pds_unreachable', 'wrong_server', 'pds_error', 'account_not_here']
let system: System
let admin: Client
let user: Client
/** the user's one channel */
let own: Types.ObjectId

beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
  admin = await system.admin()
  user = await system.user()
  const { channels } = system.context.db
  // Indexes are made faster than kept.
  await channels.collection.dropIndexes()
  const start = Date.now()
  const owners = Array.from({ length: 5_000 }, () => new Types.ObjectId().toHexString())
  for (let done = 0; done < CHANNELS; done += BATCH) {
    await channels.collection.insertMany(
      Array.from({ length: BATCH }, (_, index) => {
        const n = done + index
        // One in ten failed; one in a thousand at another server. Ten days' worth of connects.
        const code = n % 10 === 0 ? failures[(n / 10) % failures.length] : 'connected'
        const since = new Date(start - ((n * 7_919) % CHANNELS) * 8_640)
        const serviceUrl = n % 1_000 === 0 ? 'https://small.example.com' : 'https://bsky.social'
        // As short as names are: each letter is an entry of an index.
        const name = `n${n.toString(36)}.example.com`
        const channel = storedChannel(code ?? 'connected', since, {
          handle: name,
          identifier: name,
          serviceUrl,
          userId: n === 500 ? user.id : (owners[n % 5_000] ?? ''),
          ...(n % 10 === 0 ? { secrets: { password: 'sealed' } } : {}),
        })
        if (n === 500) own = channel._id
        return channel
      }),
      { ordered: false },
    )
  }
  await channels.createIndexes()
  await countOnce(system.context)
  // Enough that no database reads them all because that is less work.
  const { attempts, audit } = system.context.db
  await attempts.collection.insertMany(
    Array.from({ length: 20_000 }, (_, n) => ({ channelId: n % 1_000 === 0 ? own : new Types.ObjectId() })),
  )
  await audit.collection.insertMany(
    Array.from({ length: 5_000 }, (_, n) => ({
      at: new Date(start - n),
      actor: 'admin@example.com',
      option: 'bluesky_service-url',
      from: '',
      to: '',
      retried: 0,
    })),
  )
}, 180_000)
afterAll(() => system.stop())

const collections = new Set<unknown>(['channels', 'attempts', 'audit', 'user'])

/** The commands that a request made the program send to the database. */
async function sentBy(request: () => Promise<unknown>): Promise<Command[]> {
  const sent = await sentWhile(system, request)
  const parts = ['find', 'filter', 'sort', 'projection', 'limit', 'hint', 'aggregate', 'pipeline', 'cursor']
  return sent.flatMap((command): Command[] => {
    if (command.aggregate === 'channels' || collections.has(command.find)) {
      return [Object.fromEntries(Object.entries(command).filter(([part]) => parts.includes(part)))]
    }
    if (command.findAndModify === 'channels') return [{ find: 'channels', filter: command.query }]
    return command.update === 'channels'
      ? [{ find: 'channels', filter: (command.updates as { q: object }[])[0]?.q }]
      : []
  })
}

/** Every value under `key`, however deep. */
const all = (tree: unknown, ...keys: string[]): string[] =>
  tree === null || typeof tree !== 'object'
    ? []
    : Object.entries(tree).flatMap(([key, value]) => (keys.includes(key) ? String(value) : all(value, ...keys)))

/** Understands MongoDB's stages, and the nodes of PostgreSQL beneath DocumentDB. */
async function explain(command: Command) {
  const told = await system.context.db.connection.db?.command({ explain: command, verbosity: 'executionStats' })
  const nodes = all(told, 'Node Type')
  return {
    scans: [...nodes, ...all(told, 'stage')].filter((name) => /COLLSCAN|Seq Scan/.test(name)),
    indexes: nodes.length > 0 ? all(told, 'Index Name') : all(told, 'indexName'),
    // Told by MongoDB alone.
    examined: Math.max(0, ...all(told, 'totalKeysExamined', 'totalDocsExamined').map(Number)),
  }
}

const get = (query: string) => () => admin.request<ConnectionPage>('GET', `${PATH}${query}`)
const save = (url: string, status: string) =>
  admin.request('PUT', '/api/admin/api-integration/bluesky', {
    body: { 'bluesky_service-url': url, bluesky_integration_status: status },
  })
const byRank = /^rank_1_since/
const byOutcome = /^rank_1_outcome\.code_1/
const byServer = /^rank_1_serviceUrl_1/
const byId = /^_id_/
const ofOwner = /^userId_1_live_1_rank_1/

test.for<[string, () => Promise<unknown>, RegExp[]]>([
  ['the first page', get(''), [byRank]],
  ['what is connected', get('?status=connected'), [byRank]],
  ['what failed for good', get('?status=failed&limit=100'), [byRank]],
  ['a time', get('?from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z'), [byRank]],
  ['an outcome', get('?outcome=wrong_server'), [byOutcome]],
  ['a rare outcome', get('?outcome=handle_mismatch'), [byOutcome]],
  ['outcomes', get('?outcome=wrong_server,bad_credentials'), [byOutcome, byRank, byId]],
  ['who can fix it', get('?fixBy=admin'), [byOutcome, byRank, byId]],
  ['a server', get('?server=https://small.example.com'), [byServer]],
  ['a server as the list has it', get('?server=small.example.com'), [byServer]],
  ['a server among failures', get('?server=https://small.example.com&outcome=pds_error'), [byServer, byOutcome, byId]],
  ['the oldest', get('?sort=since'), [byRank]],
  ['the newest', get('?sort=-since'), [byRank]],
  ['by server', get('?sort=server'), [byServer]],
  ['by outcome', get('?sort=outcome'), [byOutcome]],
  ['a server by outcome', get('?sort=outcome&server=small.example.com'), [byServer, byId]],
  [
    'an hour by server',
    get(`?sort=server&from=${new Date(Date.now() - 3600_000).toISOString()}`),
    [byRank, byId, byServer],
  ],
  ['what nobody has seen', get('?unseen=true'), [byRank]],
  ['a user', () => get(`?user=${user.id}`)(), [/^userId_1_live_1/, byId]],
  ['an e-mail address', () => get(`?user=${user.email}`)(), [/^userId_1_live_1/, byId]],
  [
    'a text',
    () => get(`?q=${user.email.slice(0, 9)}`)(),
    [/^(handle|identifier|did|requestId|parts)_1/, /^userId_1_live_1/, byId],
  ],
  ['a text that nobody has', get('?q=zzz'), [/^(handle|identifier|did|requestId|parts)_1/, byId]],
  ['a text that everybody has', get('?q=did'), [/^(handle|identifier|did|requestId|parts)_1/, byRank]],
  ['the file', get('.csv?outcome=wrong_server&status=action_required'), [byOutcome, byRank]],
  ['one connection', () => get(`/${new Types.ObjectId().toHexString()}`)(), [byId]],
  [
    'one connection that lives elsewhere, and whom else that concerns',
    async () => {
      const params = { actualServer: 'https://small.example.com' }
      const outcome = { code: 'wrong_server' as const, step: 'connect' as const, params, at: new Date() }
      const stranded = storedChannel('wrong_server', new Date(), { outcome })
      await system.context.db.channels.create(stranded)
      await get(`/${stranded._id.toHexString()}`)()
    },
    [/^outcome\.params\.actualServer_1/, /^channelId_1/, byId],
  ],
  ['the summary', get('/summary'), [/^submittedAt_-1/, /^askedAt_1/]],
  ['counts of a text', get('/counts?q=example'), [/^(handle|identifier|did|requestId|parts)_1/, byId]],
  ['whose owners asked for help', get('?asked=true'), [/^askedAt_1/, byId]],
  ['how many of a text would run again', get('/retry?q=n1a'), [/^(handle|identifier|did|requestId|parts)_1/, byId]],
  [
    'running an outcome again',
    async () => {
      await admin.request('POST', `${PATH}/retry`, { body: { outcome: 'pds_error' } })
      await sweepOnce(system.context)
    },
    [byOutcome, byRank, /^step_1_lease.sweepAt_1/, /^notice.at_1/, /^submittedAt_1/, /^at_1/, byId],
  ],
  ["a user's own channels", () => user.request('GET', '/api/channels'), [ofOwner]],
  [
    "the next page of a user's own channels",
    () => user.request('GET', `/api/channels?cursor=0-${new Types.ObjectId().toHexString()}`),
    [ofOwner],
  ],
  ["how a user's own channels stand", () => user.request('GET', '/api/channels/summary'), [ofOwner]],
  [
    'a channel and its attempts',
    () => user.request('GET', `/api/channels/${own.toHexString()}`),
    [byId, /^channelId_1/],
  ],
  [
    'a connect',
    () => user.connect('did:web:somebody.example.com', 'aaaa-bbbb-cccc-dddd'),
    [/^userId_1_/, /^(handle|identifier|did)_1/],
  ],
  ['the audit list', () => admin.request('GET', '/api/admin/audit'), [byId]],
  [
    'the next page of the audit list',
    () => admin.request('GET', `/api/admin/audit?cursor=${new Types.ObjectId().toHexString()}`),
    [byId],
  ],
  [
    'what another Service URL mends',
    async () => {
      await save('https://other.example.com', 'enabled')
      await sweepOnce(system.context)
    },
    [byOutcome, byRank, /^step_1_lease.sweepAt_1/, /^notice.at_1/, /^submittedAt_1/, /^at_1/, byId],
  ],
  [
    'what goes on when connections are switched on again',
    async () => {
      await save('https://other.example.com', 'disabled')
      await save('https://other.example.com', 'enabled')
    },
    [byOutcome, byRank],
  ],
])('%s is found by an index', async ([, request, expected]) => {
  const commands = await sentBy(request)
  expect(commands).not.toEqual([])
  for (const command of commands) {
    const { scans, indexes, examined } = await explain(command)
    const what = JSON.stringify(command).slice(0, 500)
    const allowed = command.find === 'user' ? [/email/, byId] : expected
    expect(scans, what).toEqual([])
    // The way to a single id is by no name everywhere.
    expect(
      indexes.filter((name) => !allowed.some((index) => index.test(name))),
      what,
    ).toEqual([])
    if (command.find) expect(examined, what).toBeLessThanOrEqual(CHANNELS / 5)
  }
})

test('the tenth page reads from where the ninth ended', async () => {
  let cursor = ''
  for (let page = 1; page <= 9; page++) cursor = `&cursor=${(await get(`?limit=100${cursor}`)()).body.nextCursor}`
  const commands = await sentBy(get(`?limit=100${cursor}`))
  for (const command of commands) expect(await explain(command)).toMatchObject({ scans: [] })
  expect(JSON.stringify(commands[0])).toContain('"since":{"$lt":')
})
