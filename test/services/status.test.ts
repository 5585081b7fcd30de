// `service.sh status` at night: what waits and since when, by bounded questions, also where a store is away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readServers, readTroubles } from '../../services/cli/servers.ts'
import { statusLines } from '../../services/cli/status-text.ts'
import type { Status } from '../../services/cli/status.ts'
import { freePort } from '../../services/processes/ports.ts'
import { parseLine, type LogLine } from '../../services/cli/log-lines.ts'
import { readChannels, readQueues } from '../../src/backlog.ts'
import { openHealthServer } from '../../src/health.ts'
import { commit, version } from '../../src/version.ts'
import { makeCheckout, type Checkout } from '../helpers/checkout.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
let first: { id: string; reference: string }

beforeAll(async () => {
  // Nobody works, so what is posted waits.
  system = await createSystem({ workers: false, env: watchedMongo() })
  const user = await system.user()
  const post = async (identifier: string) => {
    const body = { identifier, appPassword: 'abcd-efgh-ijkl-mnop' }
    const { headers, body: channel } = await user.request<{ id: string }>('POST', '/api/channels/bluesky', { body })
    return { id: channel.id, reference: headers.get('x-request-id') ?? '' }
  }
  first = await post('ada.example.com')
  await post('bob.example.com')
  await system.context.db.channels.create([
    storedChannel('connected', new Date()),
    storedChannel('pds_unreachable', new Date()),
  ])
})
afterAll(() => system.stop())

describe('what waits', () => {
  test('channels by status, passwords that are kept, and the one that waits longest with its reference', async () => {
    const { byStatus, passwords, oldest, oldestPasswordAt, overdueSince } = await readChannels(system.context.db)
    expect(byStatus).toEqual({
      connecting: 2,
      verifying: 0,
      connected: 1,
      retrying: 1,
      action_required: 0,
      failed: 0,
    })
    expect(passwords).toBe(2)
    expect(oldest).toMatchObject({ channelId: first.id, reference: first.reference, status: 'connecting' })
    expect(oldestPasswordAt).toEqual(oldest?.since)
    expect(overdueSince).toEqual({})
  })

  test('what no worker has swept is overdue', async () => {
    const later = new Date(Date.now() + 3600_000)
    const { overdueSince } = await readChannels(system.context.db, later)
    expect(Object.keys(overdueSince)).toEqual(['connect'])
  })

  test('every question has an end: an index by name, a time and a limit', async () => {
    const sent = await sentWhile(system, () => readChannels(system.context.db))
    const asked = sent.filter((command) => 'find' in command || 'aggregate' in command)
    expect(asked.length).toBeGreaterThan(10)
    for (const command of asked) {
      expect(command['hint'], JSON.stringify(command)).toBeDefined()
      const stages = JSON.stringify(command['pipeline'] ?? '')
      expect('limit' in command || stages.includes('"$limit":10001'), JSON.stringify(command)).toBe(true)
    }
  })

  test('queues by what waits in them, and which is paused', async () => {
    const { queues } = system.context
    await queues.connect.pause()
    const of = Object.fromEntries((await readQueues(queues)).map((queue) => [queue.name, queue]))
    await queues.connect.resume()
    expect(of['connect']).toEqual({ name: 'connect', waiting: 2, active: 0, delayed: 0, paused: true })
    expect(of['verify']).toMatchObject({ waiting: 0, paused: false })
  })
})

describe('what the logs tell', () => {
  const now = new Date('2026-11-27T03:00:00Z')
  const line = (secondsAgo: number, fields: object): LogLine => {
    const time = new Date(now.getTime() - secondsAgo * 1000).toISOString()
    const parsed = parseLine('connect', JSON.stringify({ level: 'info', time, pid: 7, ...fields }))
    if (!parsed) throw new Error('no line')
    return parsed
  }
  const job = (secondsAgo: number, server: string, durationMs: number, end = 'kept') =>
    line(secondsAgo, { msg: 'job', server, end, answer: { durationMs } })
  const opened = (secondsAgo: number, server: string, pid = 7) =>
    line(secondsAgo, { level: 'warn', msg: 'breaker opened', server, pid, reason: 'pds_unreachable', openMs: 60_000 })
  const read = (lines: LogLine[]) => readServers(lines, new Set([7]), now)

  test('a server that is put aside comes first, with until when and why; a slow one after it', () => {
    const states = read([
      ...[100, 200, 300].map((tookMs) => job(60, 'https://fine.example', tookMs)),
      ...[4_000, 5_000, 6_000].map((tookMs) => job(60, 'https://slow.example', tookMs, 'settled')),
      opened(20, 'https://down.example'),
    ])
    expect(states.map(({ server }) => server)).toEqual([
      'https://down.example',
      'https://slow.example',
      'https://fine.example',
    ])
    expect(states[0]?.putAside).toEqual([
      { name: 'connect', pid: 7, until: new Date('2026-11-27T03:00:40Z'), reason: 'pds_unreachable' },
    ])
    expect(states[1]).toMatchObject({ calls: 3, medianMs: 5_000, failed: 3 })
  })

  test('not one whose breaker closed again, or was that of a process that is gone, or that was long ago', () => {
    const closed = line(10, { msg: 'breaker closed', server: 'https://up.example' })
    const lines = [opened(20, 'https://up.example'), closed, opened(20, 'https://gone.example', 8)]
    expect(read([...lines, job(3600, 'https://past.example', 10)])).toEqual([])
  })

  test('the last warnings and errors are in the order of time', () => {
    const lines = [5, 1, 3].map((ago) => line(ago, { level: ago === 3 ? 'error' : 'warn', msg: `${ago} s ago` }))
    const troubles = readTroubles([...lines, line(2, { msg: 'fine' })], 2)
    expect(troubles.map(({ level, line: { fields } }) => [level, fields['msg']])).toEqual([
      ['error', '3 s ago'],
      ['warn', '1 s ago'],
    ])
  })

  test('people read all of it', () => {
    const running = { version: '0.0.9', commit: 'old' }
    const status: Status = {
      version: '0.1.0',
      commit: 'new',
      well: false,
      processes: [
        {
          name: 'connect',
          state: 'online',
          pid: 7,
          startedAt: new Date('2026-11-27T00:58:00Z'),
          restarts: 3,
          health: 'redis read_only',
          running,
        },
      ],
      places: { API: 'http://localhost:3000' },
      channels: {
        byStatus: { connecting: 10_001, failed: null },
        passwords: 10_001,
        oldestPasswordAt: new Date('2026-11-26T03:00:00Z'),
        oldest: {
          channelId: 'c'.repeat(24),
          reference: 'r',
          server: 'https://pds.example.com',
          status: 'connecting',
          since: new Date('2026-11-27T02:48:00Z'),
        },
        overdueSince: { connect: new Date('2026-11-27T02:50:00Z'), verify: new Date('2026-11-27T02:59:58Z') },
        mails: 12,
      },
      queues: [{ name: 'connect', waiting: 10_000, active: 0, delayed: 3, paused: true }],
      servers: read([opened(20, 'https://down.example')]),
      troubles: readTroubles([opened(20, 'https://down.example')], 5),
    }
    const text = statusLines(status, now).join('\n')
    for (const part of [
      'bluesky-connect 0.1.0 (new)',
      /connect {2}online {2}7 +2 h 2 min +3 +0\.0\.9 old \(not what is here: restart\) {2}redis read_only/,
      /connect +10000 +0 +3 +PAUSED/,
      'Channels   10,000+ connecting, (not counted in time) failed',
      `Oldest     connecting for 12 min at https://pds.example.com: ./service.sh logs --reference ${'c'.repeat(24)}`,
      'Passwords  10,000+ kept now, the oldest for 24 h 0 min',
      'Mails      12 to be sent',
      'Stuck      connect should have been looked at 10 min ago',
      'https://down.example  put aside by connect 7 (pds_unreachable, tried again in 40 s)',
      '2026-11-27T02:59:40.000Z connect  breaker opened  server=https://down.example',
    ])
      expect(text).toMatch(part)
    expect(text).not.toContain('verify should')
    const without = statusLines({ ...status, channels: null, queues: null }, now).join('\n')
    expect(without).toContain('Redis does not answer')
    expect(without).toContain('MongoDB does not answer')
  })
})

test('a process says which version it is of at its own address', async () => {
  const { port, close } = await openHealthServer(system.context.config, system.context)
  const response = await fetch(`http://127.0.0.1:${port}/version`)
  expect(await response.json()).toEqual({ version, commit })
  close()
})

describe('as a program', () => {
  let checkout: Checkout
  beforeAll(async () => {
    checkout = await makeCheckout()
  })
  afterAll(() => checkout.remove())

  test('it tells of the store that is there when the other is away, and of no secret', async () => {
    const env = { ...system.env, REDIS_URL: `redis://:s3cret@127.0.0.1:${await freePort()}` }
    const { stdout, code } = await checkout.run('services/cli/cli.ts', ['status', '--json'], env)
    const status = JSON.parse(stdout) as Status
    expect(status).toMatchObject({ version, queues: null, well: false, channels: { passwords: 2 } })
    expect(stdout).not.toContain('s3cret')
    // Nothing runs here.
    expect(code).toBe(1)
  }, 120_000)

  test('people read in which store what waits is not known', async () => {
    const env = { ...system.env, MONGODB_URL: `mongodb://127.0.0.1:${await freePort()}/x` }
    const { stdout } = await checkout.run('services/cli/cli.ts', ['status'], env)
    expect(stdout).toMatch(/connect +2 +0 +0/)
    expect(stdout).toContain('MongoDB does not answer: how the channels are is not known')
  }, 120_000)
})
