// A backup taken under load and restored into an empty place: every channel opens and is still connected, nothing is sent twice.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { mongo } from 'mongoose'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { dumpDatabase, loadData } from '../../services/stores/dump.ts'
import { createIndexes } from '../../services/stores/restored-indexes.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { GATHER_MS, tellOnce } from '../../workers/notices.ts'
import { newKeys } from '../helpers/keys.ts'
import { mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { createAccount, createAppPassword, revokeAppPasswords } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const root = resolve(import.meta.dirname, '../..')
const PARTS = ['src', 'workers', 'services', 'package.json', 'package-lock.json', '.env.example']
const pds = inject('pds')
const stores = inject('stores')
const newName = () => `t${randomBytes(6).toString('hex')}`
const urlOf = (name: string) => stores.mongoUrl.replace(/\/[^/]*$/, `/${name}`)

/** A checkout of its own, so that a `.env` or a running program of this one play no part. */
let checkout: string
let mails: MailServer
let system: System
const clients: mongo.MongoClient[] = []

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'backup-'))
  for (const part of PARTS) await cp(join(root, part), join(checkout, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
  mails = await startMailServer()
  system = await createSystem({ env: mailEnv(mails) })
}, 110_000)
afterAll(async () => {
  await system.stop()
  await mails.close()
  for (const client of clients) {
    await client.db().dropDatabase()
    await client.close()
  }
  await rm(checkout, { recursive: true, force: true })
})

const open = async (name: string) => {
  const client = new mongo.MongoClient(urlOf(name))
  clients.push(await client.connect())
  return client.db()
}
/** `service.sh`, without what the shell of the test has set. */
const service = (args: string[], env: Record<string, string | undefined>) =>
  new Promise<{ code: number; said: string }>((done) => {
    const options = { cwd: checkout, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, timeout: 200_000 }
    execFile(process.execPath, ['services/cli/cli.ts', ...args], options, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    )
  })
const submit = async (user: Client) => {
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  return { account, id }
}
const modeOf = async (file: string) => (await stat(file)).mode & 0o777
const waitFor = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 90_000, interval: 100 })
const resetPassword = ({ anyone }: System, { email }: { email: string }) =>
  anyone.request('POST', '/api/auth/request-password-reset', { body: { email } })

test('taken under load, restored into an empty place: all opens, all goes on, nothing is sent twice', async () => {
  const { db } = system.context
  const user = await system.user()
  await db.connection.collection('user').updateOne({ email: user.email }, { $set: { emailVerified: true } })
  const broken = await submit(user)
  const [connected] = await Promise.all([submit(user), system.until(user, broken.id, (c) => c.status === 'connected')])
  await system.until(user, connected.id, ({ status }) => status === 'connected')
  // At the backup a mail waits that cannot be sent yet, and a notice that is not told yet.
  mails.reply = (stage) => (stage === 'from' ? 451 : null)
  const begunAt = mails.caught.length
  await resetPassword(system, user)
  await revokeAppPasswords(broken.account)
  await db.channels.updateOne({ _id: broken.id }, { $set: { 'lease.sweepAt': new Date() } })
  await system.until(user, broken.id, ({ status }) => status === 'action_required')
  await waitFor(async () =>
    expect(await db.mails.countDocuments({ kind: 'password_reset', 'lease.failures': 1 })).toBe(1),
  )

  const load = new AbortController()
  const loaded: string[] = []
  const loading = (async () => {
    while (!load.signal.aborted) loaded.push((await submit(user)).id)
  })()
  const places = { MONGODB_URL: system.env.MONGODB_URL ?? '', REDIS_URL: system.env.REDIS_URL ?? '' }
  const folder = join(checkout, 'kept/backup')
  const keysFile = join(checkout, 'elsewhere/keys.env')
  const { SEALING_KEY = '', UNSEALING_KEYS = '', AUTH_SECRET = '' } = system.env
  const keys = { SEALING_KEY, UNSEALING_KEYS, AUTH_SECRET }
  const taken = await service(['backup', folder, '--keys', keysFile], { ...places, ...keys })
  load.abort()
  await loading
  expect(taken).toMatchObject({ code: 0, said: expect.stringMatching(/\d+ channels of 2 users/) })
  expect(parseEnv(await readFile(keysFile, 'utf8'))).toEqual(keys)
  const [database = ''] = await readdir(folder)
  const files = (await readdir(join(folder, database))).map((file) => join(folder, database, file))
  expect(await Promise.all([...files, keysFile].map(modeOf))).toEqual(files.concat('').map(() => 0o600))
  expect(await modeOf(folder)).toBe(0o700)

  // Since the backup both mails have gone out.
  mails.reply = () => null
  await db.mails.updateMany({}, { $set: { notBefore: new Date(0), 'lease.sweepAt': new Date(0) } })
  await mails.mailTo(user.email, /password/i, begunAt)
  await tellOnce(system.context, new Date(Date.now() + GATHER_MS))
  await mails.mailTo(user.email, /no longer connected/, begunAt)
  await system.stopWorkers()

  const name = newName()
  const place = { ...places, MONGODB_URL: urlOf(name), QUEUE_PREFIX: name }
  const restored = await service(['restore', folder], {
    ...place,
    ...parseEnv(await readFile(keysFile, 'utf8')),
  })
  expect(restored.said).toContain('the keys here open all of them')
  expect(restored.code).toBe(0)

  const before = mails.caught.length
  const { PORT: _, BASE_URL: __, ...shared } = system.env
  const second = await createSystem({ env: { ...shared, ...place } })
  try {
    const { channels, mails: ordered } = second.context.db
    const copied = await channels.find().lean<ChannelDoc[]>()
    expect(copied.map(({ _id }) => _id.toHexString())).toEqual(expect.arrayContaining([broken.id, connected.id]))
    // The tokens of before open nothing.
    const authorization = `Bearer ${user.token}`
    const asked = await second.anyone.request('GET', '/api/channels', { headers: { authorization } })
    expect(asked.status).toBe(401)
    // Connects that were under way go on; those that were connected are checked, and still are.
    const at = new Date()
    await channels.updateMany({ status: 'connected' }, { $set: { 'lease.sweepAt': at } })
    await waitFor(async () => {
      const now = await channels.find({ _id: { $ne: broken.id } }).lean<ChannelDoc[]>()
      expect(
        now.filter(({ status, lastVerifiedAt }) => status !== 'connected' || !lastVerifiedAt || lastVerifiedAt < at),
      ).toEqual([])
    })
    expect(loaded.length).toBeGreaterThan(0)
    await tellOnce(second.context, new Date(Date.now() + 2 * GATHER_MS))
    const marker = await second.user()
    await mails.mailTo(marker.email, /./, before)
    await waitFor(async () => expect(await ordered.countDocuments({ endedAt: { $exists: false } })).toBe(0))
    expect(mails.caught.slice(before).map(({ to }) => to)).toEqual([[marker.email]])
  } finally {
    await second.stop()
  }
}, 300_000)

test('what is in the way of a restore is said, with what to do, before anything is changed', async () => {
  const [name, source] = [newName(), newName()]
  const from = await open(source)
  const channel = storedChannel('connected', new Date())
  await from.collection('channels').insertOne({ ...channel, secrets: { session: 'nonsense' } })
  const env = { MONGODB_URL: urlOf(source), REDIS_URL: stores.redisUrl, ...newKeys('k1') }
  const folder = join(checkout, source)
  expect(await service(['backup', folder], env)).toMatchObject({
    code: 0,
    said: expect.stringContaining('Keep SEALING_KEY'),
  })
  expect(await service(['backup', folder], env)).toMatchObject({
    code: 1,
    said: expect.stringContaining('is there already'),
  })

  const there = { ...env, MONGODB_URL: urlOf(name), QUEUE_PREFIX: name }
  const to = await open(name)
  await to.collection('user').insertOne({ name: 'somebody' })
  expect(await service(['restore', folder], there)).toMatchObject({
    code: 1,
    said: expect.stringContaining('0 channels of 1 users: a backup is restored into an empty one'),
  })
  expect(await service(['restore', folder, '--drop'], there)).toMatchObject({
    code: 1,
    said: expect.stringContaining('--drop --yes'),
  })
  expect(await to.collection('user').countDocuments()).toBe(1)
  const replaced = await service(['restore', folder, '--drop', '--yes'], there)
  expect(replaced).toMatchObject({ code: 1, said: expect.stringContaining('must not start yet') })
  expect(replaced.said).toContain('1 values that the key "(none)" sealed do not open here')
  expect(await to.collection('user').countDocuments()).toBe(0)

  const file = join(folder, source, 'channels.bson.gz')
  await truncate(file, (await stat(file)).size - 9)
  expect(await service(['restore', folder, '--drop', '--yes'], there)).toMatchObject({
    code: 1,
    said: expect.stringContaining('channels.bson.gz is damaged'),
  })
}, 300_000)

test('each document comes back byte for byte, whatever its types', async () => {
  const { BSON } = mongo
  const [from, to] = [await open(newName()), await open(newName())]
  const odd = {
    _id: new BSON.ObjectId(),
    whole: new BSON.Int32(1),
    double: new BSON.Double(1),
    long: BSON.Long.fromString('9007199254740993'),
    at: new Date(),
    nothing: null,
    bytes: new BSON.Binary(Buffer.from('x'), 0),
    text: 'ü'.repeat(40_000),
    inside: [{ a: 1 }, []],
  }
  await from.collection<object>('odd').insertMany([odd, ...Array.from({ length: 2_500 }, (_, n) => ({ n }))])
  const folder = join(checkout, 'odd')
  await dumpDatabase(from, folder, () => undefined)
  await loadData(to, folder, () => undefined)
  const rawOf = (db: mongo.Db) => db.collection('odd').find({}, { raw: true }).sort({ _id: 1 }).toArray()
  const [before, after] = [await rawOf(from), await rawOf(to)]
  expect(after).toHaveLength(2_501)
  expect(after.every((raw, index) => Buffer.from(raw as never).equals(Buffer.from(before[index] as never)))).toBe(true)
}, 60_000)

test('two channels that exclude each other, because one was changed while the backup went by: the last one stays', async () => {
  const db = await open(newName())
  const of = { userId: 'somebody', identifier: 'alice.test', live: true as const }
  const [older, newer] = [
    storedChannel('connected', new Date(), { ...of, updatedAt: new Date(1_000) }),
    storedChannel('connected', new Date(), { ...of, updatedAt: new Date(2_000) }),
  ]
  const channels = db.collection<typeof older>('channels')
  await channels.insertMany([older, newer])
  const unique = {
    key: { userId: 1, identifier: 1 },
    name: 'one',
    unique: true,
    partialFilterExpression: { live: true },
  }
  await createIndexes(db, [['channels', [unique]]])
  expect(await channels.findOne({ _id: older._id })).toMatchObject({ step: 'disconnect', status: 'disconnected' })
  expect((await channels.find({ live: true }).toArray()).map(({ _id }) => _id)).toEqual([newer._id])
  expect((await channels.indexes()).map(({ name }) => name)).toContain('one')
}, 60_000)
