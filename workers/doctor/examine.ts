// Runs all that the doctor looks at at the same time, each with a deadline, and never throws.
import { ConfigError, readWorkerConfig, type WorkerConfig } from '../../src/config.ts'
import { withDeadline } from '../../src/deadline.ts'
import type { Env } from '../../src/environment.ts'
import { failed, ok, warning, type Examination, type Verdict } from '../../src/examination.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { examineKeys } from './keys.ts'
import { examineMongo } from './mongodb.ts'
import { examineNetwork } from './network.ts'
import { examineRedis } from './redis.ts'
import { examineServiceUrl } from './service-url.ts'
import { examineSmtp } from './smtp.ts'
import { openStores, type Stores } from './stores.ts'

/** One thing to look at; `look` may hang or throw. */
export interface Plan {
  id: string
  title: string
  look: () => Promise<Verdict>
}

/** What can be looked at with a configuration that holds. */
export interface Patient extends Stores {
  config: WorkerConfig
  http: Pick<Http, 'fetch'>
  signal: AbortSignal
}

/** The whole is over within fifteen seconds: a store that is away takes four of them, a server and the one that may have been meant four each. */
const EACH_MS = 13_000
const CALL_MS = 4_000

export async function examineAll(env: Env): Promise<Examination[]> {
  const { config, verdict } = readConfiguration(env)
  const configuration = { id: 'configuration', title: 'Configuration', ...verdict }
  if (!config) return [configuration]
  const stores = openStores(config)
  const client = createHttp({
    allowPrivateNetwork: config.bluesky.allowPrivateNetwork,
    deadlineMs: CALL_MS,
    log: { warn() {} },
  })
  const http: Patient['http'] = { fetch: (input, init) => client.fetch(input, { ...init, deadlineMs: CALL_MS }) }
  const patient: Patient = { ...stores, config, http, signal: AbortSignal.timeout(EACH_MS) }
  try {
    const plans = [
      ...examineMongo(patient),
      ...examineRedis(patient),
      ...examineNetwork(patient),
      ...examineServiceUrl(patient),
      ...examineSmtp(patient),
      ...examineKeys(patient),
    ]
    return [configuration, ...(await Promise.all(plans.map(examine)))]
  } finally {
    await Promise.all([stores.close(), client.close()])
  }
}

async function examine({ id, title, look }: Plan): Promise<Examination> {
  const verdict = await withDeadline(look(), EACH_MS).catch((error: Error) =>
    // Its name alone: what a driver says may repeat the address with its credentials.
    failed(`could not be looked at: ${sentenceOf(error)}`, 'Look at what failed above it, and run this again.'),
  )
  return { id, title, ...verdict }
}

const sentenceOf = (error: Error) => (error.message === 'no answer in time' ? error.message : error.name)

function readConfiguration(env: Env): { config: WorkerConfig | null; verdict: Verdict } {
  try {
    const config = readWorkerConfig(env)
    return { config, verdict: openingsOf(config) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [, ...mistakes] = error.message.split('\n').map((line) => line.trim())
    const todo = 'Correct this in .env or the environment: no worker starts with it, and nothing else can be looked at.'
    return { config: null, verdict: failed(mistakes.join('; '), todo) }
  }
}

function openingsOf({ http: { production, baseUrl }, bluesky }: WorkerConfig): Verdict {
  if (production && bluesky.allowPrivateNetwork === true) {
    return warning(
      'ALLOW_PRIVATE_NETWORK=true opens the whole of this network to whatever server an account names',
      'Name the servers that are meant instead, such as pds.internal:443, or set it to false.',
    )
  }
  if (production && baseUrl.startsWith('http:')) {
    return warning(
      `people open ${baseUrl}, without TLS`,
      'Put a proxy with a certificate in front, and its address into BASE_URL.',
    )
  }
  return ok('it can be read')
}
