// Dumps a database into a folder as mongodump does (`<collection>.bson.gz` and `.metadata.json.gz`), and loads what either wrote.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib'
import { mongo } from 'mongoose'
import { ServiceError } from '../errors.ts'
import { writePrivateFile } from '../private-file.ts'

const { BSON } = mongo

/**
 * What names another document comes before it: a user or channel that goes while the dump runs is missing, as if it had gone
 * before, and one that comes is not in it. Channels without their user would count as those of somebody who is gone.
 */
const FIRST = ['attempts', 'channels', 'user', 'account']
const BATCH_BYTES = 8_000_000
const BATCH_DOCUMENTS = 1_000
const MOST_DOCUMENT_BYTES = 17_000_000

export type Counts = Map<string, number>

/** Reads each collection from its newest document to its oldest, so that none that is added meanwhile stands beside an older state of others. */
export async function dumpDatabase(db: mongo.Db, folder: string, note: (text: string) => void): Promise<Counts> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const all = await db.listCollections({ type: 'collection' }).toArray()
  const names = all.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  const counts: Counts = new Map()
  for (const name of names) {
    const collection = db.collection(name)
    const indexes = await collection.indexes()
    const metadata = BSON.EJSON.stringify(
      { indexes, collectionName: name, type: 'collection', options: {} },
      { relaxed: false },
    )
    await writePrivateFile(path.join(folder, `${name}.metadata.json.gz`), gzipSync(metadata))
    let count = 0
    const counted = new Transform({
      objectMode: true,
      transform(document, _, done) {
        count++
        if (count % 1_000 === 0) note(`${name}: ${count}`)
        done(null, document)
      },
    })
    const documents = collection.find({}, { raw: true }).sort({ _id: -1 }).hint({ _id: 1 })
    const file = createWriteStream(path.join(folder, `${name}.bson.gz`), { mode: 0o600 })
    await pipeline(Readable.from(documents), counted, createGzip(), file)
    counts.set(name, count)
  }
  return counts
}

/** The folder itself, or the only one in it that holds a dump: mongodump makes one for each database. */
export async function findDump(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new ServiceError(`${folder} cannot be read.`)
  })
  if (entries.some(({ name }) => isData(name))) return folder
  const found: string[] = []
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const inner = path.join(folder, entry.name)
    if ((await readdir(inner)).some(isData)) found.push(inner)
  }
  const [only] = found
  if (only && found.length === 1) return only
  throw new ServiceError(
    only
      ? `${folder} holds dumps of several databases: name the folder of one.`
      : `${folder} holds no dump: files such as channels.bson.gz are missing.`,
  )
}

const isData = (name: string) => /\.bson(\.gz)?$/.test(name)

export async function loadData(db: mongo.Db, dump: string, note: (text: string) => void): Promise<Counts> {
  const counts: Counts = new Map()
  for (const file of (await readdir(dump)).filter(isData)) {
    const name = file.replace(/\.bson(\.gz)?$/, '')
    if (name.startsWith('system.')) continue
    let count = 0
    for await (const batch of batches(readDocuments(path.join(dump, file)))) {
      await db.collection(name).insertMany(batch, { ordered: false })
      count += batch.length
      note(`${name}: ${count}`)
    }
    counts.set(name, count)
  }
  return counts
}

/** @returns by collection the indexes that the dump names, but for the one on _id that every collection has */
export async function readIndexes(dump: string): Promise<[collection: string, mongo.IndexDescription[]][]> {
  const files = (await readdir(dump)).filter((file) => /\.metadata\.json(\.gz)?$/.test(file))
  const read = files.map(async (file): Promise<[string, mongo.IndexDescription[]]> => {
    const bytes = await readFile(path.join(dump, file))
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
    const { indexes } = BSON.EJSON.parse(text) as { indexes: mongo.IndexDescription[] }
    return [file.replace(/\.metadata\.json(\.gz)?$/, ''), indexes.filter(({ name }) => name !== '_id_')]
  })
  return (await Promise.all(read)).filter(([, indexes]) => indexes.length > 0)
}

async function* readDocuments(file: string): AsyncGenerator<Buffer> {
  const damaged = new ServiceError(`${file} is damaged: take another backup.`)
  const source = createReadStream(file)
  const bytes: AsyncIterable<Buffer> = file.endsWith('.gz') ? source.pipe(createGunzip()) : source
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of bytes) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = 0
      while (rest.length - at >= 4) {
        const size = rest.readInt32LE(at)
        if (size < 5 || size > MOST_DOCUMENT_BYTES) throw damaged
        if (rest.length - at < size) break
        yield rest.subarray(at, at + size)
        at += size
      }
      rest = rest.subarray(at)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw damaged
    throw error
  }
  if (rest.length > 0) throw damaged
}

/** Each number stays of the type that it was. */
const exactly = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true }

async function* batches(documents: AsyncIterable<Buffer>): AsyncGenerator<mongo.BSON.Document[]> {
  let batch: mongo.BSON.Document[] = []
  let bytes = 0
  for await (const document of documents) {
    batch.push(BSON.deserialize(document, exactly))
    bytes += document.length
    if (bytes < BATCH_BYTES && batch.length < BATCH_DOCUMENTS) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}
