// The programs that make up the product on one machine: how each is started, and how its health is asked for.
import path from 'node:path'
import { ownVariables, secretVariables } from '../../src/environment.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { hide, type Program } from './supervisor.ts'

/** What services found out, told to the API and the workers beneath the real environment and above `.env`. */
export const servicesEnvFile = path.join(runtimeDir, 'services.env')
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
const SERVICE_NAMES = ['mongo', 'redis', 'pds'] as const
export const PROGRAM_NAMES = [...SERVICE_NAMES, ...APP_NAMES] as const

export type ProgramName = (typeof PROGRAM_NAMES)[number]

/** `public` is where people reach the API; the others are the first of a row of health addresses, one for each instance. */
export type Ports = { public: number; api: number; connect: number; verify: number; check: number }

export const MOST_INSTANCES = 32

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

export function program(name: ProgramName, ports: Ports): Program {
  const nodeArgs = [`--env-file-if-exists=${servicesEnvFile}`]
  const app = (script: string, port: number, env: Record<string, string> = {}): Program => ({
    name,
    args: [...nodeArgs, script],
    env: { ...hide(hiddenFrom(name)), ...env, HEALTH_PORT: String(port) },
    countedVariable: 'HEALTH_PORT',
    stopMs: APP_STOP_MS,
  })
  const worker = (queues: string, port: number) => app('workers/main.ts', port, { WORKER_QUEUES: queues })
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
      return worker('connect', ports.connect)
    case 'verify':
      // Mails are too few for a process of their own.
      return worker('verify,mail', ports.verify)
    case 'check':
      return worker('check', ports.check)
    case 'mongo':
      return service(['services/stores/run-mongo.ts'])
    case 'redis':
      return service(['services/stores/run-redis.ts'])
    case 'pds':
      return service(runPdsArgs, {
        DATA_DIR: dataDir('pds'),
        RUNTIME_FILE: pdsFile,
      })
  }
}
