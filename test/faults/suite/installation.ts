// A whole installation for the fault suite: two API processes, two workers of each kind, every store and server behind an address that can fail.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose, { type Connection } from 'mongoose'
import { inject, onTestFinished } from 'vitest'
import { startMongoServer, type MongoServer } from '../../helpers/mongo-server.ts'
import { startProgram, type ProgramProcess } from '../../helpers/program-process.ts'
import { startProxy, targetOf, type Proxy } from '../../helpers/proxy.ts'
import { startRedisServer, type RedisServer } from '../../helpers/redis-servers.ts'
import { mountSmallDisk, type SmallDisk } from '../../helpers/small-disk.ts'
import { environmentFor } from '../../helpers/system.ts'
import { startAccountServer, type AccountServer } from './server.ts'

export type Kind = 'api' | 'connect' | 'verify'
const KINDS: Kind[] = ['api', 'api', 'connect', 'connect', 'verify', 'verify']

/** A place in which a process runs; another one takes it when that has ended. */
export interface Place {
  kind: Kind
  process: ProgramProcess
  /** variables of its own, for the next process in it */
  env: Record<string, string>
  /** the checkout that it runs from, where it is another one */
  dir?: string | undefined
  isKept: boolean
}

export interface Needs {
  /** a MongoDB that nobody else uses */
  ownMongodb?: true
  /** a small disk for the data of that store, which is its own */
  disk?: 'mongodb' | 'redis'
}

export interface Installation {
  places: Place[]
  books: AccountServer
  /** in front of each */
  mongodb: Proxy
  redis: Proxy
  server: Proxy
  redisServer: RedisServer
  /** where a fault needs one of its own */
  mongoServer: MongoServer | undefined
  disk: SmallDisk | undefined
  /** past the address in front of it */
  database: Connection
  prefix: string
  baseUrl: string
  users: string[]
  /** @returns what the first API that answers says */
  post(token: string, path: string, body: object, key: string): Promise<{ status: number; body: unknown }>
  /** From now on a process that ends is not started anew. */
  stop(): void
}

const USERS = 4
const NO_BUDGET = 'identity=9999999/1,server=9999999/1,other=9999999/1'
const POST_MS = 15_000
const SIGN_UPS = 5

/** Ends with the test. @param count of accounts at its server */
export async function startInstallation(count: number, needs: Needs = {}): Promise<Installation> {
  const server = await startProxy({ host: '127.0.0.1', port: 1 })
  const origin = `http://localhost:${server.port}`
  const books = await startAccountServer(count, () => origin)
  server.target = { host: '127.0.0.1', port: books.port }
  onTestFinished(() => books.close())
  const disk = needs.disk && (await mountSmallDisk())
  const within = (store: Needs['disk']) => (needs.disk === store ? disk?.dir : undefined)
  // As operations.md asks for: what was accepted before a crash is there after it.
  const redisServer = await startRedisServer(['appendonly yes', 'appendfsync always'], { within: within('redis') })
  const redis = await startProxy({ host: '127.0.0.1', port: redisServer.port })
  const ownMongodb = needs.ownMongodb ?? needs.disk === 'mongodb'
  const mongoServer = ownMongodb ? await startMongoServer(within('mongodb')) : undefined
  const { url: storeUrl } = mongoServer ?? { url: inject('stores').mongoUrl }
  const mongodb = await startProxy(targetOf(storeUrl))
  const env = environmentFor(1)
  const name = `t${randomUUID().slice(0, 8)}`
  const database = await mongoose.createConnection(storeUrl.replace(/\/[^/]*$/, `/${name}`)).asPromise()
  onTestFinished(async () => {
    await database.dropDatabase()
    await database.close()
  })
  Object.assign(env, {
    MONGODB_URL: `mongodb://127.0.0.1:${mongodb.port}/${name}`,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    BASE_URL: 'http://localhost:3000',
    BLUESKY_SERVICE_URL: origin,
    PLC_DIRECTORY_URL: origin,
    HANDLE_RESOLVER_URL: origin,
    SIGN_IN_BUDGETS: NO_BUDGET,
    SWEEP_INTERVAL_SECONDS: '3',
  })
  const places: Place[] = []
  const stop = () => {
    for (const place of places) place.isKept = false
  }
  await Promise.all(KINDS.map((kind) => openPlace(places, kind, { env, stop })))
  const installation: Installation = {
    places,
    books,
    mongodb,
    redis,
    server,
    redisServer,
    mongoServer,
    disk,
    database,
    prefix: env['QUEUE_PREFIX'] ?? '',
    baseUrl: env['BASE_URL'] ?? '',
    users: [],
    post: (token, path, body, key) => post(places, token, path, { body, key }),
    stop,
  }
  for (let index = 0; index < USERS; index++) installation.users.push(await signUp(installation))
  return installation
}

/** Keeps a process in a place, as a supervisor would. @param stop at the end of the test, before its process ends */
async function openPlace(
  places: Place[],
  kind: Kind,
  { env, stop }: { env: Record<string, string>; stop: () => void },
): Promise<void> {
  const start = ({ env: own, dir }: Pick<Place, 'env' | 'dir'>) => {
    const all = { ...env, ...(kind === 'api' ? {} : { WORKER_QUEUES: kind }), ...own }
    const starting = startProgram(kind === 'api' ? 'api' : 'worker', all, dir)
    onTestFinished(stop)
    return starting
  }
  const place: Place = { kind, env: {}, process: await start({ env: {} }), isKept: true }
  places.push(place)
  const keep = async () => {
    for (;;) {
      await place.process.ended
      if (!place.isKept) return
      place.process = await start(place)
    }
  }
  // Where it cannot be started, whoever waits for it says so.
  keep().catch(() => {})
}

/** Each try is somebody new: of one whose answer got lost there is an account already. */
async function signUp({ post, baseUrl }: Installation): Promise<string> {
  for (let tries = 1; ; tries++) {
    const person = { email: `${randomUUID()}@example.com`, password: 'correct horse battery', name: 'Faults' }
    const answer = await post('', '/api/auth/sign-up/email', person, baseUrl)
    const { token } = answer.body as { token?: string }
    if (token) return token
    if (tries === SIGN_UPS) throw new Error(`sign-up answered ${answer.status} ${JSON.stringify(answer.body)}`)
  }
}

/** As a caller would who means it: from one process to the next until one says yes or no; a key keeps it from being done twice. */
async function post(places: Place[], token: string, path: string, { body, key }: { body: object; key: string }) {
  for (let turn = Math.floor(Math.random() * 2); ; turn++) {
    const apis = places.filter(({ kind }) => kind === 'api')
    const api = apis[turn % apis.length]
    try {
      const response = await fetch(`${api?.process.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': key,
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(POST_MS),
      })
      const answer = { status: response.status, body: (await response.json()) as unknown }
      if (answer.status < 500) return { ...answer, body: { ...(answer.body as object), ...tokenOf(response) } }
    } catch {
      // Its process is gone, or hangs.
    }
    await sleep(100)
  }
}

const tokenOf = ({ headers }: Response) => {
  const token = headers.get('set-auth-token')
  return token ? { token } : {}
}
