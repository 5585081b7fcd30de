// `service.sh backup` and `restore`: the database in a folder that mongorestore reads too, and back into an empty one.
import { existsSync } from 'node:fs'
import { chmod, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { mongo } from 'mongoose'
import { withoutCredentials } from '../../src/without-credentials.ts'
import { ServiceError } from '../errors.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { writePrivateFile } from '../private-file.ts'
import { APP_NAMES } from '../processes/programs.ts'
import { listProcesses } from '../processes/supervisor.ts'
import { run } from '../run.ts'
import { say, withProgress } from '../say.ts'
import { dumpDatabase, findDump, loadData, readIndexes, type Counts } from '../stores/dump.ts'
import { createIndexes } from '../stores/restored-indexes.ts'
import { readSettings, type Settings } from './settings.ts'
import { withStores } from './with-stores.ts'

const CONNECT_MS = 10_000
/** Without the first two a backup opens no more, without the third nobody's second factor does. */
const KEYS = ['SEALING_KEY', 'UNSEALING_KEYS', 'AUTH_SECRET']

const inWords = (counts: Counts) => `${counts.get('channels') ?? 0} channels of ${counts.get('user') ?? 0} users`

async function withDatabase<T>(url: string, work: (db: mongo.Db) => Promise<T>): Promise<T> {
  const client = new mongo.MongoClient(url, { serverSelectionTimeoutMS: CONNECT_MS })
  try {
    await client.connect().catch((error: Error) => {
      throw new ServiceError(`MongoDB at ${withoutCredentials(url)} does not answer: ${error.name}.`)
    })
    return await work(client.db())
  } finally {
    await client.close()
  }
}

/** @param keysFile where the keys go: whoever has them and the backup reads everything */
export async function backup({
  folder,
  keysFile,
}: {
  folder: string | undefined
  keysFile: string | undefined
}): Promise<void> {
  const settings = readSettings(await listProcesses())
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  const target = path.resolve(projectDir, folder ?? path.join(runtimeDir, 'backups', stamp))
  const keysTarget = keysFile === undefined ? undefined : path.resolve(projectDir, keysFile)
  for (const taken of [target, keysTarget].filter((one) => one !== undefined && existsSync(one)))
    throw new ServiceError(`${taken} is there already: name another place.`)
  if (keysTarget !== undefined && !path.relative(target, keysTarget).startsWith('..'))
    throw new ServiceError('The keys do not belong into the backup: name another place for them.')

  const part = `${target}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { recursive: true, mode: 0o700 })
  await chmod(part, 0o700)
  const counts = await withStores(settings, ({ mongoUrl }) =>
    withDatabase(mongoUrl, (db) =>
      withProgress(`Backing up ${withoutCredentials(mongoUrl)}`, (note) =>
        dumpDatabase(db, path.join(part, db.databaseName), note),
      ),
    ),
  )
  // Under its name it is whole.
  await rename(part, target)
  say(`${inWords(counts)}: ${target}`)
  if (keysTarget === undefined) {
    say(`Keep ${KEYS.join(', ')} too, in another place than the backup: without them nothing in it opens.`)
    return
  }
  await writePrivateFile(keysTarget, keyLines(settings))
  say(`The keys: ${keysTarget}. Keep them in another place than the backup: together they open everything.`)
}

function keyLines(settings: Settings): string {
  const lines = KEYS.map((name) => {
    const value = settings.get(name)
    if (value === undefined) throw new ServiceError(`${name} is not set here, so the keys cannot be kept.`)
    return `${name}=${value}\n`
  })
  return lines.join('')
}

/** @param replace what is in the database goes first */
export async function restore({ folder, replace }: { folder: string; replace: 'no' | 'asked' | 'yes' }): Promise<void> {
  const processes = await listProcesses()
  const apps = processes.filter(({ name, state }) => state === 'online' && APP_NAMES.some((app) => app === name))
  if (apps.length > 0) throw new ServiceError('The program is running. ./service.sh stop stops it.')
  const settings = readSettings()
  for (const name of ['SEALING_KEY', 'UNSEALING_KEYS'])
    if (!settings.get(name))
      throw new ServiceError(`${name} is not set: the keys that were kept with the backup belong into .env first.`)
  const dump = await findDump(path.resolve(projectDir, folder))
  await withStores(settings, async ({ mongoUrl, env }) => {
    await withDatabase(mongoUrl, async (db) => {
      await makeEmpty(db, mongoUrl, replace)
      const indexes = await readIndexes(dump)
      const counts = await withProgress(`Restoring into ${withoutCredentials(mongoUrl)}`, (note) =>
        loadData(db, dump, note),
      )
      await withProgress('Making its indexes', () => createIndexes(db, indexes))
      say(`${inWords(counts)} are there.`)
    })
    const { code } = await run(process.execPath, ['workers/after-restore.ts'], { cwd: projectDir, env, onLine: say })
    if (code !== 0) throw new ServiceError('The data are there, but the program must not start yet: see above.')
  })
  say(
    'Restored. ./service.sh start starts it; every channel is checked within a day (docs/backup.md says what to expect).',
  )
}

async function makeEmpty(db: mongo.Db, url: string, replace: 'no' | 'asked' | 'yes'): Promise<void> {
  const collections = await db.listCollections({ type: 'collection' }).toArray()
  const names = collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  const counts: Counts = new Map()
  for (const name of names) counts.set(name, await db.collection(name).countDocuments())
  const isEmpty = [...counts.values()].every((count) => count === 0)
  if (!isEmpty && replace !== 'yes') {
    const holds = `The database at ${withoutCredentials(url)} holds ${inWords(counts)}`
    throw new ServiceError(
      replace === 'no'
        ? `${holds}: a backup is restored into an empty one, such as that of an installation that was never started. --drop replaces what is there.`
        : `${holds}. All of it would be gone. If that is meant, say it a second time: --drop --yes`,
    )
  }
  for (const name of names) await db.dropCollection(name)
}
