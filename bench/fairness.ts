// Measures how much a server that hangs slows everybody else: 100 healthy connects with 1,000 to a hanging server in front, over the same without.
//   node bench/fairness.ts [healthy] [hanging]
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAccount, createAppPassword } from '../services/demo-accounts.ts'
import { startMongo } from '../services/mongo.ts'
import type { PdsNetwork } from '../services/pds.ts'
import { startRedis } from '../services/redis.ts'
import type { Channel, ChannelPage } from '../src/contract.ts'

const GOAL = 1.2
const RUN_MS = 90_000
const ROUNDS = 3
/** No further round begins after that. */
const ROUNDS_MS = 75_000
const AT_ONCE = 4
const PASSWORD = 'correct horse battery'
const ADMIN_EMAIL = 'admin@example.com'

// One page of the list holds a hundred.
const healthy = Math.min(100, Number(process.argv[2] ?? 100))
const hanging = Number(process.argv[3] ?? 1000)
const root = join(import.meta.dirname, '..')

type Login = { identifier: string; appPassword: string }
type Running = { kill(): Promise<void> }
type Request = <T>(method: string, path: string, body?: unknown) => Promise<T>

const undo: (() => unknown)[] = []
try {
  await main()
} finally {
  for (const step of undo.toReversed()) await step()
}

async function main() {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-bench-'))
  undo.push(() => rm(dir, { recursive: true, force: true }))
  const options = (name: string) => ({ dataDir: join(dir, name), durable: false, log: () => {} })
  const [mongo, redis, pds] = await Promise.all([
    startMongo(options('mongo')),
    startRedis(options('redis')),
    startPds(),
  ])
  undo.push(() => Promise.all([mongo.stop(), redis.stop()]))
  const silent = await startSilentServer()

  const port = await freePort()
  const baseUrl = `http://localhost:${port}`
  const settings = {
    PORT: String(port),
    BASE_URL: baseUrl,
    REDIS_URL: redis.url,
    AUTH_SECRET: randomBytes(32).toString('hex'),
    SECRET_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    ADMIN_EMAIL,
    ADMIN_PASSWORD: PASSWORD,
    BLUESKY_SERVICE_URL: pds.pdsUrl,
    PLC_DIRECTORY_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.handleResolverUrl,
    BLUESKY_APPVIEW_URL: 'off',
    ALLOW_PRIVATE_NETWORK: 'true',
  }
  const logins = await inTurn(healthy, async (): Promise<Login> => {
    const name = `b${randomBytes(6).toString('hex')}.test`
    const account = await createAccount(pds.pdsUrl, { handle: name, password: randomBytes(12).toString('base64url') })
    return { identifier: name, appPassword: await createAppPassword(account) }
  })
  const signIn = signInAt(baseUrl)
  const newUser = () =>
    signIn('sign-up/email', { email: `u-${randomUUID()}@example.com`, password: PASSWORD, name: 'Bench' })
  const submit = (user: Request, entries: Login[]) =>
    inTurn(entries.length, (index) => user<Channel>('POST', '/api/channels/bluesky', entries[index]))

  /** On an empty database: from the moment that a worker takes its first job until the last healthy connect is connected. */
  async function run(inFront: number): Promise<number> {
    const name = `bench-${randomUUID()}`
    const env = { ...settings, MONGODB_URL: mongo.url.replace(/\/[^/]*$/, `/${name}`), QUEUE_PREFIX: name }
    // A folder of its own: no .env shall have a say.
    const api = await startProcess('src/main.ts', env, dir, 'listening')
    try {
      return await submitAndWait(inFront, () => startProcess('workers/main.ts', env, dir, 'working'))
    } finally {
      await api.kill()
    }
  }

  async function submitAndWait(inFront: number, startWorker: () => Promise<Running>): Promise<number> {
    if (inFront > 0) {
      const admin = await signIn('sign-in/email', { email: ADMIN_EMAIL, password: PASSWORD })
      const setServer = (url: string) =>
        admin('PUT', '/api/admin/api-integration/bluesky', {
          'bluesky_service-url': url,
          bluesky_integration_status: 'enabled',
        })
      await setServer(silent.url)
      const wrong = (index: number) => ({ identifier: `h${index}.example.com`, appPassword: 'aaaa-bbbb-cccc-dddd' })
      await submit(
        await newUser(),
        Array.from({ length: inFront }, (_, index) => wrong(index)),
      )
      await setServer('')
    }
    const user = await newUser()
    await submit(user, logins)
    const worker = await startWorker()
    const startedAt = performance.now()
    try {
      for (;;) {
        const { channels } = await user<ChannelPage>('GET', '/api/channels?limit=100')
        const byStatus = Object.entries(Object.groupBy(channels, ({ status }) => status)).map(
          ([status, all]) => `${all.length} ${status}`,
        )
        if (channels.every(({ status }) => status === 'connected')) return performance.now() - startedAt
        if (performance.now() - startedAt > RUN_MS)
          throw new Error(`not connected in ${RUN_MS / 1000} s: ${byStatus.join(', ')}`)
        await sleep(100)
      }
    } finally {
      await worker.kill()
    }
  }

  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model}, load before: ${load}; one worker process, ${healthy} healthy connects`,
  )
  const alone: number[] = []
  const behind: number[] = []
  const startedAt = performance.now()
  // Turn and turn about, and the best of each: whatever else the machine does comes and goes.
  for (let round = 1; round <= ROUNDS && (round === 1 || performance.now() - startedAt < ROUNDS_MS); round++) {
    alone.push(await run(0))
    behind.push(await run(hanging))
    const [first, second] = [alone, behind].map((all) => `${((all.at(-1) ?? 0) / 1000).toFixed(2)} s`)
    console.log(
      `round ${round}: alone ${first}, behind ${hanging} to a server that hangs ${second} (calls that reached it so far: ${silent.calls()})`,
    )
  }
  const ratio = Math.min(...behind) / Math.min(...alone)
  console.log(`ratio of the best: ${ratio.toFixed(2)} (goal ${GOAL})`)
  if (ratio > GOAL) process.exitCode = 1
}

async function startPds(): Promise<PdsNetwork> {
  const child = spawn(process.execPath, [join(root, 'services/run-pds.ts')], {
    env: { ...process.env, EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  undo.push(async () => {
    child.stdin.end()
    await ended
  })
  return JSON.parse(await firstLine(child, () => true)) as PdsNetwork
}

/** Takes every request and never answers. */
async function startSilentServer() {
  let calls = 0
  const server = createServer((_request: IncomingMessage, _response: ServerResponse) => void calls++)
  const url = `http://localhost:${await listen(server)}`
  undo.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url, calls: () => calls }
}

async function startProcess(
  file: string,
  env: Record<string, string>,
  cwd: string,
  readyWord: string,
): Promise<Running> {
  const child = spawn(process.execPath, [join(root, file)], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await firstLine(child, (line) => line.includes(`"msg":"${readyWord}"`))
  } catch (error) {
    await kill()
    throw error
  }
  return { kill }
}

function firstLine(child: ChildProcess, fits: (line: string) => boolean): Promise<string> {
  if (!child.stdout) throw new Error('its output is not read')
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (fits(line)) resolve(line)
    })
    child.once('exit', (code) => reject(new Error(`${child.spawnargs[1]} ended with ${code} before it was ready`)))
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function signInAt(baseUrl: string) {
  return async (path: string, body: object): Promise<Request> => {
    const answer = await fetch(`${baseUrl}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: baseUrl },
      body: JSON.stringify(body),
    })
    await answer.text()
    const token = answer.headers.get('set-auth-token')
    if (!token) throw new Error(`signing in answered ${answer.status}`)
    return async <T>(method: string, at: string, sent?: unknown) => {
      const response = await fetch(`${baseUrl}${at}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', origin: baseUrl },
        ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      })
      if (!response.ok) throw new Error(`${method} ${at} answered ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    }
  }
}

/** A few at a time. */
async function inTurn<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const one = async () => {
    while (next < count) {
      const index = next++
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return results
}
