// Makes the indexes of a restored database, also where a change under the backup left two channels that exclude each other.
import type { mongo } from 'mongoose'
import { disconnecting, type ChannelDoc } from '../../src/db/channels.ts'

export async function createIndexes(
  db: mongo.Db,
  indexes: [collection: string, mongo.IndexDescription[]][],
): Promise<void> {
  for (const [name, descriptions] of indexes) {
    for (const description of descriptions) {
      const create = () => db.command({ createIndexes: name, indexes: [description] })
      try {
        await create()
      } catch (error) {
        // What the error says of duplicates differs from server to server.
        if (name !== 'channels' || !description.unique) throw error
        await partChannels(db.collection<ChannelDoc>(name), Object.keys(description.key))
        await create()
      }
    }
  }
}

/**
 * One channel was removed and another connected to the same account while the backup went by: the one that changed last
 * stays, the other goes on being removed.
 */
async function partChannels(channels: mongo.Collection<ChannelDoc>, fields: string[]): Promise<void> {
  const key = Object.fromEntries(fields.map((field) => [field, `$${field}`]))
  const present = Object.fromEntries(fields.map((field) => [field, { $type: 'string' as const }]))
  const doubles = channels.aggregate<{ ids: ChannelDoc['_id'][] }>(
    [
      { $match: { live: true, ...present } },
      { $sort: { updatedAt: -1 } },
      { $group: { _id: key, ids: { $push: '$_id' } } },
      { $match: { 'ids.1': { $exists: true } } },
    ],
    { allowDiskUse: true },
  )
  for await (const { ids } of doubles) {
    const { $set, $unset, $inc } = disconnecting('restore', new Date())
    await channels.updateMany({ _id: { $in: ids.slice(1) } }, {
      $set: { ...$set, updatedAt: new Date() },
      $unset,
      $inc: { ...$inc, revision: 1 },
    } as object)
  }
}
