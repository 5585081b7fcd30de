// The admin's view of everybody's connections: the list with its filters and pages, and one of them.
import { Types } from 'mongoose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ConnectionPage, ConnectionWithAttempts, type Channel } from '../../src/contract.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { settleStep } from '../../src/db/steps.ts'
import { rankOf } from '../../src/outcomes/ranks.ts'
import { findEmails } from '../../src/db/users.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { minutesAgo, storeChannels, storedChannel } from '../helpers/stored-channels.ts'

const PATH = '/api/admin/connections'
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
beforeEach(async () => {
  await system.context.db.channels.deleteMany({})
})

const store = (...channels: ChannelDoc[]) => storeChannels(system.context, channels)
const list = async (query = '') => {
  const { status, body } = await admin.request('GET', `${PATH}${query}`)
  expect(status).toBe(200)
  return ConnectionPage.parse(body)
}
const ids = async (query: string) => (await list(query)).connections.map(({ id }) => id)

describe('only admins', () => {
  test.for([
    ['GET', PATH],
    ['GET', `${PATH}?limit=nonsense`],
    ['GET', `${PATH}/summary`],
    ['GET', `${PATH}.csv?nonsense=1`],
    ['GET', `${PATH}/nonsense`],
    ['POST', `${PATH}/nonsense/retry`],
    ['POST', `${PATH}/retry`],
  ] as const)('%s %s: others are turned away before anything is looked at', async ([method, path]) => {
    const init = method === 'POST' ? { body: { nonsense: 1 } } : {}
    expect(await system.anyone.request(method, path, init)).toMatchObject({
      status: 401,
      body: { code: 'not_signed_in' },
    })
    expect(await user.request(method, path, init)).toMatchObject({ status: 403, body: { code: 'not_for_you' } })
  })
})

test('of whom a page does not show, nothing is read', async () => {
  const { db } = system.context
  expect(await findEmails(db, [user.id, user.id, 'gone'])).toEqual(new Map([[user.id, user.email]]))
})

describe('the list', () => {
  test('names the index of a text, whatever the database believes of how many fit', async () => {
    await store(storedChannel('bad_credentials', minutesAgo(1), { handle: 'indexed.example.com' }))
    const sent = await sentWhile(system, () => list('?q=indexed'))
    const counted = sent.flatMap(({ aggregate, hint }) => (aggregate === 'channels' ? [hint] : []))
    const lookups = [{ did: 1, userId: 1 }, { requestId: 1 }, { parts: 1, rank: 1 }]
    expect(counted).toEqual(lookups)
    // Few were found: they are read by the same index, not in the order of the list.
    const read = sent.flatMap(({ find, hint }) => (find === 'channels' ? [hint] : []))
    expect(read[0]).toEqual({ parts: 1, rank: 1 })
    expect(new Set(read.map((hint) => JSON.stringify(hint))).size).toBe(1)
  })

  test('has failures first and the newest of them first, with the user and what the admin can do', async () => {
    const [connected, retrying, older, newer, failed] = await store(
      storedChannel('connected', minutesAgo(1)),
      storedChannel('pds_unreachable', minutesAgo(2)),
      storedChannel('bad_credentials', minutesAgo(9)),
      storedChannel('wrong_server', minutesAgo(3), {
        userId: user.id,
        outcome: {
          code: 'wrong_server',
          step: 'connect',
          params: { server: 'https://a.example', actualServer: 'https://b.example' },
          at: minutesAgo(3),
        },
      }),
      storedChannel('unknown', minutesAgo(5), { status: 'failed' }),
    )
    const { connections, nextCursor } = await list()
    expect(connections.map(({ id }) => id)).toEqual([newer, failed, older, retrying, connected])
    expect(nextCursor).toBeNull()
    expect(connections[0]).toMatchObject({
      user: { id: user.id, email: user.email },
      adminFix: expect.stringContaining('this account lives on b.example'),
      outcome: { code: 'wrong_server', fixBy: 'admin' },
    })
    expect(connections[1]).toMatchObject({ user: { email: '' }, adminFix: null })
  })

  test('leaves out what users removed', async () => {
    await store(storedChannel('connected', minutesAgo(1), { status: 'disconnected', live: undefined as never }))
    expect(await ids('')).toEqual([])
    expect(await ids('?status=disconnected')).toEqual([])
  })

  test('holds no secret', async () => {
    await store(
      storedChannel('wrong_server', minutesAgo(1), {
        secrets: { password: 'sealed-password', session: 'sealed-session' },
      }),
    )
    const answers = [await admin.request('GET', PATH), await admin.request('GET', `${PATH}.csv`)]
    for (const { body } of answers) expect(JSON.stringify(body)).not.toMatch(/sealed|secret/)
  })
})

describe('a filter', () => {
  let wrong: string, wrongOld: string, bad: string, down: string, good: string
  let other: Client
  beforeAll(async () => {
    other = await system.user()
  })
  beforeEach(async () => {
    const named = (handle: string, parts: Partial<ChannelDoc> = {}) => ({
      handle,
      identifier: handle,
      userId: user.id,
      ...parts,
    })
    ;[wrong, wrongOld, bad, down, good] = (await store(
      storedChannel('wrong_server', minutesAgo(10), named('anna.example.com')),
      storedChannel('wrong_server', minutesAgo(300), {
        ...named('annabel.example.com', { userId: other.id }),
        seen: { by: 'admin@example.com', at: minutesAgo(299) },
      }),
      storedChannel(
        'bad_credentials',
        minutesAgo(20),
        named('ben.example.com', { did: 'did:plc:annxyz', requestId: 'req-bad-1' }),
      ),
      storedChannel('pds_unreachable', minutesAgo(30), {
        ...named('zoe.example.com', { serviceUrl: 'https://slow.example.com' }),
        // Marked before it became what it is.
        seen: { by: 'admin@example.com', at: minutesAgo(31) },
      }),
      storedChannel('connected', minutesAgo(5), named('yan.example.com', { identifier: 'annika@example.com' })),
    )) as [string, string, string, string, string]
  })

  const cases: [string, () => string, () => string[]][] = [
    ['one status', () => 'status=retrying', () => [down]],
    ['several statuses', () => 'status=connected,retrying', () => [down, good]],
    ['an outcome', () => 'outcome=wrong_server', () => [wrong, wrongOld]],
    ['outcomes, good and bad', () => 'outcome=connected,bad_credentials', () => [bad, good]],
    ['an outcome that nobody has', () => 'outcome=handle_mismatch', () => []],
    ['an outcome that is none', () => 'outcome=nonsense', () => []],
    ['a status that an outcome never has', () => 'outcome=wrong_server&status=connected', () => []],
    ['who can fix it', () => 'fixBy=user', () => [bad]],
    ['several who can fix it', () => 'fixBy=admin,time', () => [wrong, wrongOld, down]],
    ['an outcome that another fixes', () => 'fixBy=time&outcome=wrong_server', () => []],
    ['the server', () => 'server=https://slow.example.com/', () => [down]],
    ['the id of a user', () => `user=${other.id}`, () => [wrongOld]],
    ['the e-mail of a user', () => `user=${encodeURIComponent(other.email.toUpperCase())}`, () => [wrongOld]],
    ['a user who is none', () => 'user=nobody@example.com', () => []],
    ['text: handle, identifier and DID', () => 'q=ann', () => [wrong, wrongOld, good]],
    ['text: a longer one', () => 'q=@ANNA.', () => [wrong]],
    ['text: a DID', () => 'q=did:plc:ann', () => [bad]],
    ['text: an e-mail', () => `q=${other.email.slice(0, 20)}`, () => [wrongOld]],
    ['text: a part', () => 'q=nabe', () => [wrongOld]],
    ['text: a part with a dot in it', () => 'q=na.exa', () => [wrong]],
    ['text: the end', () => 'q=e.example.com', () => [down]],
    ['text: a part of an identifier', () => 'q=ika%40exam', () => [good]],
    ['text: two letters are a beginning alone', () => 'q=oe', () => []],
    [
      'text: the link of a profile',
      () => `q=${encodeURIComponent('https://bsky.app/profile/zoe.example.com')}`,
      () => [down],
    ],
    ['text: the id of a channel', () => `q=${down}`, () => [down]],
    ['text: a reference', () => 'q=req-bad-1', () => [bad]],
    ['the server as the list has it', () => 'server=slow.example.com', () => [down]],
    ['what is not seen', () => 'unseen=true', () => [wrong, bad, down, good]],
    ['text and user', () => `q=ann&user=${other.id}`, () => [wrongOld]],
    ['text and status', () => 'q=ann&status=connected', () => [good]],
    ['text that is a pattern', () => `q=${encodeURIComponent('a.*')}`, () => []],
    ['text that is another pattern', () => `q=${encodeURIComponent('^[')}`, () => []],
    ['the time from', () => `from=${minutesAgo(25).toISOString()}`, () => [wrong, bad, good]],
    ['the time to', () => `to=${minutesAgo(25).toISOString()}`, () => [down, wrongOld].toReversed()],
    ['a time', () => `from=${minutesAgo(25).toISOString()}&to=${minutesAgo(15).toISOString()}`, () => [bad]],
  ]
  test('by the text of an international handle, whole or its first part, as it is shown', async () => {
    const [muller] = await store(
      storedChannel('wrong_server', minutesAgo(40), { handle: null, identifier: 'xn--mller-kva.de', userId: user.id }),
    )
    for (const q of ['müller.de', '@MÜLLER.de', 'müller', 'xn--mller', 'https://bsky.app/profile/müller.de']) {
      expect(await ids(`?q=${encodeURIComponent(q)}`), q).toEqual([muller])
    }
    const { body } = await admin.request<string>('GET', `${PATH}.csv?q=${encodeURIComponent('müller.de')}`)
    expect(body.split('\r\n').slice(1)).toEqual([expect.stringContaining('"xn--mller-kva.de"'), ''])
  })
  test.for(cases)('by %s', async ([, query, expected]) => {
    expect(await ids(`?${query()}`)).toEqual(expected())
  })

  test('by a host, where channels are at an address without TLS alone', async () => {
    const [trial] = await store(storedChannel('connected', minutesAgo(1), { serviceUrl: 'http://localhost:2583' }))
    expect(await ids('?server=localhost:2583')).toEqual([trial])
    expect(await ids('?server=https://localhost:2583')).toEqual([])
  })

  test('by a part of the ending that most handles share', async () => {
    const [shared] = await store(
      storedChannel('connected', minutesAgo(1), { handle: 'fine.bsky.social', identifier: 'fine.bsky.social' }),
    )
    for (const q of ['sky.soc', 'bsky.social', 'ine.bsky', 'social']) expect(await ids(`?q=${q}`), q).toEqual([shared])
    const [own] = await store(storedChannel('connected', minutesAgo(2), { handle: 'social.example.com' }))
    expect(await ids('?q=social')).toEqual([shared, own])
  })

  test('by a DID that somebody gave, before a server has said whose it is', async () => {
    const did = 'did:plc:earlyearlyearlyearlyearl'
    const [early] = await store(storedChannel('pds_unreachable', minutesAgo(1), { handle: null, identifier: did }))
    for (const q of [did, 'did:plc:ear', `https://bsky.app/profile/${did}`])
      expect(await ids(`?q=${encodeURIComponent(q)}`), q).toEqual([early])
  })

  test('by a new handle, and not by the one before', async () => {
    const channel = storedChannel('connected', minutesAgo(1), {
      handle: 'before.example.com',
      identifier: 'did:plc:changed',
    })
    const [id] = await store({ ...channel, step: 'check' })
    const found = await system.context.db.channels.findById(id).orFail().lean<ChannelDoc>()
    await settleStep(system.context.db, found, {
      status: 'connected',
      outcome: { code: 'connected', step: 'verify', params: {}, at: minutesAgo(0) },
      nextTryAt: null,
      keepPassword: false,
      attempted: true,
      learnt: { handle: 'renamed.example.com' },
    })
    expect(await ids('?q=named')).toEqual([id])
    expect(await ids('?q=efore')).toEqual([])
  })

  test.for([
    'status=lost',
    'unseen=false',
    'sort=colour',
    'fixBy=nobody',
    'from=yesterday',
    'limit=101',
    'limit=0',
    'colour=red',
    `q=${'x'.repeat(300)}`,
    'q=a&q=b',
  ])('that cannot be read is refused: %s', async (query) => {
    expect(await admin.request('GET', `${PATH}?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'invalid_input' },
    })
  })

  test('by text finds all of very many', async () => {
    const at = minutesAgo(400)
    await store(
      ...Array.from({ length: 4_100 }, (_, index) =>
        storedChannel('connected', at, { handle: `bea${index}.example.com` }),
      ),
    )
    const found: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ConnectionPage = await list(`?q=be&limit=100${cursor && `&cursor=${cursor}`}`)
      found.push(...page.connections.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(found[0]).toBe(bad)
    expect(new Set(found).size).toBe(4_101)
    expect(found).toHaveLength(4_101)
  })
})

describe('pages', () => {
  const everyPage = async (limit: number, between: () => Promise<void> = async () => {}, more = '') => {
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ConnectionPage = await list(`?limit=${limit}${more}${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.connections.map(({ id }) => id))
      cursor = page.nextCursor
      await between()
    }
    return seen
  }
  const codes = ['wrong_server', 'unknown', 'pds_unreachable', 'connected'] as const
  /** Also many that changed in the same moment, as after a job that touched all of them. */
  const some = (count: number) => {
    const times = [minutesAgo(10), minutesAgo(11), minutesAgo(12)]
    return Array.from({ length: count }, (_, index) =>
      storedChannel(codes[index % 4] ?? 'connected', times[index % 3] ?? minutesAgo(9), { requestId: 'same' }),
    )
  }
  /** Finds all of them: they are read as a whole, while the whole list comes from an index. */
  const byText = '&q=same'

  test.for([1, 7, 50])('of %i give every row once, in the order of the list', async (limit) => {
    await store(...some(50))
    const all = (await list('?limit=100')).connections.map(({ id }) => id)
    expect(await everyPage(limit)).toEqual(all)
    expect(await everyPage(limit, undefined, byText)).toEqual(all)
  })

  const servers = ['https://a.example.com', 'https://b.example.com', 'https://c.example.com']
  const byTime = (a: ChannelDoc, b: ChannelDoc) =>
    b.since.getTime() - a.since.getTime() || (a._id.toHexString() < b._id.toHexString() ? 1 : -1)
  const by = (key: (channel: ChannelDoc) => string) => (a: ChannelDoc, b: ChannelDoc) => {
    if (key(a) === key(b)) return a.rank - b.rank || byTime(a, b)
    return key(a) < key(b) ? -1 : 1
  }

  test.for<[string, (a: ChannelDoc, b: ChannelDoc) => number]>([
    ['since', (a, b) => -byTime(a, b)],
    ['-since', byTime],
    ['server', by(({ serviceUrl }) => serviceUrl)],
    ['outcome', by(({ outcome }) => outcome?.code ?? '')],
  ])('by %s give every row once, in that order', async ([sort, order]) => {
    const all = some(60).map((channel, index) => ({
      ...channel,
      serviceUrl: servers[index % 3] ?? '',
      ...(index % 10 === 0 ? { outcome: null, status: 'connecting' as const, rank: rankOf('connecting') } : {}),
    }))
    await store(...all)
    const wanted = all.toSorted(order).map(({ _id }) => _id.toHexString())
    for (const limit of [1, 7, 100]) {
      expect(await everyPage(limit, undefined, `&sort=${sort}`), `${limit}`).toEqual(wanted)
      expect(await everyPage(limit, undefined, `&sort=${sort}${byText}`), `${limit} by text`).toEqual(wanted)
    }
    const filters: [string, (channel: ChannelDoc) => boolean][] = [
      ['status=action_required', ({ status }) => status === 'action_required'],
      ['server=b.example.com', ({ serviceUrl }) => serviceUrl === servers[1]],
      ['outcome=wrong_server', ({ outcome }) => outcome?.code === 'wrong_server'],
      [
        'server=b.example.com&outcome=wrong_server',
        ({ serviceUrl, outcome }) => serviceUrl === servers[1] && outcome?.code === 'wrong_server',
      ],
      [`from=${minutesAgo(11.5).toISOString()}`, ({ since }) => since > minutesAgo(11.5)],
    ]
    for (const [filter, fits] of filters) {
      const fitting = all.filter(fits).toSorted(order)
      const expected = fitting.map(({ _id }) => _id.toHexString())
      expect(expected.length).toBeGreaterThan(3)
      expect(await everyPage(3, undefined, `&sort=${sort}&${filter}`), filter).toEqual(expected)
      expect(await everyPage(3, undefined, `&sort=${sort}&${filter}${byText}`), filter).toEqual(expected)
    }
  })

  test('of one order are not those of another', async () => {
    await store(...some(4))
    const { nextCursor } = await list('?limit=2&sort=server')
    expect(await admin.request('GET', `${PATH}?limit=2&cursor=${nextCursor}`)).toMatchObject({ status: 400 })
  })

  test.for(['', byText])('show what does not change exactly once, nothing twice, while others do: %o', async (more) => {
    const all = await store(...some(80))
    const moving = all.filter((_, index) => index % 5 < 2)
    const steady = all.filter((id) => !moving.includes(id))
    const statuses: Channel['status'][] = ['failed', 'connected', 'retrying', 'verifying']
    let turn = 0
    const seen = await everyPage(
      6,
      async () => {
        for (const id of moving.filter((_, index) => index % 4 === turn % 4)) {
          const status = statuses[(turn + id.charCodeAt(23)) % 4] ?? 'failed'
          await system.context.db.channels.updateOne(
            { _id: id },
            { $set: { status, rank: rankOf(status), since: new Date() } },
          )
        }
        turn++
      },
      more,
    )
    expect(seen.filter((id, index) => seen.indexOf(id) !== index)).toEqual([])
    expect(steady.filter((id) => !seen.includes(id))).toEqual([])
    expect(new Set(await everyPage(6))).toEqual(new Set(all))
  })

  test.for([
    'x',
    'AAAA',
    Buffer.from('9 1 aaaaaaaaaaaaaaaaaaaaaaaa 1').toString('base64url'),
    Buffer.from('{"$gt":""}').toString('base64url'),
  ])('do not follow the cursor %s', async (cursor) => {
    const answer = await admin.request('GET', `${PATH}?cursor=${cursor}`)
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  })
})

describe('one connection', () => {
  test('comes with its attempts', async () => {
    const [id] = await store(storedChannel('pds_unreachable', minutesAgo(2), { userId: user.id }))
    await system.context.db.attempts.create({
      channelId: new Types.ObjectId(id),
      revision: 1,
      step: 'connect',
      generation: 1,
      requestId: 'r',
      startedAt: minutesAgo(2),
      durationMs: 12,
      outcome: 'pds_unreachable',
      serviceUrl: 'https://pds.example.com',
      answer: { call: 'createSession', status: null, error: null, detail: 'timeout', durationMs: 10 },
    })
    const { status, body } = await admin.request('GET', `${PATH}/${id}`)
    expect(status).toBe(200)
    expect(ConnectionWithAttempts.parse(body)).toMatchObject({
      id,
      user: { email: user.email },
      attempts: [{ outcome: 'pds_unreachable', answer: { call: 'createSession', status: null } }],
    })
  })

  test.for(['nonsense', 'aaaaaaaaaaaaaaaaaaaaaaaa'])('that there is none of is not found: %s', async (id) => {
    expect(await admin.request('GET', `${PATH}/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'channel_not_found' },
    })
  })

  test('that its user removed is not found', async () => {
    const [id] = await store(
      storedChannel('connected', minutesAgo(1), { status: 'disconnected', live: undefined as never }),
    )
    expect(await admin.request('GET', `${PATH}/${id}`)).toMatchObject({ status: 404 })
    expect(await admin.request('POST', `${PATH}/${id}/retry`)).toMatchObject({ status: 404 })
  })
})
