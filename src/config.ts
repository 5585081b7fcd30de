// Turns the environment into a typed, grouped configuration; the only reader of process.env.
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { parseServiceUrl } from './input/service-url.ts'

export const DEFAULT_SERVICE_URL = 'https://bsky.social'

const flag = z.enum(['true', 'false'], 'true or false').transform((value) => value === 'true')

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`)

const url = (protocols: string[], example: string) =>
  z.string().refine((value) => {
    const parsed = URL.parse(value)
    return parsed !== null && protocols.includes(parsed.protocol)
  }, `an address such as ${example}`)

const seconds = z
  .string()
  .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, 'seconds, separated by commas, such as 60,300,1800,3600')
  .transform((value) => value.split(',').map((part) => Number(part) * 1000))

const sealingKeys = z
  .string()
  .min(1, 'one or more "id:key" separated by commas, each key 32 random bytes in base64')
  .transform((value, check) => {
    const keys = value.split(',').map((entry) => {
      const [id = '', text = ''] = entry.split(/:(.*)/s)
      return { id: id.trim(), key: new Uint8Array(Buffer.from(text, 'base64')) }
    })
    const bad = keys.findIndex(({ id, key }) => !/^[\w-]{1,32}$/.test(id) || key.length !== 32)
    if (bad !== -1 || new Set(keys.map(({ id }) => id)).size !== keys.length) {
      check.addIssue(
        `entry ${bad === -1 ? 'ids are not unique' : bad + 1} is not usable: expected "id:key" separated by commas, each key 32 random bytes in base64`,
      )
      return z.NEVER
    }
    return keys
  })

const origin = z.string().transform((value, check) => {
  const parsed = parseServiceUrl(value, { allowHttp: true })
  if ('origin' in parsed) return parsed.origin
  check.addIssue(parsed.problem)
  return z.NEVER
})

export interface SignInBudget {
  per: 'identity' | 'server'
  /** with its port, where it is not the usual one; null for every server without a budget of its own */
  host: string | null
  count: number
  windowSeconds: number
}

const budgets = z.string().transform((value, check): SignInBudget[] => {
  const parts = value
    .split(',')
    .map((part) => /^(identity|server)(?:@([^=\s]+))?=(\d{1,7})\/(\d{1,7})$/.exec(part.trim()))
  const read = parts.flatMap((part) => {
    const [, per, host, count, windowSeconds] = part ?? []
    if (!per || Number(count) < 1 || Number(windowSeconds) < 1) return []
    const entry = { host: host?.toLowerCase() ?? null, count: Number(count), windowSeconds: Number(windowSeconds) }
    return [{ per: per as SignInBudget['per'], ...entry }]
  })
  if (read.length === parts.length) return read
  check.addIssue(
    'count/seconds for identity or server, such as identity=20/300,server=2500/300,identity@bsky.social=90/86400',
  )
  return z.NEVER
})

/** Below what servers are known to allow: 30 in five minutes and 300 a day, 3000 in five minutes from one address. */
const defaultBudgets: SignInBudget[] = [
  { per: 'identity', host: null, count: 20, windowSeconds: 300 },
  { per: 'identity', host: null, count: 80, windowSeconds: 86_400 },
  { per: 'server', host: null, count: 2500, windowSeconds: 300 },
]

/** What is not said stays as it is by default. */
const withDefaults = (said: SignInBudget[]) => [
  ...said,
  ...defaultBudgets.filter(({ per }) => !said.some((budget) => budget.per === per && budget.host === null)),
]

export const queueNames = ['connect', 'verify'] as const
export type QueueName = (typeof queueNames)[number]
const queues = z.string().transform((value, check) => {
  const names = value.split(',').map((name) => name.trim())
  const known = names.filter((name) => (queueNames as readonly string[]).includes(name))
  if (known.length === names.length) return [...new Set(known)] as QueueName[]
  check.addIssue(`a list out of ${queueNames.join(', ')}`)
  return z.NEVER
})

/** Every variable, in the groups of the configuration. An empty value counts as not set. */
export const variables = {
  http: {
    NODE_ENV: z.enum(['development', 'production', 'test'], 'development, production or test').default('development'),
    PORT: whole(0, 65535).default(3000),
    LISTEN_ADDRESS: z.enum(['127.0.0.1', '0.0.0.0', '::'], '127.0.0.1, 0.0.0.0 or ::').default('127.0.0.1'),
    BASE_URL: url(['http:', 'https:'], 'https://connect.example.com').optional(),
    TRUST_PROXY: whole(0, 10).default(0),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'trace, debug, info, warn, error or silent')
      .default('info'),
  },
  stores: {
    MONGODB_URL: url(['mongodb:', 'mongodb+srv:'], 'mongodb://127.0.0.1:27017/bluesky-connect'),
    REDIS_URL: url(['redis:', 'rediss:'], 'redis://127.0.0.1:6379'),
    QUEUE_PREFIX: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'letters, digits, - and _')
      .default('bluesky-connect'),
  },
  accounts: {
    AUTH_SECRET: z.string().min(32, 'at least 32 characters that nobody can guess'),
    ADMIN_EMAIL: z.email('an e-mail address').optional(),
    ADMIN_PASSWORD: z.string().min(8, 'at least 8 characters').optional(),
    SIGN_UP: z.enum(['open', 'closed'], 'open or closed').default('open'),
  },
  sealing: { SECRET_KEYS: sealingKeys },
  bluesky: {
    BLUESKY_SERVICE_URL: origin.optional(),
    ALLOW_PRIVATE_NETWORK: flag.default(false),
    PLC_DIRECTORY_URL: origin.default('https://plc.directory'),
    HANDLE_RESOLVER_URL: origin.optional(),
    BLUESKY_APPVIEW_URL: z
      .union([z.literal('off'), origin], 'off, or an address such as https://public.api.bsky.app')
      .default('https://public.api.bsky.app'),
    PDS_DISCOVERY: z.enum(['diagnose', 'follow'], 'diagnose or follow').default('diagnose'),
    REQUEST_TIMEOUT_SECONDS: whole(1, 120).default(15),
  },
  workers: {
    WORKER_QUEUES: queues.default([...queueNames]),
    WORKER_CONCURRENCY: whole(1, 1000).default(20),
    WORKER_PORT: whole(0, 65535).default(0),
    RETRY_DELAYS_SECONDS: seconds.default([60_000, 300_000, 1_800_000, 3_600_000]),
    GIVE_UP_AFTER_SECONDS: whole(1, 86_400).default(86_400),
    SWEEP_INTERVAL_SECONDS: whole(1, 300).default(3),
    SIGN_IN_BUDGETS: budgets.default([]),
  },
}

/** The environment cannot be used. The message names every mistake, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export type Config = ReturnType<typeof readConfig>

/**
 * @param env variables by name, as in process.env
 * @throws ConfigError that lists all mistakes at once, without the values (a value may be a secret)
 */
export function readConfig(env: Record<string, string | undefined>) {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const mistakes: string[] = []
  const group = <S extends z.ZodRawShape>(shape: S): z.infer<z.ZodObject<S>> => {
    const parsed = z.object(shape).safeParse(given)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0])
      mistakes.push(
        given[name] === undefined
          ? `${name} is not set: ${expectation(shape[name] as z.ZodType)}`
          : `${name} is not usable: expected ${issue.message}`,
      )
    }
    return {} as z.infer<z.ZodObject<S>>
  }

  const http = group(variables.http)
  const stores = group(variables.stores)
  const accounts = group(variables.accounts)
  const sealing = group(variables.sealing)
  const bluesky = group(variables.bluesky)
  const workers = group(variables.workers)
  if (!accounts.ADMIN_EMAIL !== !accounts.ADMIN_PASSWORD && mistakes.length === 0) {
    mistakes.push('ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or neither')
  }
  if (bluesky.BLUESKY_SERVICE_URL?.startsWith('http:') && !bluesky.ALLOW_PRIVATE_NETWORK) {
    mistakes.push('BLUESKY_SERVICE_URL is not usable: expected https (http needs ALLOW_PRIVATE_NETWORK=true)')
  }
  if (mistakes.length > 0) throw new ConfigError(`The configuration has mistakes:\n  ${mistakes.join('\n  ')}`)

  return {
    http: {
      production: http.NODE_ENV === 'production',
      port: http.PORT,
      /** of every process: to whom else, if to anybody, it is open */
      listenAddress: http.LISTEN_ADDRESS,
      baseUrl: http.BASE_URL?.replace(/\/+$/, '') ?? `http://localhost:${http.PORT}`,
      /** how many proxies in front of the program may be believed about the client's address */
      trustProxy: http.TRUST_PROXY,
    },
    log: { level: http.LOG_LEVEL },
    mongo: { url: stores.MONGODB_URL },
    redis: { url: stores.REDIS_URL, prefix: stores.QUEUE_PREFIX },
    auth: {
      secret: accounts.AUTH_SECRET,
      admin:
        accounts.ADMIN_EMAIL && accounts.ADMIN_PASSWORD
          ? { email: accounts.ADMIN_EMAIL, password: accounts.ADMIN_PASSWORD }
          : null,
      signUpOpen: accounts.SIGN_UP === 'open',
    },
    sealing: { keys: sealing.SECRET_KEYS },
    bluesky: {
      serviceUrl: bluesky.BLUESKY_SERVICE_URL ?? null,
      allowPrivateNetwork: bluesky.ALLOW_PRIVATE_NETWORK,
      plcDirectoryUrl: bluesky.PLC_DIRECTORY_URL,
      handleResolverUrl: bluesky.HANDLE_RESOLVER_URL ?? null,
      /** asked whether Bluesky shows an account; null: nobody is asked */
      appviewUrl: bluesky.BLUESKY_APPVIEW_URL === 'off' ? null : bluesky.BLUESKY_APPVIEW_URL,
      /** sign in at the server that an identity names, and at the Service URL only when that cannot be told */
      followIdentity: bluesky.PDS_DISCOVERY === 'follow',
      timeoutMs: bluesky.REQUEST_TIMEOUT_SECONDS * 1000,
    },
    worker: {
      queues: workers.WORKER_QUEUES,
      concurrency: workers.WORKER_CONCURRENCY,
      port: workers.WORKER_PORT,
      signInBudgets: withDefaults(workers.SIGN_IN_BUDGETS),
    },
    retry: {
      /** waits after the first, second, … passing fault; the last one repeats */
      delaysMs: workers.RETRY_DELAYS_SECONDS,
      /** how long after the submit a passing fault is retried and a password kept */
      giveUpAfterMs: workers.GIVE_UP_AFTER_SECONDS * 1000,
    },
    sweep: { intervalMs: workers.SWEEP_INTERVAL_SECONDS * 1000 },
  }
}

/** Reads `.env` of the working directory, if there is one, beneath the real environment. */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return readConfig(process.env)
}

function expectation(schema: z.ZodType): string {
  const tried = schema.safeParse('')
  return `expected ${tried.success ? 'a value' : (tried.error.issues[0]?.message ?? 'a value')}`
}
