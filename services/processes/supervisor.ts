// Talks to pm2, which keeps the processes of this checkout running; it runs as a program of its own.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isAlive } from './lock.ts'
import { ownVariables, secretVariables } from '../../src/environment.ts'
import { waitForEnd } from './child.ts'
import { ServiceError } from '../errors.ts'
import { makeSocketDir, projectDir, runtimeDir, socketDirFor } from '../paths.ts'
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

function home(): string {
  return path.join(socketDirFor(projectDir), 'pm2')
}

/** Variables as nothing. What is set to nothing counts as not set, and takes the place of what the shell has set. */
export const hide = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '']))

async function pm2(args: string[], env: Record<string, string> = {}): Promise<string> {
  // The first call starts the supervisor itself, which hands on what it is told later, and needs no secret of its own.
  if ((await supervisorPid()) === undefined) await call(['ping'], hide([...secretVariables, ...ownVariables.api]))
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
      PM2_HOME: home(),
      PM2_DISCRETE_MODE: 'true',
      PM2_DISABLE_VERSION_CHECK: 'true',
      PM2_CONCURRENT_ACTIONS: '16',
      ...more,
    },
  })
  if (code !== 0) throw new ServiceError(`The process supervisor (pm2 ${args[0]}) failed:\n${lastLines(output)}`)
  return stdout
}

async function supervisorPid(): Promise<number | undefined> {
  const text = await readFile(path.join(home(), 'pm2.pid'), 'utf8').catch(() => '')
  const pid = Number(text)
  return isAlive(pid) && existsSync(path.join(home(), 'rpc.sock')) ? pid : undefined
}

/** All processes; none when the supervisor does not run. */
export async function listProcesses(): Promise<Process[]> {
  if ((await supervisorPid()) === undefined) return []
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
  return (JSON.parse(json ?? '[]') as Listed[]).map(({ name, pid, pm_id: id, pm2_env: env }) => ({
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

function describe({ name, args, env, instances, stopMs, countedVariable }: Program) {
  return {
    name,
    // Node is the program, not pm2's interpreter: pm2 would put a wrapper of its own around the script.
    script: process.execPath,
    interpreter: 'none',
    exec_mode: 'fork',
    args,
    cwd: projectDir,
    env: env ?? {},
    instances: instances ?? 1,
    ...(countedVariable === undefined ? {} : { increment_var: countedVariable }),
    out_file: logFile(name),
    error_file: logFile(name),
    merge_logs: true,
    autorestart: true,
    exp_backoff_restart_delay: 100,
    // A mistake in the configuration is not mended by trying again.
    stop_exit_codes: [CONFIG_ERROR],
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

/** The supervisor, which writes them, would make them for everybody to read. */
async function openLogs(names: string[]): Promise<void> {
  await mkdir(logsDir, { recursive: true })
  for (const name of names) await makePrivate(logFile(name))
}

/** With what the shell has set now, but for `hidden`. */
export async function restartPrograms(names: string[], hidden: readonly string[]): Promise<void> {
  await openLogs(names)
  await pm2(['restart', pattern(names), '--update-env'], hide(hidden))
}

export async function stopPrograms(names: string[]): Promise<void> {
  await pm2(['stop', pattern(names)])
}

export async function scaleProgram(name: string, count: number): Promise<void> {
  await pm2(['scale', name, String(count)])
}

// One call for several names: pm2 takes a list one by one, and a pattern all at once.
function pattern(names: string[]): string {
  return `/^(${names.join('|')})$/`
}

/** Ends the supervisor and whatever it still runs, and removes its folder. */
export async function endSupervisor(): Promise<void> {
  const pid = await supervisorPid()
  if (pid !== undefined) {
    await pm2(['kill'])
    if (!(await waitForEnd(pid, END_MS))) process.kill(pid, 'SIGKILL')
  }
  await endOrphans()
  await rm(socketDirFor(projectDir), { recursive: true, force: true })
}

/** Ends processes that a killed supervisor left running. */
export async function endOrphans(): Promise<number> {
  if ((await supervisorPid()) !== undefined) return 0
  const pids = await orphans()
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  for (const pid of pids) if (!(await waitForEnd(pid, END_MS))) process.kill(pid, 'SIGKILL')
  await rm(home(), { recursive: true, force: true })
  return pids.length
}

/** Processes that run although their supervisor was killed. */
export async function orphans(): Promise<number[]> {
  if ((await supervisorPid()) !== undefined) return []
  const pids: number[] = []
  for (const name of await readdir(path.join(home(), 'pids')).catch(() => [])) {
    const pid = Number(await readFile(path.join(home(), 'pids', name), 'utf8').catch(() => ''))
    if (isAlive(pid) && (await isOurs(pid))) pids.push(pid)
  }
  return pids
}

// The number in a file may belong to another program by now.
async function isOurs(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-p', String(pid), '-o', 'args='])
  return /\b(src|workers)\/main\.ts|\bservices\/(stores|demo)\/run-/.test(stdout)
}
