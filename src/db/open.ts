// Opens MongoDB with one model per collection and makes sure that every index is there.
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { indexAccounts } from './accounts.ts'
import { attemptSchema } from './attempts.ts'
import { auditSchema } from './audit.ts'
import { channelSchema } from './channels.ts'
import { idempotencyKeySchema } from './idempotency-keys.ts'
import { incidentWatchSchema } from './incidents.ts'
import { mailSchema } from './mails.ts'
import { optionSchema } from './options.ts'
import { removalSchema } from './removals.ts'
import { removedUserSchema } from './removed-users.ts'
import { secondFactorSchema } from './second-factors.ts'
import { serverSchema } from './servers.ts'
import { sessionSchema } from './sessions.ts'
import { subscriptionSchema } from './subscriptions.ts'
import { usedCodeSchema } from './used-codes.ts'
import { verificationSchema } from './users.ts'

const INDEX_ROUNDS = 5

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
    servers: connection.model('Server', serverSchema, 'servers'),
    audit: connection.model('AuditEntry', auditSchema, 'audit'),
    removals: connection.model('Removal', removalSchema, 'removals'),
    removedUsers: connection.model('RemovedUser', removedUserSchema, 'removed-users'),
    verifications: connection.model('Verification', verificationSchema, 'verification'),
    idempotencyKeys: connection.model('IdempotencyKey', idempotencyKeySchema, 'idempotency-keys'),
    incidentWatch: connection.model('IncidentWatch', incidentWatchSchema, 'incident-watch'),
    mails: connection.model('Mail', mailSchema, 'mails'),
    subscriptions: connection.model('Subscription', subscriptionSchema, 'subscriptions'),
    usedCodes: connection.model('UsedCode', usedCodeSchema, 'used-codes'),
    // Collections of the accounts library.
    sessions: connection.model('Session', sessionSchema, 'session'),
    secondFactors: connection.model('SecondFactor', secondFactorSchema, 'twoFactor'),
  }
  try {
    await createIndexes(connection)
    return db
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Where several processes start at once, the embedded database breaks some off that make the same indexes. */
async function createIndexes(connection: mongoose.Connection): Promise<void> {
  for (let round = 1; ; round++) {
    const made = await Promise.allSettled([
      ...connection.modelNames().map((name) => connection.model(name).createIndexes()),
      ...indexAccounts(connection),
    ])
    const failed = made.find((one) => one.status === 'rejected')
    if (!failed) return
    if (round === INDEX_ROUNDS) throw failed.reason
    await sleep(Math.random() * 100 * round)
  }
}
