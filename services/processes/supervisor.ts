// Talks to pm2, which keeps the processes of this checkout running; it runs as a program of its own.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { accepts } from './ports.ts'
import { commandLine, isAlive } from './process-table.ts'
import { ownVariables, secretVariables } from '../../src/environment.ts'
import { waitForEnd } from './child.ts'
import { ServiceError } from '../errors.ts'
import { makeSocketDir, projectDir, runtimeDir, servicesEnvFile, socketDirFor } from '../paths.ts'
import { makePrivate } from '../private-file.ts'
import { lastLines, run } from '../run.ts'

const PM2 = path.join(projectDir, 'node_modules/pm2/bin/pm2')
const CALL_MS = 120_000
const END_MS = 20_000

export const logsDir = path.join(runtimeDir, 'logs')

/** What shall run, in the words of pm2's configuration files. */
export type Program = {
  name: string
  args: string[]
  env?: Record<string, string>
  instances?: number
  /** How long it may take to stop before it is killed. */
  stopMs: number
  /** A variable that goes up by one from instance to instance. */
  countedVariable?: string
  /** Runs to its end at these times, as cron writes them, and is not kept running. */
  times?: string
}

export type Process = {
  id: number
  name: string
  /** pm2's word for it: online, stopped, errored, launching, stopping, waiting restart. */
  state: string
  pid: number
  startedAt: number
  restarts: number
  healthPort: number | undefined
  /** What the shell that started it had set, of the variables that matter here. */
  environment: Record<string, string>
}

const REMEMBERED = [
  'PORT',
  'BASE_URL',
  'NODE_ENV',
  'ADMIN_EMAIL',
  'MAIL_FROM',
  ...['MONGODB_URL', 'REDIS_URL', 'ADMIN_PASSWORD'].flatMap((name) => [name, `${name}_FILE`]),
]

/** Where it keeps its socket, its own log and the numbers of what it runs. */
export function supervisorDir(): string {
  return path.join(socketDirFor(projectDir), 'pm2')
}

/** Variables as nothing. What is set to nothing counts as not set, and takes the place of what the shell has set. */
export const hide = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '']))

async function pm2(args: string[], env: Record<string, string> = {}): Promise<string> {
  // The first call starts the supervisor itself, which hands on what it is told later, and needs no secret of its own.
  if (!(await supervisorRuns())) await call(['ping'], hide([...secretVariables, ...ownVariables.api]))
  return call(args, env)
}

async function call(args: string[], more: Record<string, string>): Promise<string> {
  await mkdir(path.join(makeSocketDir(projectDir), 'pm2'), { recursive: true, mode: 0o700 })
  const blank = Object.entries(process.env).filter(([, value]) => value?.trim() === '')
  const { code, output, stdout } = await run(process.execPath, [PM2, ...args], {
    cwd: projectDir,
    timeoutMs: CALL_MS,
    env: {
      // A variable that is set to nothing counts as not set, but would hide what the program is told by file.
      ...Object.fromEntries(blank.map(([name]) => [name, undefined])),
      HEALTH_PORT: undefined,
      WORKER_QUEUES: undefined,
      PM2_HOME: supervisorDir(),
      PM2_DISCRETE_MODE: 'true',
      PM2_DISABLE_VERSION_CHECK: 'true',
      PM2_CONCURRENT_ACTIONS: '16',
      ...more,
    },
  })
  if (code !== 0) throw new ServiceError(`The process supervisor (pm2 ${args[0]}) failed:\n${lastLines(output)}`)
  return stdout
}

/** Asked of its socket: the number in its file may belong to another program by now. */
export function supervisorRuns(): Promise<boolean> {
  return accepts(path.join(supervisorDir(), 'rpc.sock'))
}

/** All processes; none when the supervisor does not run. */
export async function listProcesses(): Promise<Process[]> {
  if (!(await supervisorRuns())) return []
  const json = (await pm2(['jlist'])).split('\n').findLast((line) => line.startsWith('['))
  type Listed = {
    name: string
    pid: number
    pm_id: number
    pm2_env: { status: string; pm_uptime: number; restart_time: number; exit_code?: number } & Record<
      string,
      string | number | undefined
    >
  }
  const listed = (JSON.parse(json ?? '[]') as Listed[]).filter(({ pm2_env: { cron_restart: times } }) => !times)
  return listed.map(({ name, pid, pm_id: id, pm2_env: env }) => ({
    id,
    name,
    pid,
    // pm2 calls it waiting, but it will not start that one again.
    state: env.status === 'waiting restart' && env.exit_code === CONFIG_ERROR ? 'stopped' : env.status,
    startedAt: env.pm_uptime,
    restarts: env.restart_time,
    healthPort: env['HEALTH_PORT'] === undefined ? undefined : Number(env['HEALTH_PORT']),
    environment: Object.fromEntries(
      REMEMBERED.flatMap((key) => (env[key] === undefined ? [] : [[key, String(env[key])]])),
    ),
  }))
}

export async function startPrograms(programs: Program[]): Promise<void> {
  await openLogs(programs.map(({ name }) => name))
  const file = path.join(runtimeDir, 'pm2.json')
  await writeFile(file, JSON.stringify({ apps: programs.map(describe) }, undefined, 2))
  await pm2(['start', file])
}

function describe({ name, args, env, instances, stopMs, countedVariable, times }: Program) {
  return {
    name,
    // Node is the program, not pm2's interpreter: pm2 would put a wrapper of its own around the script. It writes its log
    // itself: through pm2 the last words of an end would be lost, and all words when pm2 is killed.
    script: '/bin/sh',
    interpreter: 'none',
    exec_mode: 'fork',
    args: ['-c', 'exec "$@" >>"$0" 2>&1', logFile(name), process.execPath, ...args],
    cwd: projectDir,
    env: env ?? {},
    instances: instances ?? 1,
    ...(countedVariable === undefined ? {} : { increment_var: countedVariable }),
    out_file: logFile(name),
    error_file: logFile(name),
    merge_logs: true,
    // A mistake in the configuration is not mended by trying again.
    ...(times === undefined
      ? { autorestart: true, exp_backoff_restart_delay: 100, stop_exit_codes: [CONFIG_ERROR] }
      : { autorestart: false, cron_restart: times }),
    kill_timeout: stopMs,
    // Each program ends its own children, in its own order.
    treekill: false,
    vizion: false,
    pmx: false,
  }
}

const CONFIG_ERROR = 78

export function logFile(name: string): string {
  return path.join(logsDir, `${name}.log`)
}

/** The shell would make them for everybody to read. */
async function openLogs(names: string[]): Promise<void> {
  await mkdir(logsDir, { recursive: true })
  for (const name of names) await makePrivate(logFile(name))
}

/** With what the shell has set now, but for `hidden`. */
export async function restartProcess({ id, name }: Process, hidden: readonly string[]): Promise<void> {
  await openLogs([name])
  await pm2(['restart', String(id), '--update-env'], hide(hidden))
}

export async function stopPrograms(names: string[]): Promise<void> {
  await pm2(['stop', pattern(names)])
}

/** More processes of a name, like the ones that there are. @returns them */
export async function addProcesses(name: string, count: number): Promise<Process[]> {
  const before = new Set((await listProcesses()).map(({ id }) => id))
  await pm2(['scale', name, `+${count}`])
  return (await listProcesses()).filter((process) => process.name === name && !before.has(process.id))
}

/** Ends them all at once, and for good. */
export async function removeProcesses(processes: Process[]): Promise<void> {
  await Promise.all(processes.map(({ id }) => pm2(['delete', String(id)])))
}

// One call for several names: pm2 takes a list one by one, and a pattern all at once.
function pattern(names: string[]): string {
  return `/^(${names.join('|')})$/`
}

/** Ends the supervisor and whatever it still runs, and removes its folder. */
export async function endSupervisor(): Promise<void> {
  if (await supervisorRuns()) {
    const pid = Number(await readFile(path.join(supervisorDir(), 'pm2.pid'), 'utf8').catch(() => ''))
    await pm2(['kill'])
    if (!(await waitForEnd(pid, END_MS))) process.kill(pid, 'SIGKILL')
  }
  await endOrphans()
  await rm(socketDirFor(projectDir), { recursive: true, force: true })
}

/** Ends processes that a killed supervisor left running. */
export async function endOrphans(): Promise<number> {
  if (await supervisorRuns()) return 0
  const pids = await orphans()
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  for (const pid of pids) if (!(await waitForEnd(pid, END_MS))) process.kill(pid, 'SIGKILL')
  await rm(supervisorDir(), { recursive: true, force: true })
  return pids.length
}

/** Processes that run although their supervisor was killed. */
export async function orphans(): Promise<number[]> {
  if (await supervisorRuns()) return []
  const names = await readdir(path.join(supervisorDir(), 'pids')).catch(() => [])
  const pids = await Promise.all(
    names.map((name) => readFile(path.join(supervisorDir(), 'pids', name), 'utf8').catch(() => '')),
  )
  return pids.map(Number).filter((pid) => isAlive(pid) && isOurs(commandLine(pid)))
}

/** Whether that is a program of this checkout: the number in a file may belong to another program by now. */
export function isOurs(command: string): boolean {
  return command.includes(`=${servicesEnvFile} `) || command.includes(` ${projectDir}${path.sep}services${path.sep}`)
}
