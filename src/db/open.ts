// Opens MongoDB with one model per collection and makes sure that every index is there.
import mongoose from 'mongoose'
import { attemptSchema } from './attempts.ts'
import { auditSchema } from './audit.ts'
import { channelSchema } from './channels.ts'
import { idempotencyKeySchema } from './idempotency-keys.ts'
import { optionSchema } from './options.ts'

export type Db = Awaited<ReturnType<typeof openDb>>

/** @throws when MongoDB does not answer within five seconds */
export async function openDb(url: string) {
  const connection = await mongoose
    .createConnection(url, { serverSelectionTimeoutMS: 5_000, autoIndex: false, maxPoolSize: 50 })
    .asPromise()
  const db = {
    connection,
    channels: connection.model('Channel', channelSchema, 'channels'),
    attempts: connection.model('Attempt', attemptSchema, 'attempts'),
    options: connection.model('Option', optionSchema, 'options'),
    audit: connection.model('AuditEntry', auditSchema, 'audit'),
    idempotencyKeys: connection.model('IdempotencyKey', idempotencyKeySchema, 'idempotency-keys'),
  }
  await Promise.all(connection.modelNames().map((name) => connection.model(name).createIndexes()))
  return db
}
