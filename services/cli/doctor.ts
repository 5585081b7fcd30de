// `service.sh doctor`: what the program's own doctor says, and what only this machine knows of: disk, port, processes, .env.
import { existsSync } from 'node:fs'
import { readFile, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, readApiConfig, variables } from '../../src/config.ts'
import { secretVariables } from '../../src/environment.ts'
import {
  examinationLines,
  failed,
  healthOfAll,
  ok,
  warning,
  type Examination,
  type Verdict,
} from '../../src/examination.ts'
import { commit, version } from '../../src/version.ts'
import { projectDir, runtimeDir, servicesEnvFile } from '../paths.ts'
import { portProblem } from '../processes/ports.ts'
import { APP_NAMES } from '../processes/programs.ts'
import { listProcesses, type Process } from '../processes/supervisor.ts'
import { lastLines, run } from '../run.ts'
import { say } from '../say.ts'
import { healthOf } from './health.ts'

const PROGRAM_MS = 30_000
const LITTLE_BYTES = 500e6
const LOW_BYTES = 2e9

/** @returns the exit code */
export async function doctor({ json }: { json: boolean }): Promise<number> {
  const processes = await listProcesses()
  const all = (await Promise.all([examineProgram(processes), examineMachine(processes)])).flat()
  const health = healthOfAll(all)
  if (json) say(JSON.stringify({ version, commit, at: new Date(), health, examinations: all }))
  else say(`bluesky-connect ${version} (${commit})\n\n${examinationLines(all)}`)
  return health === 'failed' ? 1 : 0
}

/** As a worker that runs here is started: with what `.env`, the shell and services say. */
async function examineProgram(processes: Process[]): Promise<Examination[]> {
  const remembered = processes.find(({ name }) => name === 'api')?.environment ?? {}
  // What is set to nothing here would hide what is told by file.
  const own = Object.entries(process.env).map(([name, value]) => [name, value?.trim() ? value : remembered[name]])
  const args = [`--env-file-if-exists=${servicesEnvFile}`, 'workers/doctor.ts', '--json']
  const { code, output, stdout } = await run(process.execPath, args, {
    cwd: projectDir,
    timeoutMs: PROGRAM_MS,
    env: { ...remembered, ...Object.fromEntries(own) },
  })
  try {
    return (JSON.parse(stdout) as { examinations: Examination[] }).examinations
  } catch {
    const todo = `node workers/doctor.ts says more. Its last words: ${lastLines(output, 3).trim()}`
    return [{ id: 'program', title: 'Program', ...failed(`the doctor itself broke off (exit code ${code})`, todo) }]
  }
}

async function examineMachine(processes: Process[]): Promise<Examination[]> {
  const file = path.join(projectDir, '.env')
  const env = existsSync(file) ? await readFile(file, 'utf8') : null
  const values = {
    ...(env === null ? {} : parseEnv(env)),
    ...(existsSync(servicesEnvFile) ? parseEnv(await readFile(servicesEnvFile, 'utf8')) : {}),
  }
  const looks: [id: string, title: string, look: () => Promise<Verdict>][] = [
    ['api_configuration', 'API configuration', async () => examineApi({ ...values, ...process.env })],
    ['env_file', '.env', async () => (env === null ? noEnvFile() : examineEnvFile(env, (await stat(file)).mode))],
    ['processes', 'Processes', () => examineProcesses(processes)],
    ['port', 'Port', () => examinePort(processes, Number(process.env['PORT'] || values['PORT'] || 3000))],
    ['disk', 'Disk', examineDisk],
  ]
  return Promise.all(
    looks.map(async ([id, title, look]) => {
      const verdict = await look().catch((error: Error) => failed(error.message, 'Look at what this says.'))
      return { id, title, ...verdict }
    }),
  )
}

function examineApi(env: Record<string, string | undefined>): Verdict {
  try {
    readApiConfig(env)
    return ok('it can be read')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [, ...mistakes] = error.message.split('\n').map((line) => line.trim())
    return failed(mistakes.join('; '), 'Correct this in .env, then ./service.sh restart api.')
  }
}

const noEnvFile = () =>
  warning('there is none', './service.sh start makes it, with new secrets; a copy of yours is better.')

/** Of Docker Compose, which reads the same file, and of the parts that the program is made of. */
const OF_OTHERS =
  /^(PUBLISH_ADDRESS|\w+_IMAGE|\w+_(MEMORY|CPUS|PIDS)|COMPOSE_\w+|OTEL_\w+|NODE_\w+|NO_PROXY|\w+_PROXY|COMMIT|BLUESKY_CONNECT_CACHE)$/i

export function examineEnvFile(text: string, mode: number): Verdict {
  const known = new Set([...Object.keys(variables), ...secretVariables.map((name) => `${name}_FILE`)])
  const names = text.split('\n').flatMap((line) => /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? [])
  const unknown = [...new Set(names)].filter((name) => !known.has(name) && !OF_OTHERS.test(name))
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
  const mistakes = [
    ...(mode & 0o077 ? ['other users of this machine can read it'] : []),
    ...(unknown.length > 0 ? [`nothing reads ${unknown.join(', ')}`] : []),
    ...(twice.length > 0 ? [`${twice.join(', ')} is there twice`] : []),
  ]
  if (mistakes.length === 0) return ok(`${names.length} variables, for you alone to read`)
  return warning(
    mistakes.join('; '),
    'chmod 600 .env where others can read it; .env.example has every name, and of two lines the last one counts.',
  )
}

async function examineProcesses(processes: Process[]): Promise<Verdict> {
  if (processes.length === 0) return warning('nothing is running here', './service.sh start starts it.')
  const states = await Promise.all(processes.map(async (one) => ({ name: one.name, health: await healthOf(one) })))
  const unwell = states.filter(({ health }) => health !== 'ok').map(({ name, health }) => `${name}: ${health}`)
  const missing = APP_NAMES.filter((name) => !processes.some((one) => one.name === name))
  const wrong = [...unwell, ...missing.map((name) => `${name}: not started`)]
  if (wrong.length === 0) return ok(`${processes.length} run and are well`)
  return failed(wrong.join(', '), './service.sh logs NAME says why; ./service.sh start starts what is missing.')
}

async function examinePort(processes: Process[], port: number): Promise<Verdict> {
  if (processes.some(({ name, state }) => name === 'api' && state === 'online')) return ok(`${port} is the API's`)
  switch (await portProblem(port)) {
    case undefined:
      return ok(`${port} is free`)
    case 'EACCES':
      return failed(`${port} is not for this user`, 'Ports below 1024 need privileges: set another PORT in .env.')
    default:
      return failed(`${port} is in use by another program`, 'End that one, or set another PORT in .env.')
  }
}

async function examineDisk(): Promise<Verdict> {
  const { bavail, blocks, bsize } = await statfs(existsSync(runtimeDir) ? runtimeDir : projectDir)
  const free = bavail * bsize
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
  const found = `${gigabytes(free)} of ${gigabytes(blocks * bsize)} free for logs and the embedded stores`
  const todo = 'Make room: du -sh .runtime/* says what is big there. With a full disk the stores take no writes.'
  if (free < LITTLE_BYTES) return failed(found, todo)
  return free < LOW_BYTES ? warning(found, todo) : ok(found)
}
