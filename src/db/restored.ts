// What a restored database must not do a second time: everything in it that has perhaps been told or used since the backup.
import type { Db } from './open.ts'

export interface Settled {
  mails: number
  notices: number
  sessions: number
}

/**
 * Mails that waited at the backup may have gone out since, so none of them is sent; nor is told what was about to be. Whoever
 * signed out or changed a password since is signed in again nowhere, and no link of before opens anything.
 */
export async function settleRestored(db: Db, at: Date): Promise<Settled> {
  const mails = await db.mails.updateMany(
    { endedAt: { $exists: false } },
    { $set: { end: 'given_up', endedAt: at }, $unset: { link: 1, 'lease.sweepAt': 1 } },
  )
  // Through the driver: no reader sees a difference, so the channels' revisions stay.
  const notices = await db.channels.collection.updateMany(
    { 'notice.at': { $type: 'date' } },
    { $unset: { notice: 1, toldBrokenAt: 1 } },
  )
  await db.subscriptions.updateMany({ 'telling.at': { $type: 'date' } }, { $unset: { telling: 1 } })
  // Incidents that go on are found anew.
  await db.incidentWatch.deleteMany({})
  await db.incidents.deleteMany({ open: true })
  const sessions = await db.sessions.deleteMany({})
  await db.verifications.deleteMany({})
  return { mails: mails.modifiedCount, notices: notices.modifiedCount, sessions: sessions.deletedCount }
}
