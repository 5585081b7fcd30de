// MongoDB: does it answer and take writes, is it new enough, are the indexes there, has it room.
import { failed, ok, warning, type Verdict } from '../../src/examination.ts'
import type { Db } from '../../src/db/open.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'
import type { Patient, Plan } from './examine.ts'
import { mongoVerdict } from './stores.ts'

/** For $dateTrunc, which the administrators' charts are made with. */
const OLDEST = 5
const FULL_SHARE = 0.9
const QUERY_MS = 5_000

export function examineMongo({ mongo, config }: Patient): Plan[] {
  const at = withoutCredentials(config.mongo.url)
  const plan = (id: string, title: string, look: (db: Db) => Promise<Verdict>): Plan => ({
    id,
    title,
    async look() {
      const opened = await mongo
      if ('why' in opened) return opened.why
      return look(opened.db).catch((error: Error) => mongoVerdict(error, at))
    },
  })
  return [
    plan('mongodb', 'MongoDB', (db) => examineServer(db, at)),
    plan('mongodb_write', 'MongoDB writes', examineWrites),
    plan('mongodb_indexes', 'MongoDB indexes', examineIndexes),
    plan('mongodb_migrations', 'MongoDB migrations', examineMigrations),
    plan('mongodb_disk', 'MongoDB disk', examineDisk),
  ]
}

const command = async (db: Db, what: Record<string, unknown>) =>
  ((await db.connection.db?.command(what)) ?? {}) as Record<string, unknown>

async function examineServer(db: Db, at: string): Promise<Verdict> {
  const { version } = await command(db, { buildInfo: 1 })
  const startedAt = performance.now()
  const { setName, isWritablePrimary } = await command(db, { hello: 1 })
  const tookMs = Math.round(performance.now() - startedAt)
  const kind = typeof setName === 'string' ? `replica set ${setName}` : 'standalone'
  const found = `${String(version)} at ${at}, ${kind}, answers in ${tookMs} ms`
  if (Number.parseInt(String(version), 10) < OLDEST) return failed(found, `Use MongoDB ${OLDEST}.0 or newer.`)
  if (isWritablePrimary === false) {
    return failed(`${found}, and is not the primary`, 'Name every member of the set in MONGODB_URL, with replicaSet=.')
  }
  return ok(found)
}

/** Under one id, so that a doctor who is killed leaves one document at most. */
const PROBE = 'doctor'

async function examineWrites({ options }: Db): Promise<Verdict> {
  const startedAt = performance.now()
  await options.updateOne({ _id: PROBE }, { $set: { value: '' } }, { upsert: true, maxTimeMS: QUERY_MS })
  await options.deleteOne({ _id: PROBE })
  return ok(`written and removed in ${Math.round(performance.now() - startedAt)} ms`)
}

async function examineIndexes({ connection }: Db): Promise<Verdict> {
  const there = new Set((await connection.listCollections()).map(({ name }) => name))
  if (there.size === 0) return warning('there are no collections yet', 'Start the API or a worker: it makes them.')
  const models = connection.modelNames().map((name) => connection.model(name))
  const missing = await Promise.all(
    models.map(async (model) => {
      const { name } = model.collection
      if (!there.has(name)) return model.schema.indexes().length > 0 ? [`all of ${name}`] : []
      const { toCreate } = (await model.diffIndexes()) as { toCreate: Record<string, unknown>[] }
      return toCreate.map((key) => `${name} (${Object.keys(key).join(', ')})`)
    }),
  )
  const all = missing.flat()
  if (all.length === 0) return ok('all are there')
  return failed(
    `missing: ${all.join('; ')}`,
    'Restart the API or a worker, which makes them, and look in its log for why it could not.',
  )
}

async function examineMigrations({ connection }: Db): Promise<Verdict> {
  const all = await connection
    .collection<{ _id: number | string; at?: Date }>('migrations')
    .find({}, { maxTimeMS: QUERY_MS })
    .toArray()
  if (all.some(({ _id }) => _id === 'lock')) {
    return warning(
      'a process is migrating the database',
      'Wait: the other processes do. See docs/upgrade.md if it takes long.',
    )
  }
  const numbers = all.map(({ _id }) => _id).filter((id) => typeof id === 'number')
  return ok(numbers.length > 0 ? `done up to ${Math.max(...numbers)}` : 'none was needed yet')
}

async function examineDisk(db: Db): Promise<Verdict> {
  const { dataSize, fsUsedSize, fsTotalSize } = await command(db, { dbStats: 1, maxTimeMS: QUERY_MS })
  const data = `${gigabytes(Number(dataSize))} of data`
  const [used, total] = [Number(fsUsedSize), Number(fsTotalSize)]
  if (!(total > 0)) return ok(`${data}; the server does not say what its disk has left`)
  const found = `${data}, ${gigabytes(total - used)} of ${gigabytes(total)} free on its disk`
  if (used / total < FULL_SHARE) return ok(found)
  return warning(found, 'Give MongoDB more room: with a full disk it takes no writes, and nobody can connect.')
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 0)} GB`
