// The programs that make up the product on one machine: how each is started, and how its health is asked for.
import path from 'node:path'
import { ownVariables, secretVariables } from '../../src/environment.ts'
import { sharesPorts } from '../../src/listen.ts'
import { projectDir, runtimeDir, servicesEnvFile } from '../paths.ts'
import { hide, type Program } from './supervisor.ts'

/** The PDS draws the time that a refused sign-in waits, and does not mind when it comes out below zero. */
export const runPdsArgs = [
  '--disable-warning=TimeoutNegativeWarning',
  path.join(projectDir, 'services/demo/run-pds.ts'),
]
export const pdsFile = path.join(runtimeDir, 'pds.json')

export function dataDir(name: 'mongo' | 'redis' | 'pds'): string {
  return path.join(runtimeDir, 'data', name)
}

export const APP_NAMES = ['api', 'connect', 'verify', 'check'] as const
export type AppName = (typeof APP_NAMES)[number]
const SERVICE_NAMES = ['mongo', 'redis', 'pds'] as const
export const PROGRAM_NAMES = [...SERVICE_NAMES, ...APP_NAMES] as const

export type ProgramName = (typeof PROGRAM_NAMES)[number]

/** `public` is where people reach the API; the others are the first of a row of health addresses, one for each instance. */
export type Ports = { public: number; api: number; connect: number; verify: number; check: number }

export const MOST_INSTANCES = 32

/** How many of each a start brings, unless `scale` said otherwise. */
export function usualCount(name: ProgramName, platform = process.platform): number {
  return name === 'api' && sharesPorts(platform) ? 2 : 1
}

/** What the processes of each kind of worker take on. Mails are too few for a process of their own. */
export const workerQueues = { connect: 'connect', verify: 'verify,mail', check: 'check' }

// The programs themselves take up to 15 seconds.
const APP_STOP_MS = 17_000
const SERVICE_STOP_MS = 30_000

/** Variables that the program does not get, also when the shell has set them. */
export function hiddenFrom(name: ProgramName): readonly string[] {
  switch (name) {
    case 'api':
      return ownVariables.worker
    case 'connect':
    case 'verify':
    case 'check':
      return ownVariables.api
    default:
      return secretVariables
  }
}

export function program(name: ProgramName, ports: Ports, instances = 1): Program {
  const nodeArgs = [`--env-file-if-exists=${servicesEnvFile}`]
  const app = (script: string, port: number, env: Record<string, string> = {}): Program => ({
    name,
    args: [...nodeArgs, script],
    env: { ...hide(hiddenFrom(name)), ...env, HEALTH_PORT: String(port) },
    countedVariable: 'HEALTH_PORT',
    instances,
    stopMs: APP_STOP_MS,
  })
  const worker = (kind: keyof typeof workerQueues) =>
    app('workers/main.ts', ports[kind], { WORKER_QUEUES: workerQueues[kind] })
  const service = (args: string[], env: Record<string, string> = {}): Program => ({
    name,
    args,
    env: { ...hide(hiddenFrom(name)), ...env, EXIT_WITH_PARENT: '1' },
    stopMs: SERVICE_STOP_MS,
  })
  switch (name) {
    case 'api':
      return app('src/main.ts', ports.api)
    case 'connect':
    case 'verify':
    case 'check':
      return worker(name)
    case 'mongo':
      return service([path.join(projectDir, 'services/stores/run-mongo.ts')])
    case 'redis':
      return service([path.join(projectDir, 'services/stores/run-redis.ts')])
    case 'pds':
      return service(runPdsArgs, {
        DATA_DIR: dataDir('pds'),
        RUNTIME_FILE: pdsFile,
      })
  }
}

/** Turns over logs that have grown long; nobody has to look whether it runs. */
export const logTurner: Program = {
  name: 'log-turner',
  args: [path.join(projectDir, 'services/processes/run-turn-logs.ts')],
  env: hide(secretVariables),
  stopMs: APP_STOP_MS,
  times: '*/5 * * * *',
}
