// Starts the program for a measurement as it really runs: processes of their own on real stores and a real PDS.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { newSealingKeys } from '../services/cli/settings.ts'
import { createAccount, createAppPassword } from '../services/demo/accounts.ts'
import { startMongo } from '../services/stores/mongo.ts'
import type { PdsNetwork } from '../services/demo/pds.ts'
import { runPdsArgs } from '../services/processes/programs.ts'
import { startRedis } from '../services/stores/redis.ts'

export const PASSWORD = 'correct horse battery'
export const ADMIN_EMAIL = 'admin@example.com'
const root = join(import.meta.dirname, '..')
export const NO_QUOTAS =
  'connect@user connect@address verify@user verify@address retry@user sign-in@address sign-up@address'
    .split(' ')
    .map((quota) => `${quota}=1000000/60`)
    .join(',')

/** Somebody who is signed in. */
export interface User {
  token: string
  request<T>(method: string, path: string, body?: unknown): Promise<T>
}
export type Login = { identifier: string; appPassword: string }

export type Ground = Awaited<ReturnType<typeof startGround>>
export type Program = Awaited<ReturnType<Ground['startProgram']>>

/** What the program stands on: stores and a PDS. `stop` ends everything, also what was started on it later. */
export async function startGround(pdsEnv: Record<string, string> = {}) {
  const undo: (() => unknown)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-bench-'))
    undo.push(() => rm(dir, { recursive: true, force: true }))
    const options = (name: string) => ({ dataDir: join(dir, name), durable: false, log: () => {} })
    const [mongo, redis] = await Promise.all([startMongo(options('mongo')), startRedis(options('redis'))])
    undo.push(() => Promise.all([mongo.stop(), redis.stop()]))
    const pds = await startPds(pdsEnv)
    undo.push(pds.stop)
    const { pdsUrl, plcUrl, handleResolverUrl } = pds.network
    const start = async (file: string, env: Record<string, string>, readyWord: string) => {
      // A folder of its own: no .env shall have a say.
      const started = await startProcess(file, env, dir, readyWord)
      undo.push(started.kill)
      return started
    }
    return {
      network: pds.network,
      stop,
      /** On an empty database. The API alone; workers are started by `startWorker`. */
      async startProgram(more: Record<string, string> = {}) {
        const name = `bench-${randomUUID()}`
        const port = await freePort()
        const baseUrl = `http://localhost:${port}`
        const env = {
          NODE_ENV: 'development',
          PORT: String(port),
          BASE_URL: baseUrl,
          MONGODB_URL: mongo.url.replace(/\/[^/]*$/, `/${name}`),
          REDIS_URL: redis.url,
          QUEUE_PREFIX: name,
          AUTH_SECRET: randomBytes(32).toString('hex'),
          ...newSealingKeys(),
          ADMIN_EMAIL,
          ADMIN_PASSWORD: PASSWORD,
          BLUESKY_SERVICE_URL: pdsUrl,
          PLC_DIRECTORY_URL: plcUrl,
          HANDLE_RESOLVER_URL: handleResolverUrl,
          ALLOW_PRIVATE_NETWORK: 'true',
          BLUESKY_APPVIEW_URL: 'off',
          // What the program holds is measured, not what one person may do.
          QUOTAS: NO_QUOTAS,
          CHANNELS_IN_FLIGHT: '1000000',
          ...more,
        }
        const api = await start('src/main.ts', env, 'listening')
        return {
          baseUrl,
          mongoUrl: env.MONGODB_URL,
          redisUrl: redis.url,
          prefix: name,
          signIn: signInAt(baseUrl),
          env,
          startWorker: (own: Record<string, string> = {}, file = 'workers/main.ts') =>
            start(file, { ...env, ...own }, 'working'),
          /** Something else that listens, or the API once more, in the same surroundings. */
          startBeside: (file: string, own: Record<string, string> = {}) => start(file, { ...env, ...own }, 'listening'),
          pid: api.pid,
          kill: api.kill,
        }
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A new account of the PDS with an app password. @param by what the person enters */
export async function newLogin({ pdsUrl }: PdsNetwork, by: 'handle' | 'did' = 'handle'): Promise<Login> {
  const name = `b${randomBytes(6).toString('hex')}.test`
  const account = await createAccount(pdsUrl, { handle: name, password: randomBytes(12).toString('base64url') })
  return { identifier: by === 'did' ? account.did : name, appPassword: await createAppPassword(account) }
}

export async function startPds(env: Record<string, string>) {
  const child = spawn(process.execPath, runPdsArgs, {
    env: { ...process.env, EXIT_WITH_PARENT: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const network = JSON.parse(await firstLine(child, (line) => line.includes('"pdsUrl"'))) as PdsNetwork
  return {
    network,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

async function startProcess(file: string, env: Record<string, string>, cwd: string, readyWord: string) {
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
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  try {
    await firstLine(child, (line) => line.includes(`"msg":"${readyWord}"`))
  } catch (error) {
    await kill()
    throw error
  }
  return { kill, lines, pid: child.pid }
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

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function signInAt(baseUrl: string) {
  return async (path: string, body: object): Promise<User> => {
    const answer = await fetch(`${baseUrl}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: baseUrl },
      body: JSON.stringify(body),
    })
    await answer.text()
    const token = answer.headers.get('set-auth-token')
    if (!token) throw new Error(`signing in answered ${answer.status}`)
    const request = async <T>(method: string, at: string, sent?: unknown) => {
      const response = await fetch(`${baseUrl}${at}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', origin: baseUrl },
        ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      })
      if (!response.ok) throw new Error(`${method} ${at} answered ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    }
    return { token, request }
  }
}
