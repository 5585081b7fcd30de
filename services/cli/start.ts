// `service.sh start`: brings what is missing, starts it in order and waits until all of it is well.
import path from 'node:path'
import { rm } from 'node:fs/promises'
import { withLock } from '../processes/lock.ts'
import { choosePorts } from '../processes/choose-ports.ts'
import type { Env } from '../../src/environment.ts'
import { checkApiPort, refuseInProduction } from './beforehand.ts'
import { checkConfig } from './check-config.ts'
import { wantedCount } from './counts.ts'
import { readNetwork } from './health.ts'
import { roll } from './roll.ts'
import { logEnds, untilWell } from './until-well.ts'
import { bringMongo, mongoUrl } from '../stores/mongo.ts'
import { buildPages } from './pages.ts'
import { runtimeDir, servicesEnvFile } from '../paths.ts'
import { writePrivateFile } from '../private-file.ts'
import { APP_NAMES, dataDir, logTurner, pdsFile, type Ports, program, type ProgramName } from '../processes/programs.ts'
import { bringRedis, redisSocket } from '../stores/redis.ts'
import { say, withProgress } from '../say.ts'
import { completeEnvFile, readSettings, type Settings } from './settings.ts'
import { endOrphans, listProcesses, type Process, startPrograms } from '../processes/supervisor.ts'

/** One command at a time may change what runs here. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  return withLock(path.join(runtimeDir, 'command.lock'), work)
}

export async function start(options: { demo: boolean }): Promise<Settings> {
  await completeEnvFile()
  if ((await endOrphans()) > 0) say('Ended what a killed supervisor had left running.')
  const processes = await listProcesses()
  const online = onlineNames(processes)
  const settings = readSettings(processes)
  if (!online.has('api')) await checkApiPort(settings)
  await buildPages()
  const withPds = options.demo || online.has('pds')
  const ports = await startServices(settings, online, withPds)
  checkConfig(APP_NAMES, settings.environment(await findVariables(settings, withPds)))
  const missing = APP_NAMES.filter((name) => !online.has(name))
  const present = APP_NAMES.filter((name) => online.has(name))
  // What runs already does not know of a PDS that has just been added.
  if (options.demo && !online.has('pds')) for (const name of present) await roll(name)
  if (missing.length > 0) await bringUp(missing, ports)
  if (missing.length === 0) say('Everything runs already.')
  return settings
}

export function onlineNames(processes: Process[]): Set<string> {
  return new Set(processes.filter(({ state }) => state === 'online').map(({ name }) => name))
}

/** MongoDB and Redis if nobody configured them, the PDS if asked for; and the file that tells the programs about them. */
export async function startServices(settings: Settings, online: Set<string>, withPds: boolean): Promise<Ports> {
  const embedded = { mongo: !settings.get('MONGODB_URL'), redis: !settings.get('REDIS_URL') }
  refuseInProduction(settings)
  if (embedded.mongo && !online.has('mongo')) await bringMongo(dataDir('mongo'))
  if (embedded.redis && !online.has('redis')) await bringRedis()
  const ports = await choosePorts(online, settings.port)
  const wanted: Record<'mongo' | 'redis' | 'pds', boolean> = { ...embedded, pds: withPds }
  const missing = (['mongo', 'redis', 'pds'] as const).filter((name) => wanted[name] && !online.has(name))
  if (missing.includes('pds')) await rm(pdsFile, { force: true })
  if (missing.length > 0) await bringUp(missing, ports)
  const found = await findVariables(settings, withPds)
  const lines = Object.entries(found).map(([name, value]) => `${name}=${value}\n`)
  await writePrivateFile(servicesEnvFile, lines.join(''))
  return ports
}

/** What the programs are told of what runs beside them. */
export async function findVariables(settings: Settings, withPds: boolean): Promise<Env> {
  const serviceUrl = settings.get('BLUESKY_SERVICE_URL')
  return {
    ...(settings.get('MONGODB_URL') ? {} : { MONGODB_URL: mongoUrl(dataDir('mongo')) }),
    ...(settings.get('REDIS_URL') ? {} : { REDIS_URL: redisSocket(dataDir('redis')) }),
    ...(withPds ? await demoVariables(settings) : {}),
    // The demo has servers of its own, unless somebody wants to see what others do.
    ...(serviceUrl ? { BLUESKY_SERVICE_URL: serviceUrl } : {}),
  }
}

async function demoVariables(settings: Settings): Promise<Env> {
  const network = await readNetwork()
  if (!network) return {}
  // It takes packages that are not there where only what runs is installed.
  const { demoEnv, mailboxEnv } = await import('../demo/seed.ts')
  const mailbox = settings.get('MAIL_FROM') ? undefined : network.mailbox
  return { ...demoEnv(network), ...(mailbox ? mailboxEnv(mailbox) : {}) }
}

export async function bringUp(names: readonly ProgramName[], ports: Ports): Promise<void> {
  const ends = await logEnds(names)
  await withProgress(`Starting ${names.join(', ')}`, async (note) => {
    const programs = await Promise.all(names.map(async (name) => program(name, ports, await wantedCount(name))))
    await startPrograms([...programs, logTurner])
    await untilWell(({ name }) => (names as readonly string[]).includes(name), ends, note)
  })
}
