// `service.sh start`, `restart` and `scale`: brings what is missing, starts it in order and waits until all of it is well.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { rm } from 'node:fs/promises'
import { withLock } from '../processes/lock.ts'
import { choosePorts, savedPorts } from '../processes/choose-ports.ts'
import { demoEnv, mailboxEnv } from '../demo/seed.ts'
import { ServiceError } from '../errors.ts'
import { healthOf, readNetwork } from './health.ts'
import { logEnd, logLinesSince, shortenLogs } from './logs.ts'
import { bringMongo, mongoUrl } from '../stores/mongo.ts'
import { buildPages } from './pages.ts'
import { runtimeDir } from '../paths.ts'
import { isFree } from '../processes/ports.ts'
import { writePrivateFile } from '../private-file.ts'
import {
  APP_NAMES,
  dataDir,
  hiddenFrom,
  pdsFile,
  type Ports,
  program,
  type ProgramName,
  servicesEnvFile,
} from '../processes/programs.ts'
import { bringRedis, redisSocket } from '../stores/redis.ts'
import { say, withProgress } from '../say.ts'
import { completeEnvFile, readSettings, type Settings } from './settings.ts'
import { endOrphans, listProcesses, restartPrograms, scaleProgram, startPrograms } from '../processes/supervisor.ts'

const READY_MS = 90_000
const POLL_MS = 100
// Asking pm2 costs half a second of a processor, asking a program for its health nothing.
const LIST_EVERY_MS = 2_000
// One that dies this often while it starts will not get any further.
const HOPELESS_RESTARTS = 4

/** One command at a time may change what runs here. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  return withLock(path.join(runtimeDir, 'command.lock'), work)
}

export async function start(options: { demo: boolean }): Promise<Settings> {
  await completeEnvFile()
  if ((await endOrphans()) > 0) say('Ended what a killed supervisor had left running.')
  const processes = await listProcesses()
  const online = new Set(processes.filter(({ state }) => state === 'online').map(({ name }) => name))
  const settings = readSettings(processes)
  if (!online.has('api')) await checkApiPort(settings)
  await buildPages()
  const ports = await startServices(settings, online, options.demo || online.has('pds'))
  const missing = APP_NAMES.filter((name) => !online.has(name))
  const present = APP_NAMES.filter((name) => online.has(name))
  // What runs already does not know of a PDS that has just been added.
  if (options.demo && !online.has('pds') && present.length > 0) await restartApps(present)
  if (missing.length > 0) await bringUp(missing, ports)
  if (missing.length === 0) say('Everything runs already.')
  return settings
}

export async function restart(names: ProgramName[]): Promise<void> {
  await completeEnvFile()
  const processes = await listProcesses()
  if (processes.length === 0) throw new ServiceError('Nothing is running. ./service.sh start starts it.')
  const online = new Set(processes.filter(({ state }) => state === 'online').map(({ name }) => name))
  const settings = readSettings(processes)
  if (names.includes('api') && settings.port !== (await savedPorts()).public) await checkApiPort(settings)
  if (names.includes('api')) await buildPages()
  const ports = await startServices(settings, online, online.has('pds'))
  const known = names.filter((name) => processes.some((process) => process.name === name))
  const missing = names.filter((name) => !known.includes(name))
  if (known.length > 0) await restartApps(known)
  if (missing.length > 0) await bringUp(missing, ports)
}

export async function scale(counts: Map<ProgramName, number>): Promise<void> {
  const running = await listProcesses()
  for (const [name, count] of counts) {
    const present = running.filter((process) => process.name === name).length
    if (present === 0) throw new ServiceError(`${name} is not running. ./service.sh start starts it.`)
    if (present === count) {
      say(`${name} runs ${count} times already.`)
      continue
    }
    await withProgress(`Scaling ${name} from ${present} to ${count}`, async (note) => {
      const since = await logEnds([name])
      await scaleProgram(name, count)
      await untilWell([name], since, note)
    })
  }
}

/** MongoDB and Redis if nobody configured them, the PDS if asked for; and the file that tells the programs about them. */
async function startServices(settings: Settings, online: Set<string>, withPds: boolean): Promise<Ports> {
  const embedded = { mongo: !settings.get('MONGODB_URL'), redis: !settings.get('REDIS_URL') }
  refuseInProduction(settings, embedded)
  if (embedded.mongo && !online.has('mongo')) await bringMongo(dataDir('mongo'))
  if (embedded.redis && !online.has('redis')) await bringRedis()
  const ports = await choosePorts(online, settings.port)
  const wanted: Record<'mongo' | 'redis' | 'pds', boolean> = { ...embedded, pds: withPds }
  const missing = (['mongo', 'redis', 'pds'] as const).filter((name) => wanted[name] && !online.has(name))
  if (missing.includes('pds')) await rm(pdsFile, { force: true })
  if (missing.length > 0) await bringUp(missing, ports)

  const network = withPds ? await readNetwork() : undefined
  // The demo has servers of its own, unless somebody wants to see what others do.
  const serviceUrl = settings.get('BLUESKY_SERVICE_URL')
  const mailbox = settings.get('MAIL_FROM') ? undefined : network?.mailbox
  const found: Record<string, string> = {
    ...(embedded.mongo ? { MONGODB_URL: mongoUrl(dataDir('mongo')) } : {}),
    ...(embedded.redis ? { REDIS_URL: redisSocket(dataDir('redis')) } : {}),
    ...(network ? demoEnv(network) : {}),
    ...(mailbox ? mailboxEnv(mailbox) : {}),
    ...(serviceUrl ? { BLUESKY_SERVICE_URL: serviceUrl } : {}),
  }
  const lines = Object.entries(found).map(([name, value]) => `${name}=${value}\n`)
  await writePrivateFile(servicesEnvFile, lines.join(''))
  return ports
}

function refuseInProduction(settings: Settings, embedded: { mongo: boolean; redis: boolean }): void {
  if (settings.get('NODE_ENV') !== 'production') return
  const unset = [embedded.mongo && 'MONGODB_URL', embedded.redis && 'REDIS_URL'].filter(Boolean)
  if (unset.length === 0) return
  throw new ServiceError(
    `NODE_ENV is "production" and ${unset.join(' and ')} ${unset.length > 1 ? 'are' : 'is'} not set: ` +
      'the embedded MongoDB and Redis are for development only. What is missing belongs into .env or the environment.',
  )
}

async function checkApiPort({ port }: Settings): Promise<void> {
  if (await isFree(port)) return
  throw new ServiceError(
    `Port ${port} is in use by another program, perhaps by another checkout of this one. ` +
      `Stop that one, or take another port: PORT=${port + 1} ./service.sh start (or PORT=${port + 1} in .env).`,
  )
}

async function bringUp(names: readonly ProgramName[], ports: Ports): Promise<void> {
  await shortenLogs(names)
  const since = await logEnds(names)
  await withProgress(`Starting ${names.join(', ')}`, async (note) => {
    await startPrograms(names.map((name) => program(name, ports)))
    await untilWell(names, since, note)
  })
}

async function restartApps(names: ProgramName[]): Promise<void> {
  const since = await logEnds(names)
  await withProgress(`Restarting ${names.join(', ')}`, async (note) => {
    const { api = [], workers = [] } = Object.groupBy(names, (name) => (name === 'api' ? 'api' : 'workers'))
    for (const group of [api, workers]) if (group[0]) await restartPrograms(group, hiddenFrom(group[0]))
    await untilWell(names, since, note)
  })
}

type LogEnds = Map<string, number>

async function logEnds(names: readonly string[]): Promise<LogEnds> {
  return new Map(await Promise.all(names.map(async (name) => [name, await logEnd(name)] as const)))
}

async function untilWell(names: readonly ProgramName[], since: LogEnds, note: (text: string) => void): Promise<void> {
  const deadline = Date.now() + READY_MS
  const listed = async () => (await listProcesses()).filter(({ name }) => (names as readonly string[]).includes(name))
  let processes = await listed()
  let listedAt = Date.now()
  const restartsBefore = new Map(processes.map(({ id, restarts }) => [id, restarts]))
  for (;;) {
    if (Date.now() - listedAt > LIST_EVERY_MS) {
      processes = await listed()
      listedAt = Date.now()
    }
    const states = await Promise.all(processes.map(async (process) => ({ process, health: await healthOf(process) })))
    const unwell = states.filter(({ health }) => health !== 'ok')
    if (unwell.length === 0 && processes.length >= names.length) return
    note(unwell.map(({ process, health }) => `${process.name}: ${health}`).join(', '))
    const hopeless = unwell.find(
      ({ process: { id, state, restarts } }) =>
        state === 'errored' || state === 'stopped' || restarts - (restartsBefore.get(id) ?? 0) >= HOPELESS_RESTARTS,
    )
    const failed = hopeless ?? (Date.now() > deadline ? unwell[0] : undefined)
    if (failed) throw await startFailure(failed.process.name, failed.health, since)
    await sleep(POLL_MS)
  }
}

async function startFailure(name: string, health: string, since: LogEnds): Promise<ServiceError> {
  const words = await logLinesSince(name, since.get(name) ?? 0)
  return new ServiceError(
    `${name} did not start (${health}). Its last words:\n${words || '  (nothing)'}\n` +
      `More: ./service.sh logs ${name}. Then ./service.sh start tries again; ./service.sh stop ends what runs.`,
  )
}
