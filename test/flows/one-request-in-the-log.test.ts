// One id leads through the log, from a request to the jobs that it set going.
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
let system: System

beforeAll(async () => {
  system = await createSystem({ env: { LOG_LEVEL: 'trace' } })
})
afterAll(() => system.stop())

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
  await vi.waitFor(() => expect(names()).toEqual(['request completed', 'connect', 'verify']), { timeout: 45_000 })
  const lines = linesOf()
  expect(lines[0]).toMatchObject({ userId: user.id, clientRequestId: 'my-request-0001' })
  for (const line of lines.slice(1))
    expect(line).toMatchObject({ channelId: posted.body.id, jobId: expect.any(String) as string })
})
