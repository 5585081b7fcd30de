// No app password and no token in a log line, a job, a database field, an answer or an error.
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System

beforeAll(async () => {
  system = await createSystem({ env: { LOG_LEVEL: 'trace' } })
})
afterAll(() => system.stop())

async function everythingInRedis(): Promise<string> {
  const { redis, config } = system.context
  const dumps = await Promise.all(
    (await redis.keys(`${config.redis.prefix}:*`)).map(
      async (key) => `${key} ${(await redis.dumpBuffer(key))?.toString('latin1')}`,
    ),
  )
  return dumps.join('\n')
}

async function everythingInMongo(): Promise<string> {
  const { db } = system.context.db.connection
  const collections = (await db?.listCollections().toArray()) ?? []
  const docs = await Promise.all(
    collections
      .filter(({ name }) => !['user', 'session', 'account'].includes(name))
      .map(async ({ name }) => db?.collection(name).find().toArray()),
  )
  return JSON.stringify(docs)
}

test('they are nowhere while a connect waits, nor when it is over', async () => {
  const user = await system.user()
  const account = await createAccount(pds)
  const good = await createAppPassword(account)
  const bad = 'zzzz-yyyy-xxxx-wwww'
  const main = `main-${account.password}`
  const answers: unknown[] = []

  await system.stopWorkers()
  answers.push(await user.connect(account.handle, good), await user.connect('wrong.test', bad))
  answers.push(
    await user.request('POST', '/api/channels/bluesky', { body: { identifier: 'x.test', appPassword: main } }),
  )
  let kept = (await everythingInRedis()) + (await everythingInMongo())
  await system.startWorkers()
  const [one, two] = answers as { id: string }[]
  answers.push(await system.settled(user, one?.id ?? ''), await system.settled(user, two?.id ?? ''))
  kept += (await everythingInRedis()) + (await everythingInMongo())

  const channel = await system.context.db.channels.findById(one?.id).select('+secrets').lean()
  const session = JSON.parse(
    await system.context.secrets.unseal('session', one?.id ?? '', channel?.secrets?.session ?? ''),
  ) as { accessJwt: string; refreshJwt: string }
  const secrets = [
    good,
    bad,
    main,
    good.replaceAll('-', ''),
    session.accessJwt,
    session.refreshJwt,
    session.accessJwt.split('.')[2],
  ]

  const told = { log: system.log.lines.join('\n'), stores: kept, answers: JSON.stringify(answers) }
  expect(told.log).toContain(one?.id)
  for (const [where, text] of Object.entries(told)) {
    for (const secret of secrets) expect(text.includes(secret ?? '?'), `a secret in the ${where}`).toBe(false)
  }
})

test('one line in the log leads from the request through both jobs', async () => {
  const user = await system.user()
  const account = await createAccount(pds)
  const posted = await user.request<{ id: string }>('POST', '/api/channels/bluesky', {
    body: { identifier: account.handle, appPassword: await createAppPassword(account) },
    headers: { 'x-request-id': 'my-request-0001' },
  })
  const ours = posted.headers.get('x-request-id')
  expect(ours).toMatch(/^[0-9a-f-]{36}$/)
  await system.until(user, posted.body.id, ({ status }) => status === 'connected')
  const linesOf = () => system.log.records().filter((line) => line['requestId'] === ours)
  const names = () => linesOf().map(({ job, msg }) => job ?? msg)
  // The line of a job comes after what it announces.
  await vi.waitFor(() => expect(names()).toEqual(['request completed', 'connect', 'verify']), { timeout: 10_000 })
  const lines = linesOf()
  expect(lines[0]).toMatchObject({ userId: user.id, clientRequestId: 'my-request-0001' })
  for (const line of lines.slice(1))
    expect(line).toMatchObject({ channelId: posted.body.id, jobId: expect.any(String) as string })
})
