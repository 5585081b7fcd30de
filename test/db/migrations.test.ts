// Migrations: done once whoever starts, taken over from whoever was killed, and indexes that become what is declared.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import mongoose, { type Connection } from 'mongoose'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { Declared } from '../../src/db/indexes.ts'
import { migrate, MigrationError, migrations, type Migration } from '../../src/db/migrations.ts'
import { openDb } from '../../src/db/open.ts'

let url: string
let connection: Connection
const children: ChildProcess[] = []
const opened: Connection[] = []

const open = async () => {
  const another = await mongoose.createConnection(url).asPromise()
  opened.push(another)
  return another
}
beforeEach(async () => {
  url = inject('stores').mongoUrl.replace(/\/[^/]*$/, `/t${randomBytes(6).toString('hex')}`)
  connection = await open()
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  await connection.dropDatabase()
  for (const one of opened.splice(0)) await one.close()
})

const done = () => connection.collection('migrations').find().sort({ _id: 1 }).toArray()
const names = async (collection: string) =>
  (await connection.collection(collection).indexes())
    .map(({ name = '' }) => name)
    .toSorted((a, b) => a.localeCompare(b))
const counting = (number: number): Migration => ({
  number,
  name: 'counts',
  run: async (connection) => {
    await connection.collection('runs').insertOne({ number })
  },
})

test('each migration runs once and in order, however many processes start at once and after them', async () => {
  const list = [counting(1), counting(2)]
  const starting = await Promise.all(Array.from({ length: 6 }, open))
  await Promise.all(starting.map((one) => migrate(one, { declared: {}, list })))
  await migrate(connection, { declared: {}, list: [...list, counting(3)] })
  const runs = await connection.collection('runs').find().sort({ _id: 1 }).toArray()
  expect(runs.map(({ number }) => number as number)).toEqual([1, 2, 3])
  expect((await done()).map(({ _id }) => _id as unknown)).toEqual([1, 2, 3])
})

test('a process that is killed while it migrates: another one takes its place and does it again', async () => {
  const holder = `
    import mongoose from 'mongoose'
    import { migrate } from ${JSON.stringify(new URL('../../src/db/migrations.ts', import.meta.url).href)}
    const connection = await mongoose.createConnection(process.env.URL).asPromise()
    const run = async () => {
      console.log('running')
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    }
    const list = [{ number: 1, name: 'hangs', run }]
    await migrate(connection, { declared: {}, list, life: { everyMs: 500, deadAfterMs: 5_000 } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], {
    cwd: new URL('../..', import.meta.url),
    env: { PATH: process.env.PATH, URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')

  const said: string[] = []
  const log = { info: (_: object, message: string) => said.push(message) } as never
  const waiting = migrate(connection, {
    declared: {},
    log,
    list: [counting(1)],
    life: { everyMs: 500, deadAfterMs: 5_000 },
  })
  await expect.poll(() => said, { timeout: 45_000 }).toContain('another process migrates the database; waiting')
  // As long as it lives nobody does it beside it.
  const beats = async () =>
    (await connection.collection('migrations').findOne({ _id: 'lock' as never }))?.beats as number
  await expect.poll(beats, { timeout: 30_000 }).toBeGreaterThanOrEqual(1)
  expect(await connection.collection('runs').countDocuments()).toBe(0)

  child.kill('SIGKILL')
  await waiting
  expect(await connection.collection('runs').countDocuments()).toBe(1)
  expect(await done()).toMatchObject([{ _id: 1, name: 'counts' }])
  expect(said.filter((message) => message.includes('waiting'))).toHaveLength(1)
})

test('a migration that breaks off says which, frees its place, and is done by the next start', async () => {
  let broken = true
  const list = [
    {
      number: 1,
      name: 'breaks',
      run: async () => {
        if (broken) throw new Error('out of luck')
      },
    },
  ]
  await expect(migrate(connection, { declared: {}, list })).rejects.toThrow(
    new MigrationError('migration 1 (breaks) broke off: out of luck'),
  )
  broken = false
  await migrate(connection, { declared: {}, list })
  expect(await done()).toMatchObject([{ _id: 1 }])
})

test('an index whose options changed is replaced, where it made every process fail', async () => {
  await connection.collection('removals').createIndex({ endedAt: 1 }, { expireAfterSeconds: 60 })
  await connection.collection('channels').createIndex({ askedAt: 1 })
  await connection.collection('session').createIndex({ token: 1 })
  const db = await openDb(url)
  opened.push(db.connection)
  const of = async (collection: string, name: string) =>
    (await connection.collection(collection).indexes()).find((index) => index.name === name)
  expect(await of('removals', 'endedAt_1')).toMatchObject({ expireAfterSeconds: 30 * 86_400 })
  expect(await of('channels', 'askedAt_1')).toMatchObject({ partialFilterExpression: { askedAt: { $type: 'date' } } })
  expect(await of('session', 'token_1')).toMatchObject({ unique: true })
})

test('an age that is set otherwise is that of the next start', async () => {
  const keepDays = { attempts: 1, audit: 1, mails: 1, merged: 1, removals: 7 }
  for (const options of [{}, { keepDays }]) opened.push((await openDb(url, options)).connection)
  const indexes = await connection.collection('removals').indexes()
  expect(indexes.find(({ name }) => name === 'endedAt_1')?.expireAfterSeconds).toBe(7 * 86_400)
})

test('indexes of before go: not what the version before still asks for, nor what an operator or the accounts library made', async () => {
  const channels = connection.collection('channels')
  // Of old databases.
  await channels.createIndex({ userId: 1, live: 1, _id: -1 })
  await channels.createIndex(
    { 'lease.sweepAt': 1 },
    { partialFilterExpression: { 'lease.sweepAt': { $type: 'date' } } },
  )
  await channels.createIndex({ userId: 1, status: 1 })
  await channels.createIndex({ userId: 1, identifier: 1 }, { unique: true, partialFilterExpression: { live: true } })
  await channels.createIndex({ identifier: 1 })
  await channels.createIndex({ displayName: 1 }, { name: 'for our reports' })
  await connection.collection('user').createIndex({ name: 1 })
  const db = await openDb(url)
  opened.push(db.connection)
  const left = await names('channels')
  for (const gone of ['userId_1_live_1__id_-1', 'lease.sweepAt_1', 'userId_1_status_1', 'userId_1_identifier_1']) {
    expect(left).not.toContain(gone)
  }
  expect(left).toEqual(expect.arrayContaining(['identifier_1', 'for our reports']))
  expect(await names('user')).toContain('name_1')
})

test('what a version asks for no more goes with the migration after', async () => {
  const before: Declared = { things: [{ key: { a: 1 } }, { key: { b: 1 } }] }
  const after: Declared = { things: [{ key: { b: 1 } }] }
  const first = { number: 1, name: 'first' }
  const second = { number: 2, name: 'second', retires: { things: ['a_1'] } }
  await migrate(connection, { declared: before, list: [first] })
  await migrate(connection, { declared: after, list: [first, second] })
  expect(await names('things')).toEqual(['_id_', 'a_1', 'b_1'])
  await migrate(connection, { declared: after, list: [first, second, { number: 3, name: 'third' }] })
  expect(await names('things')).toEqual(['_id_', 'b_1'])
})

test('a process of the version before starts beside the new one, and takes nothing of it away', async () => {
  const now: Declared = { things: [{ key: { a: 1 }, expireAfterSeconds: 60 }, { key: { b: 1 } }] }
  const before: Declared = { things: [{ key: { a: 1 }, expireAfterSeconds: 30 }, { key: { c: 1 } }] }
  const first = { number: 1, name: 'first' }
  await migrate(connection, { declared: now, list: [first, { number: 2, name: 'second' }] })
  await migrate(connection, { declared: before, list: [first] })
  expect(await names('things')).toEqual(['_id_', 'a_1', 'b_1', 'c_1'])
  const ages = (await connection.collection('things').indexes()).map(
    ({ expireAfterSeconds }) => expireAfterSeconds as unknown,
  )
  expect(ages).toContain(60)
  // The next one of the new version tidies up.
  await migrate(connection, { declared: now, list: [first, { number: 2, name: 'second' }] })
  expect(await names('things')).toEqual(['_id_', 'a_1', 'b_1'])
})

test('the numbers of the migrations go up one by one', () => {
  expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1))
})
