// `service.sh logs --reference`: one connect from its request to its outcome, by whatever reference somebody has in hand.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { logFiles } from '../../services/cli/log-lines.ts'
import { findLines, showReference } from '../../services/cli/reference.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const NAMES = ['api', 'connect', 'verify', 'check']

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reference-'))
  return () => rm(dir, { recursive: true, force: true })
})

const find = async (reference: string) => findLines(await logFiles(dir, NAMES), reference)
const said = async (reference: string) => (await find(reference)).lines.map(({ name, fields }) => [name, fields['msg']])

describe('a real connect', () => {
  let system: System
  beforeAll(async () => {
    system = await createSystem()
  })
  afterAll(() => system.stop())

  test('is found by its request and by its channel, over the logs of all processes', async () => {
    const user = await system.user()
    const account = await createAccount(inject('pds'))
    const body = { identifier: account.handle, appPassword: await createAppPassword(account) }
    const posted = await user.request<{ id: string }>('POST', '/api/channels/bluesky', { body })
    const reference = posted.headers.get('x-request-id') ?? ''
    await system.until(user, posted.body.id, ({ status }) => status === 'connected')
    const ofConnect = () => system.log.records().filter((line) => line['requestId'] === reference)
    // The line of a job comes after what it announces.
    await vi.waitFor(() => expect(ofConnect()).toHaveLength(3), { timeout: 45_000 })
    const processOf = (line: string) => {
      const { job } = JSON.parse(line) as { job?: string }
      return NAMES.find((name) => name === job) ?? 'api'
    }
    const byProcess = Object.groupBy(system.log.lines, processOf)
    for (const [name, lines = []] of Object.entries(byProcess)) {
      await writeFile(join(dir, `${name}.log`), lines.join(''))
    }

    const steps = [
      ['api', 'request completed'],
      ['connect', 'job'],
      ['verify', 'job'],
    ]
    expect(await said(reference)).toEqual(steps)
    expect(await said(posted.body.id)).toEqual(expect.arrayContaining(steps))
    const { lines } = await find(reference)
    expect(lines.at(-1)?.fields).toMatchObject({ status: 'connected', outcome: 'connected' })

    const printed: string[] = []
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
    await showReference(dir, NAMES, reference).finally(() => write.mockRestore())
    expect(printed.join('')).toMatch(
      /requestId +\S+\nchannelId +\w{24}\nuserId .*\n.* api +│ request completed .*\n.* connect │ job .*\n.* verify +│ job .*status=connected/,
    )
  })
})

describe('lines', () => {
  const REQUEST = '11111111-2222-4333-8444-555555555555'
  const OTHERS = '99999999-2222-4333-8444-555555555555'
  const channelId = 'a'.repeat(24)
  const line = (second: number, msg: string, fields: object) =>
    `${JSON.stringify({ level: 'info', time: `2026-11-27T03:00:0${second}.000Z`, pid: 1, ...fields, msg })}\n`

  test('come in the order of time out of every generation of the files, packed ones too', async () => {
    const ours = { requestId: REQUEST, channelId }
    await writeFile(join(dir, 'api.log.2.gz'), gzipSync(line(1, 'one', { requestId: REQUEST })))
    await writeFile(join(dir, 'connect.log.1'), line(2, 'two', ours) + line(2, 'not ours', { requestId: OTHERS }))
    await writeFile(join(dir, 'connect-2026-11-26.log'), line(3, 'three', ours))
    await writeFile(join(dir, 'connect.log'), `Killed\n${line(4, 'four', ours)}{"half a line`)
    await writeFile(join(dir, 'connector.log'), line(5, 'of another program', ours))
    const names = ['one', 'two', 'three', 'four']
    expect((await said(REQUEST)).map(([, msg]) => msg)).toEqual(names)
    expect((await find(REQUEST)).since).toEqual(new Date('2026-11-27T03:00:01.000Z'))
  })

  test('of a channel have with them its request, and what is said of it without one; of another channel nothing', async () => {
    const all = [
      line(1, 'request', { requestId: REQUEST }),
      line(2, 'enqueue failed', { channelId }),
      line(3, 'job', { requestId: REQUEST, channelId }),
      line(4, 'job of another', { requestId: REQUEST, channelId: 'b'.repeat(24) }),
      line(5, 'sweep', { requestId: 'sweep', channelId }),
      line(6, 'sweep of another', { requestId: 'sweep', channelId: 'b'.repeat(24) }),
    ]
    await writeFile(join(dir, 'connect.log'), all.join(''))
    const messages = ['request', 'enqueue failed', 'job', 'sweep']
    expect((await said(channelId)).map(([, msg]) => msg)).toEqual(messages)
    expect((await said(REQUEST)).map(([, msg]) => msg)).toEqual(['request', 'enqueue failed', 'job', 'job of another'])
  })

  test('of a page that broke are found by what it showed', async () => {
    const reference = 'abcdefgh12345678'
    await writeFile(join(dir, 'api.log'), line(1, 'page error', { reference, requestId: REQUEST }))
    expect(await said(reference)).toEqual([['api', 'page error']])
  })

  test('that are not there: how far the logs go back, and where else to look', async () => {
    await writeFile(join(dir, 'api.log'), line(1, 'request', { requestId: OTHERS }))
    const looking = showReference(dir, NAMES, REQUEST)
    await expect(looking).rejects.toThrow(
      /Nothing in the logs has 1111.*2026-11-27T03:00:01\.000Z.*\/admin\/connections/,
    )
  })

  test('are not looked for by a handle, which no log has', async () => {
    await expect(showReference(dir, NAMES, 'ada.bsky.social')).rejects.toThrow(/is no reference.*Handles/)
  })
})
