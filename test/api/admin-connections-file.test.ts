// The admin's list as a file: what a spreadsheet is given.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { outcomes } from '../../src/outcomes/catalogue.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'
import { minutesAgo, storeChannels, storedChannel } from '../helpers/stored-channels.ts'

const PATH = '/api/admin/connections'
let system: System
let admin: Client
let user: Client

beforeAll(async () => {
  system = await createSystem({ workers: false })
  admin = await system.admin()
  user = await system.user()
})
afterAll(() => system.stop())
beforeEach(async () => {
  await system.context.db.channels.deleteMany({})
})

const store = (...channels: ChannelDoc[]) => storeChannels(system.context, channels)

/** Reads the file the way RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const rows = text.match(/(?:"(?:[^"]|"")*"|[^"\r\n])+\r\n/g) ?? []
  expect(rows.join('')).toBe(text)
  return rows.map((row) =>
    [...row.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
    ),
  )
}

const file = async (query = '') => {
  const response = await fetch(`${system.url}${PATH}.csv${query}`, {
    headers: { authorization: `Bearer ${admin.token}` },
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { response, bytes, rows: parseCsv(bytes.subarray(3).toString()) }
}

test('is a download in UTF-8 with a header line', async () => {
  await store(storedChannel('wrong_server', new Date('2026-01-02T03:04:05.678Z'), { identifier: 'jürgen@example.com' }))
  const { response, bytes, rows } = await file()
  expect(response.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/)
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="connections-\d{4}-\d\d-\d\d\.csv"$/,
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(bytes.subarray(0, 3)).toEqual(Buffer.from('\uFEFF'))
  const row = Object.fromEntries(rows[0]?.map((name, index) => [name, rows[1]?.[index]]) ?? [])
  expect(row).toMatchObject({
    status: 'action_required',
    outcome: 'wrong_server',
    title: outcomes.wrong_server.title,
    fixBy: 'admin',
    since: '2026-01-02T03:04:05.678Z',
    identifier: 'jürgen@example.com',
  })
})

test.for([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  ' =1',
  '"=1',
  "'=1",
  '＝1',
  '=HYPERLINK("http://evil.example";"x")',
])('gives a spreadsheet no formula to run: %j', async (identifier) => {
  await store(storedChannel('wrong_server', minutesAgo(1), { identifier }))
  const { rows } = await file()
  expect(rows[1]?.[rows[0]?.indexOf('identifier') ?? -1]).toBe(`'${identifier}`)
})

test('keeps commas, quotes and line ends inside their cell', async () => {
  const identifier = 'a,"b"\r\nc'
  await store(storedChannel('wrong_server', minutesAgo(1), { identifier }))
  const { rows } = await file()
  expect(rows).toHaveLength(2)
  expect(rows[1]?.[rows[0]?.indexOf('identifier') ?? -1]).toBe(identifier)
})

test('holds what the filter finds, all of it, with the users', async () => {
  const userId = user.id
  await store(
    ...Array.from({ length: 1_203 }, () => storedChannel('wrong_server', minutesAgo(7), { userId })),
    storedChannel('connected', minutesAgo(1)),
  )
  const { rows } = await file('?outcome=wrong_server')
  expect(rows).toHaveLength(1_204)
  expect(new Set(rows.slice(1).map((row) => row.at(-1))).size).toBe(1_203)
  expect(new Set(rows.slice(1).map((row) => row[rows[0]?.indexOf('user') ?? -1]))).toEqual(new Set([user.email]))
})

test('is empty but for its header when nothing fits, and refused when the filter cannot be read', async () => {
  expect((await file('?outcome=nonsense')).rows).toHaveLength(1)
  expect(await admin.request('GET', `${PATH}.csv?limit=5`)).toMatchObject({ status: 422 })
})

test('that nobody reads to its end is no error of ours', async () => {
  await store(...Array.from({ length: 3_000 }, () => storedChannel('wrong_server', minutesAgo(7))))
  const stop = new AbortController()
  const response = await fetch(`${system.url}${PATH}.csv`, {
    headers: { authorization: `Bearer ${admin.token}` },
    signal: stop.signal,
  })
  await response.body?.getReader().read()
  stop.abort()
  await admin.request('GET', PATH)
  expect(system.log.records().filter(({ level }) => level === 'error')).toEqual([])
})
