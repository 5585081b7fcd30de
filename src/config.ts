// Turns the environment into a typed, grouped configuration.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { type ownVariables, withSecretFiles, without, type Env } from './environment.ts'
import { httpSources, opens, parseOpened, type PrivateNetwork } from './http/private-network.ts'
import { PASSWORD_LENGTH } from './input/account.ts'
import { parseServiceUrl } from './input/service-url.ts'
import { parseRedisUrl } from './redis-url.ts'

export const DEFAULT_SERVICE_URL = 'https://bsky.social'

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`)

/** Entries separated by commas. @param read returns null for what is no entry */
const listOf = <T>(read: (entry: string) => T | null, expected: string) =>
  z
    .string()
    .min(1, expected)
    .transform((value, check): T[] => {
      const entries = value.split(',').map((entry) => read(entry.trim()))
      const bad = entries.indexOf(null)
      if (bad !== -1) check.addIssue(`${expected}; entry ${bad + 1} is not`)
      return entries.filter((entry) => entry !== null)
    })

const seconds = listOf(
  (entry) => (/^\d+(\.\d+)?$/.test(entry) ? Number(entry) * 1000 : null),
  'seconds, separated by commas, such as 60,300,1800,3600',
)

const openedList = listOf(
  parseOpened,
  'true, false, or private networks and hosts separated by commas, with a port where only that one is open, such as 10.0.0.0/8,pds.internal,127.0.0.1:2583',
)
const privateNetwork = z.string().transform((value, check): PrivateNetwork => {
  if (value === 'true' || value === 'false') return value === 'true'
  const { data, error } = openedList.safeParse(value)
  if (data) return data
  check.addIssue(error.issues[0]?.message ?? '')
  return z.NEVER
})

/** "id:key", the key in DER and base64, as OpenSSL writes it. @param read throws for what is no such key */
const namedKey =
  (read: (der: Buffer) => KeyObject) =>
  (entry: string): { id: string; key: KeyObject } | null => {
    const [, id = '', text = ''] = /^([\w-]{1,32}):([A-Za-z\d+/]+={0,2})$/.exec(entry) ?? []
    try {
      const key = read(Buffer.from(text, 'base64'))
      return id && key.asymmetricKeyType === 'x25519' ? { id, key } : null
    } catch {
      return null
    }
  }
const readPublicKey = namedKey((key) => createPublicKey({ key, format: 'der', type: 'spki' }))
const readPrivateKey = namedKey((key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))

const sealingKeyExpected = 'one "id:key", the key the public half of an X25519 key in base64'
const sealingKey = z.string().transform((value, check) => {
  const key = readPublicKey(value.trim())
  if (key) return key
  check.addIssue(sealingKeyExpected)
  return z.NEVER
})

const unsealingKeysExpected = 'one or more "id:key" separated by commas, each key a private X25519 key in base64'
const unsealingKeys = listOf(readPrivateKey, unsealingKeysExpected).refine(
  (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
  `${unsealingKeysExpected}, each with an id of its own`,
)

const origin = z.string().transform((value, check) => {
  const parsed = parseServiceUrl(value, { takesHttp: () => true })
  if ('origin' in parsed) return parsed.origin
  check.addIssue(parsed.problem)
  return z.NEVER
})

/** Of the pages: they are made for the root of a host, and cookies for that host alone. */
const baseUrl = z.string().transform((value, check) => {
  const url = URL.parse(value)
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.origin === url.href.slice(0, -1)
  if (isOrigin && !/[?#]/.test(value)) return url.origin
  check.addIssue(
    'an address such as https://connect.example.com, without a path, a user, a query or anything after a #',
  )
  return z.NEVER
})

/** Whatever MongoDB's driver takes, which says at the start what it does not. */
const mongodbUrl = z
  .string()
  .regex(
    /^mongodb(\+srv)?:\/\/[^\s/?]+(\/\S*|\?\S*)?$/,
    'an address such as mongodb://127.0.0.1:27017/bluesky-connect, mongodb://a.internal,b.internal/bluesky-connect?replicaSet=rs0 or mongodb+srv://…',
  )

const redisUrl = z.string().transform((value, check) => {
  const address = parseRedisUrl(value.trim())
  if (address) return address
  check.addIssue(
    'an address such as redis://127.0.0.1:6379, rediss://user:password@redis.example.com, the path of a socket, ' +
      'redis+sentinel://one.internal,two.internal/MASTER or redis+cluster://one.internal,two.internal; ' +
      '% and what separates the parts are written %25 and so on',
  )
  return z.NEVER
})

/** Where mails are handed in. Without TLS it is never done by mistake: only loopback, or who says so, may lack it. */
const smtp = z.string().transform((value, check) => {
  const url = URL.parse(value)
  const bad = (expected: string) => {
    check.addIssue(expected)
    return z.NEVER
  }
  const expected = 'an address such as smtps://user:password@mail.example.com or smtp://mail.example.com:587'
  if (!url?.hostname || !/^smtps?:$/.test(url.protocol) || !/^\/?$/.test(url.pathname)) return bad(expected)
  if (!['', '?tls=optional'].includes(url.search)) return bad(`${expected}; after it ?tls=optional or nothing`)
  if (!url.username !== !url.password) return bad(`${expected}; user and password belong together`)
  try {
    const secure = url.protocol === 'smtps:'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    return {
      host,
      port: Number(url.port) || (secure ? 465 : 587),
      secure,
      /** STARTTLS or nothing */
      requireTls: !secure && url.search === '' && !['localhost', '127.0.0.1', '::1'].includes(host),
      auth: url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : null,
    }
  } catch {
    return bad(`${expected}; % in user or password is written %25`)
  }
})

/** "Name <address>" or an address. */
const mailbox = z.string().transform((value, check) => {
  const [, name = '', inBrackets, alone] =
    /^\s*(?:"?([^"<>\p{Cc}]*?)"?\s*<([^<>\s]+)>|([^<>\s]+))\s*$/u.exec(value) ?? []
  const { data: address } = z.email().safeParse(inBrackets ?? alone)
  if (address) return { name, address }
  check.addIssue('an e-mail address, or a name with one: bluesky-connect <connect@example.com>')
  return z.NEVER
})

export interface Budget {
  /** sign-ins of an identity, all calls to the Service URL, all calls to any other server */
  per: 'identity' | 'server' | 'other'
  /** with its port, where it is not the usual one; null for every server without a budget of its own */
  host: string | null
  count: number
  windowSeconds: number
}

const budgets = listOf((entry): Budget | null => {
  const parts = /^(?:(identity|server)(?:@([^=\s]+))?|other)=(\d{1,7})\/(\d{1,7})$/.exec(entry)
  const [count, windowSeconds] = [Number(parts?.[3]), Number(parts?.[4])]
  const per = (parts?.[1] ?? 'other') as Budget['per']
  return count >= 1 && windowSeconds >= 1
    ? { per, host: parts?.[2]?.toLowerCase() ?? null, count, windowSeconds }
    : null
}, 'count/seconds for identity, server or other, such as identity=16/300,server=2500/300,other=500/300,identity@bsky.social=90/86400')

/**
 * Below what servers are known to allow (docs/at-protocol.md §1.4): 30 sign-ins in five minutes and 300 a day, 3000 calls
 * in five minutes from one address. An identity has two names, handle and DID, that a stranger can use up both: 12 each,
 * and 4 are its owner's.
 */
const defaultBudgets: Budget[] = [
  { per: 'identity', host: null, count: 16, windowSeconds: 300 },
  { per: 'identity', host: null, count: 80, windowSeconds: 86_400 },
  { per: 'server', host: null, count: 2500, windowSeconds: 300 },
  { per: 'other', host: null, count: 500, windowSeconds: 300 },
]

/** What is not said stays as it is by default. */
const withDefaults = (said: Budget[]) => [
  ...said,
  ...defaultBudgets.filter(({ per }) => !said.some((budget) => budget.per === per && budget.host === null)),
]

export interface Quota {
  what: QuotaName
  /** a user who is signed in, or a client address */
  per: 'user' | 'address'
  count: number
  windowSeconds: number
}

const quotaNames = ['connect', 'verify', 'retry', 'people', 'sign-in', 'sign-up', 'mail'] as const
export type QuotaName = (typeof quotaNames)[number]

/** Enough for an agency that connects or checks its 130 channels in one go, from an office with a single address. */
const defaultQuotas: Quota[] = [
  { what: 'connect', per: 'user', count: 200, windowSeconds: 600 },
  { what: 'connect', per: 'user', count: 1000, windowSeconds: 86_400 },
  { what: 'connect', per: 'address', count: 400, windowSeconds: 600 },
  { what: 'verify', per: 'user', count: 200, windowSeconds: 600 },
  { what: 'verify', per: 'user', count: 1000, windowSeconds: 86_400 },
  { what: 'verify', per: 'address', count: 400, windowSeconds: 600 },
  { what: 'retry', per: 'user', count: 200, windowSeconds: 600 },
  { what: 'people', per: 'user', count: 200, windowSeconds: 600 },
  { what: 'sign-in', per: 'address', count: 60, windowSeconds: 300 },
  { what: 'sign-in', per: 'address', count: 600, windowSeconds: 86_400 },
  { what: 'sign-up', per: 'address', count: 20, windowSeconds: 3600 },
  { what: 'mail', per: 'address', count: 20, windowSeconds: 3600 },
]

const quotas = listOf((entry): Quota | null => {
  const [, name, per, count, windowSeconds] = /^([\w-]+)@(user|address)=(\d{1,7})\/(\d{1,7})$/.exec(entry) ?? []
  const quota = {
    what: quotaNames.find((what) => what === name) ?? 'connect',
    per: per === 'address' ? ('address' as const) : ('user' as const),
    count: Number(count),
    windowSeconds: Number(windowSeconds),
  }
  // What stands among the defaults is counted somewhere; whoever signs in is no user yet.
  const isKnown = defaultQuotas.some(({ what, per }) => what === name && per === quota.per)
  return isKnown && quota.count >= 1 && quota.windowSeconds >= 1 ? quota : null
}, 'count/seconds for what people do, such as connect@user=200/600,verify@address=400/600,sign-in@address=60/300')

/** What is not said stays as it is by default. */
const withDefaultQuotas = (said: Quota[]) => [
  ...said,
  ...defaultQuotas.filter(({ what, per }) => !said.some((quota) => quota.what === what && quota.per === per)),
]

/** How long is kept what is of no use to the program any more; docs/mongodb.md says what of each. */
export const defaultKeepDays = { attempts: 180, audit: 730, mails: 30, merged: 90, removals: 30 }
export type KeepDays = typeof defaultKeepDays

const keepNames = Object.keys(defaultKeepDays) as (keyof KeepDays)[]
const keepDays = listOf(
  (entry): Partial<KeepDays> | null => {
    const [, said, days = ''] = /^([a-z]+)=(\d{1,5})$/.exec(entry) ?? []
    const name = keepNames.find((known) => known === said)
    return name && Number(days) >= 1 ? { [name]: Number(days) } : null
  },
  `days from 1 to 99999 for ${keepNames.join(', ')}, such as attempts=180,audit=730`,
)

export const queueNames = ['connect', 'verify', 'check', 'mail'] as const
export type QueueName = (typeof queueNames)[number]
const queues = listOf(
  (entry) => queueNames.find((name) => name === entry) ?? null,
  `a list out of ${queueNames.join(', ')}`,
).transform((names) => [...new Set(names)])

/** Every variable. An empty value counts as not set. */
export const variables = {
  NODE_ENV: z.enum(['development', 'production', 'test'], 'development, production or test').default('development'),
  PORT: whole(0, 65535).default(3000),
  LISTEN_ADDRESS: z.enum(['127.0.0.1', '0.0.0.0', '::'], '127.0.0.1, 0.0.0.0 or ::').default('127.0.0.1'),
  HEALTH_PORT: whole(0, 65535).default(0),
  HEALTH_ADDRESS: z.enum(['127.0.0.1', '0.0.0.0', '::'], '127.0.0.1, 0.0.0.0 or ::').default('127.0.0.1'),
  BASE_URL: baseUrl.optional(),
  TRUST_PROXY: whole(0, 10).default(0),
  SECURITY_CONTACT: z
    .union(
      [
        z.url({ protocol: /^(https|mailto)$/, error: 'an e-mail address or an https address' }),
        z.email().transform((address) => `mailto:${address}`),
      ],
      'an e-mail address or an https address',
    )
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'trace, debug, info, warn, error or silent')
    .default('info'),

  MONGODB_URL: mongodbUrl,
  REDIS_URL: redisUrl,
  QUEUE_PREFIX: z
    .string()
    .regex(/^([\w-]{1,64}|\{[\w-]{1,64}\})$/, 'letters, digits, - and _, all of it in {} or none')
    .default('bluesky-connect'),

  AUTH_SECRET: z
    .string()
    .min(32, 'at least 32 characters that nobody can guess')
    .refine((text) => new Set(text).size >= 12, 'at least 32 characters that nobody can guess, 12 of them different'),
  ADMIN_EMAIL: z.email('an e-mail address').optional(),
  ADMIN_PASSWORD: z
    .string()
    .min(PASSWORD_LENGTH.min, `at least ${PASSWORD_LENGTH.min} characters`)
    .max(PASSWORD_LENGTH.max, `at most ${PASSWORD_LENGTH.max} characters`)
    .optional(),
  ADMIN_SECOND_FACTOR: z.enum(['required', 'optional'], 'required or optional').default('optional'),
  SIGN_UP: z.enum(['open', 'closed'], 'open or closed').default('open'),

  KEEP_DAYS: keepDays.default([]),

  QUOTAS: quotas.default([]),
  CHANNELS_IN_FLIGHT: whole(1, 1_000_000).default(50),

  MAIL_FROM: mailbox.optional(),
  SMTP_URL: smtp.optional(),

  SEALING_KEY: sealingKey,
  UNSEALING_KEYS: unsealingKeys,

  BLUESKY_SERVICE_URL: origin.optional(),
  ALLOW_PRIVATE_NETWORK: privateNetwork.default(false),
  PLC_DIRECTORY_URL: origin.default('https://plc.directory'),
  HANDLE_RESOLVER_URL: origin.optional(),
  BLUESKY_APPVIEW_URL: z
    .union([z.literal('off'), origin], 'off, or an address such as https://public.api.bsky.app')
    .default('https://public.api.bsky.app'),
  PDS_DISCOVERY: z.enum(['follow', 'refuse'], 'follow or refuse').optional(),
  REQUEST_TIMEOUT_SECONDS: whole(1, 120).default(15),

  WORKER_QUEUES: queues.default([...queueNames]),
  WORKER_CONCURRENCY: whole(1, 1000).default(20),
  RETRY_DELAYS_SECONDS: seconds.default([60_000, 300_000, 1_800_000, 3_600_000]),
  GIVE_UP_AFTER_SECONDS: whole(1, 86_400).default(86_400),
  SWEEP_INTERVAL_SECONDS: whole(1, 300).default(3),
  CHECK_INTERVAL_SECONDS: whole(0, 30 * 86_400).default(86_400),
  CHECK_GIVE_UP_AFTER_SECONDS: whole(1, 60 * 86_400).default(432_000),
  SIGN_IN_BUDGETS: budgets.default([]),
}

/** The environment cannot be used. The message names every mistake, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** What both kinds of process go by. */
export type Config = ReturnType<typeof group>
export type ApiConfig = ReturnType<typeof readApiConfig>
export type WorkerConfig = ReturnType<typeof readWorkerConfig>

/**
 * @param env variables by name, as in process.env; what only workers have to know is not looked at
 * @throws ConfigError that lists all mistakes at once, without the values (a value may be a secret)
 */
export function readApiConfig(env: Env) {
  const data = check(z.object(variables).omit({ UNSEALING_KEYS: true, SMTP_URL: true }), without('worker', env))
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = data
  if (!email !== !password) fail(['ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or neither'])
  return { ...group(data), authSecret: data.AUTH_SECRET, firstAdmin: email && password ? { email, password } : null }
}

/** As `readApiConfig`; what only the API has to know is not looked at. */
export function readWorkerConfig(env: Env) {
  const shape = z.object(variables).omit({ AUTH_SECRET: true, ADMIN_EMAIL: true, ADMIN_PASSWORD: true })
  const data = check(shape, without('api', env))
  refuseProxies(env)
  const { id, key } = data.SEALING_KEY
  const half = data.UNSEALING_KEYS.find((one) => one.id === id)
  if (!half || !createPublicKey(half.key).equals(key)) {
    fail(['SEALING_KEY is not usable: expected the public half, and the id, of one of UNSEALING_KEYS'])
  }
  const { MAIL_FROM, SMTP_URL, WORKER_QUEUES } = data
  if (SMTP_URL && !MAIL_FROM) fail(['SMTP_URL is set and MAIL_FROM is not: expected both, or neither'])
  if (MAIL_FROM && !SMTP_URL && WORKER_QUEUES.includes('mail')) {
    fail(['MAIL_FROM is set and SMTP_URL is not: expected both, or neither'])
  }
  return { ...group(data), unsealingKeys: data.UNSEALING_KEYS, smtp: SMTP_URL ?? null }
}

/**
 * A proxy would look names up by itself, and call addresses that nobody has checked (docs/security.md). Where one is the
 * only way out, calls that go past it would fail without saying why.
 */
function refuseProxies(env: Env): void {
  const either = (name: string) => [name, name.toLowerCase()]
  const unused = either('NO_PROXY').some((name) => env[name]?.split(',').some((host) => host.trim() === '*'))
  const set = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'].flatMap(either).filter((name) => env[name])
  if (unused || set.length === 0) return
  fail([
    `${set.join(', ')}: workers use no proxy, because they check every address that they call. Let their machine call ` +
      'servers directly, and unset this for them or set NO_PROXY=*',
  ])
}

function fail(mistakes: string[]): never {
  throw new ConfigError(`The configuration has mistakes:\n  ${mistakes.join('\n  ')}`)
}

function check<T extends Pick<Shared, 'BLUESKY_SERVICE_URL' | 'ALLOW_PRIVATE_NETWORK'>>(
  shape: z.ZodType<T>,
  env: Env,
): T {
  const { given, mistakes } = withSecretFiles(env)
  const { data, error } = shape.safeParse(given)
  for (const { path, message } of error?.issues ?? []) {
    const name = String(path[0])
    if (given[name] !== undefined) mistakes.push(`${name} is not usable: expected ${message}`)
    else if (given[`${name}_FILE`] === undefined) mistakes.push(`${name} is not set: expected ${expectation(name)}`)
  }
  const serviceUrl = URL.parse(data?.BLUESKY_SERVICE_URL ?? '')
  if (data && serviceUrl?.protocol === 'http:' && !opens(data.ALLOW_PRIVATE_NETWORK, serviceUrl)) {
    mistakes.push('BLUESKY_SERVICE_URL is not usable: expected https (http needs its host in ALLOW_PRIVATE_NETWORK)')
  }
  if (!data || mistakes.length > 0) fail(mistakes)
  return data
}

type Shared = Omit<
  z.output<z.ZodObject<typeof variables>>,
  (typeof ownVariables)['api'][number] | (typeof ownVariables)['worker'][number]
>

function group(data: Shared) {
  return {
    http: {
      production: data.NODE_ENV === 'production',
      port: data.PORT,
      listenAddress: data.LISTEN_ADDRESS,
      baseUrl: data.BASE_URL ?? `http://localhost:${data.PORT}`,
      /** how many proxies in front of the program may be believed about the client's address */
      trustProxy: data.TRUST_PROXY,
      /** where to tell of a hole in the program, as an address */
      securityContact: data.SECURITY_CONTACT ?? null,
      /** where avatars may come from without https */
      httpImages: httpSources(data.ALLOW_PRIVATE_NETWORK),
    },
    /** each process's own address, for health and metrics */
    health: { port: data.HEALTH_PORT, address: data.HEALTH_ADDRESS },
    log: { level: data.LOG_LEVEL },
    mongo: { url: data.MONGODB_URL },
    keepDays: { ...defaultKeepDays, ...Object.assign({}, ...data.KEEP_DAYS) } satisfies KeepDays,
    redis: { address: data.REDIS_URL, prefix: prefixOf(data) },
    auth: {
      /** an admin without a second factor can do nothing but set it up */
      adminSecondFactorRequired: data.ADMIN_SECOND_FACTOR === 'required',
      signUpOpen: data.SIGN_UP === 'open',
    },
    people: {
      /** those of users first: who has used up their own takes none from others at the same address */
      quotas: withDefaultQuotas(data.QUOTAS).toSorted((a, b) => b.per.localeCompare(a.per)),
      /** how many channels of one user are worked on at once */
      inFlight: data.CHANNELS_IN_FLIGHT,
    },
    /** null: no e-mail is sent, and nothing is offered that needs it */
    mail: data.MAIL_FROM ? { from: data.MAIL_FROM } : null,
    sealingKey: data.SEALING_KEY,
    bluesky: {
      serviceUrl: data.BLUESKY_SERVICE_URL ?? null,
      allowPrivateNetwork: data.ALLOW_PRIVATE_NETWORK,
      plcDirectoryUrl: data.PLC_DIRECTORY_URL,
      handleResolverUrl: data.HANDLE_RESOLVER_URL ?? null,
      /** asked whether Bluesky shows an account; null: nobody is asked */
      appviewUrl: data.BLUESKY_APPVIEW_URL === 'off' ? null : data.BLUESKY_APPVIEW_URL,
      /** what holds for accounts on other servers where the admin saved nothing; null: it goes by the Service URL */
      otherServers: data.PDS_DISCOVERY ?? null,
      timeoutMs: data.REQUEST_TIMEOUT_SECONDS * 1000,
    },
    worker: {
      queues: data.WORKER_QUEUES,
      concurrency: data.WORKER_CONCURRENCY,
      budgets: withDefaults(data.SIGN_IN_BUDGETS),
    },
    retry: {
      /** waits after the first, second, … passing fault; the last one repeats */
      delaysMs: data.RETRY_DELAYS_SECONDS,
      /** how long after the submit a passing fault is retried and a password kept */
      giveUpAfterMs: data.GIVE_UP_AFTER_SECONDS * 1000,
    },
    checks: {
      /** how often a connected channel is checked; 0: only before its session ends */
      intervalMs: data.CHECK_INTERVAL_SECONDS * 1000,
      /** how long checks may fail for a reason that passes before the channel counts as broken */
      giveUpAfterMs: data.CHECK_GIVE_UP_AFTER_SECONDS * 1000,
    },
    sweep: { intervalMs: data.SWEEP_INTERVAL_SECONDS * 1000 },
  }
}

/** In a cluster, keys that one command touches have to be in one slot: those that have the same part in braces are. */
export const prefixOf = ({ REDIS_URL, QUEUE_PREFIX }: Pick<Shared, 'REDIS_URL' | 'QUEUE_PREFIX'>) =>
  REDIS_URL.kind === 'cluster' && !QUEUE_PREFIX.startsWith('{') ? `{${QUEUE_PREFIX}}` : QUEUE_PREFIX

/** Whether a server may be called by plain http. */
export const takesHttp = ({ bluesky }: Pick<Config, 'bluesky'>, url: URL): boolean =>
  opens(bluesky.allowPrivateNetwork, url)

function expectation(name: string): string {
  const shapes: Record<string, z.ZodType> = variables
  return shapes[name]?.safeParse('').error?.issues[0]?.message ?? 'a value'
}
