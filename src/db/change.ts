// Changes one channel, past mongoose: to make a query of each write takes as long again as the write, and a connect has many.
import type { Channel, ChannelDoc } from './channels.ts'
import type { Db } from './open.ts'

type Update = Partial<Record<'$set' | '$unset' | '$inc' | '$push' | '$pull', object>>

/** Beside what is written: when, and that there is a newer state, as mongoose would write it too. */
const stamped = ({ $set, $inc, ...more }: Update) => ({
  ...more,
  $set: { ...$set, updatedAt: new Date() },
  $inc: { ...$inc, revision: 1 },
})

/** @returns false where nothing fits the filter */
export async function changed(db: Db, filter: object, update: Update): Promise<boolean> {
  const { matchedCount } = await db.channels.collection.updateOne(filter, stamped(update))
  return matchedCount === 1
}

/** @returns as it was, with its secrets; null where nothing fits the filter */
export const changedFrom = (db: Db, filter: object, update: Update): Promise<ChannelDoc | null> =>
  db.channels.collection.findOneAndUpdate(filter, stamped(update), {
    returnDocument: 'before',
  }) as unknown as Promise<ChannelDoc | null>

/** @returns as it is, without its secrets; null where nothing fits the filter */
export const changedTo = (db: Db, filter: object, update: Update): Promise<Channel | null> =>
  db.channels.collection.findOneAndUpdate(filter, stamped(update), {
    returnDocument: 'after',
    projection: { secrets: 0 },
  }) as unknown as Promise<Channel | null>
