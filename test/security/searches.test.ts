// The searches, files and counts of administrators are bounded: in time by MongoDB, and in how many run at once.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { atOnce } from '../../src/api/at-once.ts'
import { AppError } from '../../src/errors.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createSystem, type Answer, type Client, type System } from '../helpers/system.ts'

let system: System
let admin: Client
beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
  admin = await system.admin()
})
afterAll(() => system.stop())

const refusal = (work: () => unknown) => {
  try {
    work()
    return null
  } catch (error) {
    return error instanceof AppError ? [error.code, error.more.retryAfterSeconds] : error
  }
}

test('one user fills the places of one user, all users those of the process, and a place that is left is free', () => {
  const enter = atOnce({ inAll: 3, perUser: 2 })
  const places = [enter('one'), enter('one')]
  expect(refusal(() => enter('one'))).toEqual(['too_many_requests', 5])
  places.push(enter('two'))
  expect(refusal(() => enter('three'))).toEqual(['busy', 30])
  places[0]?.[Symbol.dispose]()
  expect(refusal(() => enter('three'))).toBe(null)
})

test.for([
  ['/api/admin/connections', 6],
  ['/api/admin/connections.csv', 2],
] as const)('of %s only so many run at once for one administrator', async ([path, most]) => {
  const { channels } = system.context.db
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const find = channels.find.bind(channels)
  channels.find = (...asked: unknown[]) => {
    const query = find(...(asked as Parameters<typeof find>))
    const exec = query.exec.bind(query)
    query.exec = () => held.then(() => exec())
    return query
  }
  const answers: Answer<unknown>[] = []
  const asked = Array.from({ length: 10 }, async () => answers.push(await admin.request('GET', path)))
  await vi.waitFor(() => expect(answers).toHaveLength(10 - most), { timeout: 30_000 })
  for (const { status, headers, body } of answers) {
    expect([status, headers.get('retry-after'), body]).toMatchObject([429, '5', { code: 'too_many_requests' }])
  }
  channels.find = find
  release()
  await Promise.all(asked)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(most)
  expect((await admin.request('GET', path)).status).toBe(200)
})

test.for([
  '/api/admin/connections?q=admin',
  '/api/admin/connections?user=admin@example.com',
  '/api/admin/connections.csv?outcome=wrong_server',
  '/api/admin/connections/summary',
  '/api/admin/connections/retry?status=failed',
])('MongoDB gives up %s after a while', async (path) => {
  const sent = await sentWhile(system, () => admin.request('GET', path))
  const searches = sent.filter(
    (command) => command['aggregate'] === 'channels' || command['find'] === 'channels' || isByEmail(command),
  )
  expect(searches).not.toEqual([])
  for (const search of searches) {
    expect(search['maxTimeMS']).toBeGreaterThan(0)
    expect(search['maxTimeMS']).toBeLessThanOrEqual(30_000)
  }
})

const isByEmail = ({ find, filter }: Record<string, unknown>) =>
  find === 'user' && Object.hasOwn(filter as object, 'email')

test('a search that MongoDB gave up is told as such', async () => {
  const { channels } = system.context.db
  const find = channels.find.bind(channels)
  channels.find = () => {
    throw Object.assign(new Error('operation exceeded time limit'), { code: 50 })
  }
  const answer = await admin.request('GET', '/api/admin/connections')
  channels.find = find
  expect([answer.status, answer.headers.get('retry-after'), answer.body]).toMatchObject([
    503,
    '60',
    { code: 'took_too_long' },
  ])
})
