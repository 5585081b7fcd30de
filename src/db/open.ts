// Opens MongoDB with one model per collection, as this version needs it.
import type mongoose from 'mongoose'
import type { Logger } from 'pino'
import { defaultKeepDays, type KeepDays } from '../config.ts'
import { attemptSchema } from './attempts.ts'
import { auditSchema } from './audit.ts'
import { channelSchema } from './channels.ts'
import { connect } from './connect.ts'
import { connectionCountSchema } from './kept-counts.ts'
import { idempotencyKeySchema } from './idempotency-keys.ts'
import { incidentSchema, incidentWatchSchema } from './incidents.ts'
import { declaredIndexes } from './indexes.ts'
import { mailSchema } from './mails.ts'
import { migrate } from './migrations.ts'
import { optionSchema } from './options.ts'
import { processSchema } from './processes.ts'
import { removalSchema } from './removals.ts'
import { removedUserSchema } from './removed-users.ts'
import { sealingKeySchema } from './sealing-keys.ts'
import { secondFactorSchema } from './second-factors.ts'
import { serverSchema } from './servers.ts'
import { sessionSchema } from './sessions.ts'
import { subscriptionSchema } from './subscriptions.ts'
import { usedCodeSchema } from './used-codes.ts'
import { verificationSchema } from './users.ts'

interface Options {
  log?: Logger
  keepDays?: KeepDays
}

export type Db = Awaited<ReturnType<typeof connectDb>>

/** @throws when MongoDB does not answer within five seconds, or its address cannot be used */
export async function openDb(url: string, { log, keepDays = defaultKeepDays }: Options = {}) {
  const db = await connectDb(url, { monitorCommands: true })
  try {
    await migrate(db.connection, { declared: declaredIndexes(db.connection, keepDays), log })
    return db
  } catch (error) {
    await db.connection.close()
    throw error
  }
}

/** Without the indexes. @param options `autoCreate: false` for whoever only looks */
export async function connectDb(url: string, options: mongoose.ConnectOptions = {}) {
  const connection = await connect(url, options)
  return {
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
    connectionCounts: connection.model('ConnectionCount', connectionCountSchema, 'connection-counts'),
    incidents: connection.model('Incident', incidentSchema, 'incidents'),
    incidentWatch: connection.model('IncidentWatch', incidentWatchSchema, 'incident-watch'),
    mails: connection.model('Mail', mailSchema, 'mails'),
    subscriptions: connection.model('Subscription', subscriptionSchema, 'subscriptions'),
    sealingKeys: connection.model('SealingKey', sealingKeySchema, 'sealing-keys'),
    usedCodes: connection.model('UsedCode', usedCodeSchema, 'used-codes'),
    processes: connection.model('Process', processSchema, 'processes'),
    // Collections of the accounts library.
    sessions: connection.model('Session', sessionSchema, 'session'),
    secondFactors: connection.model('SecondFactor', secondFactorSchema, 'twoFactor'),
  }
}
