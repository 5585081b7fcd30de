// OpenTelemetry: one trace from the request through both jobs to the server's call, of API and worker as they really run.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'
import type { Channel } from '../../src/contract.ts'
import { startTracing } from '../../src/tracing.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'
import { openTraceReceiver, type ReceivedSpan } from '../helpers/trace-receiver.ts'

const pds = inject('pds')
let system: System
const children: ChildProcess[] = []

beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(async () => {
  await Promise.all(children.map(end))
  await system.stop()
})

async function startProcess(file: string, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../..', file)], {
    env: { PATH: process.env.PATH, ...system.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (/"msg":"(listening|working)"/.test(line)) resolve()
    })
    child.once('exit', () => reject(new Error(`${file} ended before it was ready`)))
  })
}
async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

test('one trace leads from the POST through both jobs to the calls, and says nothing of who it is about', async () => {
  await using receiver = await openTraceReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' }
  const port = await freePort()
  await Promise.all([startProcess('src/main.ts', { ...env, PORT: String(port) }), startProcess('workers/main.ts', env)])
  const user = await system.user()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  const response = await fetch(`http://127.0.0.1:${port}/api/channels/bluesky?token=in-the-query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: account.handle, appPassword }),
  })
  expect(response.status).toBe(202)
  const { id } = (await response.json()) as Channel
  await system.until(user, id, ({ status }) => status === 'connected')
  // What is left is sent as they stop.
  await Promise.all(children.map(end))

  const request = receiver.spans.find(({ name }) => name === 'POST /api/channels/bluesky')
  expect(request).toMatchObject({
    service: 'bluesky-connect-api',
    attributes: {
      'http.response.status_code': '202',
      'bluesky_connect.request_id': response.headers.get('x-request-id'),
    },
  })
  const trace = receiver.spans.filter(({ traceId }) => traceId === request?.traceId)
  const above = (span: ReceivedSpan): string[] => {
    const parent = trace.find(({ spanId }) => spanId === span.parentSpanId)
    return [span.name, ...(parent ? above(parent) : [])]
  }
  const wayTo = (name: string) => trace.filter((span) => span.name === name).map((span) => above(span).join(' < '))
  const toConnect = 'process connect < add connect.connect < POST /api/channels/bluesky'
  expect(wayTo('call com.atproto.server.createSession')).toEqual([
    `call com.atproto.server.createSession < ${toConnect}`,
  ])
  expect(wayTo('process verify')).toEqual([`process verify < add verify.verify < ${toConnect}`])
  expect(wayTo('call com.atproto.repo.createRecord')).toEqual([
    `call com.atproto.repo.createRecord < process verify < add verify.verify < ${toConnect}`,
  ])

  const sent = receiver.bodies.join('\n')
  const { handle, did } = account
  const host = new URL(pds.pdsUrl).host
  for (const secret of [handle, did, appPassword, user.token, user.id, user.email, id, 'in-the-query', host]) {
    expect(sent).not.toContain(secret)
  }
  const said = new Set(receiver.spans.flatMap(({ attributes }) => Object.keys(attributes)))
  expect([...said].filter((name) => !SAID.includes(name))).toEqual([])
}, 120_000)

/** Whatever libraries add in another version, no more than this leaves the process. */
const SAID = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
  'rpc.method',
  'bluesky_connect.request_id',
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.name',
  'bullmq.job.id',
]

test('without the variables nothing of OpenTelemetry but its empty API is loaded', async () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { startTracing } = await import('./src/tracing.ts')
    await startTracing('api', {})
    await import('./src/app.ts')
    console.log(loaded.filter((url) => /opentelemetry|bullmq-otel/.test(url) && !/opentelemetry.api/.test(url)).join())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  expect(lines).toEqual([''])
})

test('a sampler that does not exist is refused with a sentence', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts')], {
    env: {
      PATH: process.env.PATH,
      ...system.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_TRACES_SAMPLER: 'sometimes',
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const [said, [code]] = await Promise.all([child.stderr.setEncoding('utf8').toArray(), once(child, 'exit')])
  expect(said.join('')).toContain('OTEL_TRACES_SAMPLER is not usable: expected always_on')
  expect(code).toBe(78)
})

test('it is off where the standard variables say so', async () => {
  const to = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
  expect(await startTracing('api', { ...to, OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
  expect(await startTracing('api', { ...to, OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined()
})
