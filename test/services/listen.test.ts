// A port that several processes share: one of them leaves, and nobody who comes or stays is turned away.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'
import { usualCount } from '../../services/processes/programs.ts'
import { sharesPorts } from '../../src/listen.ts'

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

async function start(port: number): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, '../helpers/sharing-server.ts'), [String(port)])
  children.push(child)
  await once(child, 'message')
  return child
}

function post(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve('answered'))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.end('{}')
  })
}

test.each([
  ['new connections', false],
  ['kept connections', true],
])(
  'while one process after the other is replaced, all is answered over %s',
  async (_, keepAlive) => {
    const port = await freePort()
    const agent = new Agent({ keepAlive })
    const running = [await start(port), await start(port)]
    const ends: string[] = []
    const over = new AbortController()
    const posting = Array.from({ length: 2 }, async () => {
      while (!over.signal.aborted) ends.push(await post(port, agent))
    })
    for (let round = 0; round < 2; round++) {
      const leaving = running.shift()
      const gone = once(leaving as ChildProcess, 'exit')
      leaving?.kill('SIGTERM')
      expect((await gone)[0]).toBe(0)
      running.push(await start(port))
    }
    over.abort()
    await Promise.all(posting)
    agent.destroy()
    expect(ends.length).toBeGreaterThan(20)
    expect(ends.filter((end) => end !== 'answered')).toEqual([])
  },
  60_000,
)

test('a connection that nobody uses keeps a process from leaving for no longer than it is promised', async () => {
  const port = await freePort()
  const child = await start(port)
  const agent = new Agent({ keepAlive: true })
  expect(await post(port, agent)).toBe('answered')
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  expect((await gone)[0]).toBe(0)
  agent.destroy()
}, 60_000)

test.each([
  ['linux', true, 2],
  ['freebsd', true, 2],
  ['darwin', false, 1],
  ['win32', false, 1],
  ['openbsd', false, 1],
] as const)('%s: ports are shared: %s, API processes: %i', (platform, shares, count) => {
  expect([sharesPorts(platform), usualCount('api', platform), usualCount('connect', platform)]).toEqual([
    shares,
    count,
    1,
  ])
})
