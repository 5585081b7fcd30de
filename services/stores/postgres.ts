// Runs PostgreSQL with DocumentDB on a private unix socket.
import { chown, lstat, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { commandLine, processesWith } from '../processes/process-table.ts'
import { type Child, startChild, untilReady, waitForEnd } from '../processes/child.ts'
import { bringDatabases, POSTGRES_MAJOR, postgresBin } from '../bring/databases.ts'
import { ServiceError } from '../errors.ts'
import { lastLines, mustRun, run } from '../run.ts'

const READY_MS = 60_000
const OLD_ONE_ENDS_MS = 12_000
/** After the end of the process that it belongs to. */
const PART_ENDS_MS = 1_000
const NOBODY = 65_534
const HOW_TO_MOVE =
  'Make a backup with the version of this program that made them, move the folder away, and restore it here (docs/backup.md).'
/** Indexes that are read in their order, where the others have to sort all that matches. */
const ORDERED_INDEXES = 'documentdb_extended_rum'

/** @param socketDir inside of a folder that nobody else can enter */
export type PostgresOptions = { dataDir: string; socketDir: string; durable: boolean; log: (line: string) => void }

export type StartedPostgres = { socketDir: string; child: Child; stop(): Promise<void> }

export async function startPostgres({ dataDir, socketDir, durable, log }: PostgresOptions): Promise<StartedPostgres> {
  const bin = postgresBin(await bringDatabases())
  await endOldOne(dataDir, log)
  if (existsSync(dataDir)) await refuseOtherMajor(dataDir)
  else await makeCluster(bin, dataDir)
  // What a killed one left in there names a process number that may belong to somebody else by now.
  await rm(socketDir, { recursive: true, force: true })
  await mkdir(socketDir, { mode: 0o700 })
  await give(dataDir, socketDir)
  const ordered = existsSync(path.join(bin, '../lib', `pg_${ORDERED_INDEXES}.so`))
  const settings = Object.entries(settingsFor(socketDir, durable, ordered)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const [command, args] = asServerUser([path.join(bin, 'postgres'), '-D', dataDir, ...settings])
  const child = startChild(command, args, {
    name: 'postgres',
    log,
    env: { LC_ALL: 'C.UTF-8' },
    scratchDir: socketDir,
  })
  // Answers "yes" from the first moment on which the extensions can be used, and makes them at the first start.
  const extensions = ['documentdb', ...(ordered ? [ORDERED_INDEXES] : [])]
  const psql = (statements: string[]) => {
    const commands = statements.flatMap((statement) => ['-c', statement])
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', socketDir, '-U', 'postgres', ...commands, 'postgres']
    return run(path.join(bin, 'psql'), args, { env: { PGOPTIONS: '-c client_min_messages=error' } })
  }
  const answers = async () => {
    if (!existsSync(path.join(socketDir, '.s.PGSQL.5432'))) return false
    return (await psql(extensions.map((name) => `CREATE EXTENSION IF NOT EXISTS ${name} CASCADE`))).code === 0
  }
  await untilReady(child, 'PostgreSQL', READY_MS, answers)
  // Data remember the version of the extensions that made them, and nothing happens where it is the one that is here.
  const updated = await psql(['documentdb_core', ...extensions].map((name) => `ALTER EXTENSION ${name} UPDATE`))
  if (updated.code !== 0) {
    await child.stop()
    throw new ServiceError(
      `The data in ${dataDir} are not those of the DocumentDB that is here, and cannot be brought up to it:\n` +
        `${lastLines(updated.output)}\n${HOW_TO_MOVE}`,
    )
  }
  return {
    socketDir,
    child,
    async stop() {
      await child.stop()
      await rm(socketDir, { recursive: true, force: true })
    },
  }
}

function settingsFor(socketDir: string, durable: boolean, ordered: boolean): Record<string, string> {
  return {
    // No port: other users of the machine could become the database's superuser through it.
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    'documentdb.localhost_connection_string': `host=${socketDir} user=postgres`,
    shared_preload_libraries: `pg_cron,pg_documentdb_core,pg_documentdb${ordered ? `,pg_${ORDERED_INDEXES}` : ''}`,
    // For indexes that are made from now on; those of older data go on as they are.
    ...(ordered ? { 'documentdb.alternate_index_handler_name': 'extended_rum' } : {}),
    'cron.database_name': 'postgres',
    'cron.use_background_workers': 'on',
    'cron.log_run': 'off',
    'cron.log_statement': 'off',
    max_connections: '200',
    max_worker_processes: '24',
    jit: 'off',
    timezone: 'GMT',
    log_timezone: 'GMT',
    log_checkpoints: 'off',
    // Statements hold documents, and documents are nobody's business in a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_min_messages: 'log',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
}

/** PostgreSQL itself says so too, but not what to do. */
export async function refuseOtherMajor(dataDir: string): Promise<void> {
  const made = (await readFile(path.join(dataDir, 'PG_VERSION'), 'utf8').catch(() => POSTGRES_MAJOR)).trim()
  if (made === POSTGRES_MAJOR) return
  throw new ServiceError(
    `The data in ${dataDir} were made by PostgreSQL ${made}, and PostgreSQL ${POSTGRES_MAJOR} is here. ${HOW_TO_MOVE}`,
  )
}

async function makeCluster(bin: string, dataDir: string): Promise<void> {
  const partial = `${dataDir}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  await give(partial)
  const options = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres', '--no-instructions']
  const [command, args] = asServerUser([path.join(bin, 'initdb'), '-D', partial, ...options])
  await mustRun('Making the database folder', command, args, { env: { LC_ALL: 'C.UTF-8' } })
  await rename(partial, dataDir)
}

/**
 * PostgreSQL refuses to run as root. Then it runs as nobody, who may still enter folders that are closed to others:
 * the checkout and the cache may well lie below root's home.
 */
function asServerUser(command: string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command[0] as string, command.slice(1)]
  const user = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
  // The last one makes access(2), which PostgreSQL asks, tell what the process really may do.
  const rights = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override', '--securebits', '+no_setuid_fixup']
  return ['setpriv', [...user, ...rights, ...command]]
}

// Also after a change of user, for instance from root to another one and back.
async function give(...dirs: string[]): Promise<void> {
  if (process.getuid?.() !== 0) return
  for (const dir of dirs) {
    if ((await lstat(dir)).uid === NOBODY) continue
    const inside = await readdir(dir, { recursive: true })
    for (const file of ['.', ...inside]) await chown(path.join(dir, file), NOBODY, NOBODY)
  }
}

// One whose caller was killed is on its way out, or was orphaned altogether.
async function endOldOne(dataDir: string, log: (line: string) => void): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid')
  const pid = existsSync(pidFile) ? Number((await readFile(pidFile, 'utf8')).split('\n')[0]) : 0
  const words = ` -D ${dataDir} `
  if (commandLine(pid).includes(words)) {
    log(`waiting for the PostgreSQL of an earlier run (process ${pid}) to end`)
    if (!(await waitForEnd(pid, OLD_ONE_ENDS_MS))) process.kill(pid, 'SIGINT')
    if (!(await waitForEnd(pid, OLD_ONE_ENDS_MS))) {
      throw new ServiceError(`Another PostgreSQL (process ${pid}) uses ${dataDir} and does not end.`)
    }
  }
  // A part that outlives a killed one, as pg_cron's can, holds its memory, and none is started beside that.
  for (const part of processesWith(words)) {
    if (await waitForEnd(part, PART_ENDS_MS)) continue
    log(`ending what is left of the PostgreSQL of an earlier run (process ${part})`)
    process.kill(part, 'SIGKILL')
    await waitForEnd(part, OLD_ONE_ENDS_MS)
  }
  // After a crash of the machine the number may belong to another program, and PostgreSQL would believe that it is itself.
  await rm(pidFile, { force: true })
}
