// The embedded MongoDB starts again after a kill -9 of its PostgreSQL, whatever that leaves behind.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { isAlive, processesWith } from '../../services/processes/process-table.ts'
import { startMongo } from '../../services/stores/mongo.ts'

test('a part that outlives a killed PostgreSQL is ended, and what was written is there', async ({ skip }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-connect-killed-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const start = async () => {
    const server = await startMongo({ dataDir, durable: true, log: () => {} })
    onTestFinished(() => server.stop())
    const client = await new MongoClient(server.url).connect()
    onTestFinished(() => client.close())
    return { ...server, notes: client.db().collection<{ _id: string }>('notes') }
  }
  const first = await start()
  const [postgres = 0, ferretdb] = first.pids
  if (ferretdb === undefined) return skip('mongod is one process')
  await first.notes.insertOne({ _id: 'kept' })
  // One that stands still does not hear of it, as one in an endless loop does not.
  const part = processesWith(` -D ${dataDir}/`).find((pid) => pid !== postgres) ?? 0
  expect(isAlive(part)).toBe(true)
  process.kill(part, 'SIGSTOP')
  onTestFinished(() => void (isAlive(part) && process.kill(part, 'SIGKILL')))
  process.kill(postgres, 'SIGKILL')
  expect(await first.ended).toBe('postgres was ended by SIGKILL')
  await first.stop()
  expect(isAlive(part)).toBe(true)
  const { notes } = await start()
  expect(isAlive(part)).toBe(false)
  expect(await notes.countDocuments({ _id: 'kept' })).toBe(1)
}, 120_000)
