// A whole system for a test: API on a free port, workers, its own database and queue prefix, on the shared real services.
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inject } from 'vitest'
import { createApp } from '../../src/app.ts'
import { createAuth, ensureAdmin } from '../../src/auth.ts'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { readApiConfig, readWorkerConfig, type ApiConfig, type WorkerConfig } from '../../src/config.ts'
import { openContext, type Context } from '../../src/context.ts'
import type { Channel, ChannelWithAttempts, Problem } from '../../src/contract.ts'
import { openChanges } from '../../src/events.ts'
import { startWorkers, type Workers } from '../../workers/start.ts'
import { checkShape } from './check-shape.ts'
import { collectLog } from './log.ts'
import { listRoutes, type Route } from './routes.ts'

export interface Client {
  id: string
  email: string
  token: string
  /** @param init.body is sent as JSON */
  request<T>(
    method: string,
    path: string,
    init?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer<T>>
  connect(identifier: string, appPassword: string): Promise<Channel>
}

export interface Answer<T> {
  status: number
  headers: Headers
  body: T
}

export interface System {
  url: string
  env: Record<string, string>
  /** of both kinds of process in one */
  context: Context<ApiConfig & WorkerConfig>
  workers: Workers | null
  /** every route of the program, those of the accounts library among them */
  routes: Route[]
  /** every line that the API and the workers logged */
  log: ReturnType<typeof collectLog>
  user(): Promise<Client>
  admin(): Promise<Client>
  anyone: Pick<Client, 'request'>
  /** resolves as soon as the channel fits; reads it anew at every change that is announced */
  until(client: Client, channelId: string, fits: (channel: Channel) => boolean): Promise<ChannelWithAttempts>
  /** until no step is being worked on */
  settled(client: Client, channelId: string): Promise<ChannelWithAttempts>
  startWorkers(): Promise<Workers>
  stopWorkers(): Promise<void>
  stop(): Promise<void>
}

/** Of every user and of the admin. */
export const PASSWORD = 'correct horse battery'
const WAIT_MS = 45_000
/** All tests come from one address, and do more in a minute than people in a day. */
const WIDE_QUOTAS =
  'connect@user connect@address verify@user verify@address retry@user sign-in@address sign-up@address mail@address'
    .split(' ')
    .map((quota) => `${quota}=1000000/60`)
    .join(',')

const ADMIN_EMAIL = 'admin@example.com'

/** Every variable of a system with a database and a queue prefix of its own. */
export function environmentFor(port: number): Record<string, string> {
  const stores = inject('stores')
  const pds = inject('pds')
  const name = `t${randomBytes(6).toString('hex')}`
  return {
    NODE_ENV: 'test',
    PORT: String(port),
    BASE_URL: `http://localhost:${port}`,
    MONGODB_URL: stores.mongoUrl.replace(/\/[^/]*$/, `/${name}`),
    REDIS_URL: stores.redisUrl,
    QUEUE_PREFIX: name,
    AUTH_SECRET: randomBytes(32).toString('hex'),
    ...newSealingKeys(),
    ADMIN_EMAIL,
    ADMIN_PASSWORD: PASSWORD,
    BLUESKY_SERVICE_URL: pds.pdsUrl,
    PLC_DIRECTORY_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.handleResolverUrl,
    BLUESKY_APPVIEW_URL: 'off',
    ALLOW_PRIVATE_NETWORK: 'true',
    SWEEP_INTERVAL_SECONDS: '1',
    QUOTAS: WIDE_QUOTAS,
    CHANNELS_IN_FLIGHT: '1000000',
  }
}

/**
 * @param env variables on top of the test's own
 * @param workers false: the API alone
 */
export async function createSystem({
  env = {},
  workers = true,
}: { env?: Record<string, string>; workers?: boolean } = {}): Promise<System> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  const variables = { ...environmentFor(port), ...env }
  const config = { ...readApiConfig(variables), ...readWorkerConfig(variables) }
  const log = collectLog()
  const context = await openContext(config, log.logger)
  const auth = createAuth(context)
  await ensureAdmin(context, auth)
  const changes = openChanges(context)
  await changes.opened
  const app = createApp({ ...context, auth, changes })
  server.on('request', app)
  let running: Workers | null = null

  const client = (token: string): Client['request'] => {
    return async <T>(method: string, path: string, init: { body?: unknown; headers?: Record<string, string> } = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...init.headers,
        },
        ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      })
      const text = await response.text()
      const body = (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T
      checkShape(method, path, response.status, body)
      return { status: response.status, headers: response.headers, body }
    }
  }
  const anyone = { request: client('') }

  const signIn = async (path: string, body: object): Promise<Client> => {
    const answer = await anyone.request<{ user: { id: string; email: string } }>('POST', `/api/auth/${path}`, { body })
    if (answer.status !== 200) throw new Error(`signing in answered ${answer.status} ${JSON.stringify(answer.body)}`)
    const token = answer.headers.get('set-auth-token') ?? ''
    // Where e-mail is on, a sign-up signs nobody in.
    if (!token && path.startsWith('sign-up/')) return signIn('sign-in/email', body)
    const request = client(token)
    return {
      ...answer.body.user,
      token,
      request,
      async connect(identifier, appPassword) {
        const posted = await request<Channel | Problem>('POST', '/api/channels/bluesky', {
          body: { identifier, appPassword },
        })
        if (posted.status !== 202) throw new Error(`connect answered ${posted.status} ${JSON.stringify(posted.body)}`)
        return posted.body as Channel
      },
    }
  }

  const system: System = {
    url,
    env: variables,
    context,
    workers: null,
    routes: listRoutes(app, auth),
    log,
    anyone,
    user: () => signIn('sign-up/email', { email: `u-${randomUUID()}@example.com`, password: PASSWORD, name: 'Test' }),
    admin: () => signIn('sign-in/email', { email: ADMIN_EMAIL, password: PASSWORD }),
    async until(client, channelId, fits) {
      const { promise, resolve, reject } = Promise.withResolvers<ChannelWithAttempts>()
      let last: ChannelWithAttempts | undefined
      const look = async () => {
        const answer = await client.request<ChannelWithAttempts>('GET', `/api/channels/${channelId}`)
        if (answer.status !== 200) return
        last = answer.body
        if (fits(last)) resolve(last)
      }
      const stop = changes.listen(client.id, {
        change: () => void look().catch(reject),
        gap: () => void look().catch(reject),
      })
      const timer = setTimeout(
        () =>
          reject(new Error(`the channel did not get there in ${WAIT_MS} ms: ${last?.status} ${last?.outcome?.code}`)),
        WAIT_MS,
      )
      void look().catch(reject)
      return promise.finally(() => {
        stop()
        clearTimeout(timer)
      })
    },
    settled: (client, channelId) =>
      system.until(client, channelId, ({ status }) => status !== 'connecting' && status !== 'verifying'),
    async startWorkers() {
      running = system.workers = await startWorkers(context)
      return running
    },
    async stopWorkers() {
      await running?.stop()
      running = system.workers = null
    },
    async stop() {
      await closeServer(server)
      await system.stopWorkers()
      changes.close()
      await context.db.connection.dropDatabase()
      await context.close()
    },
  }
  if (workers) await system.startWorkers()
  return system
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
