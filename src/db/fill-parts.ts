// Gives channels that the version before wrote what they are found by in the middle of their names, a page at a time.
import type { Connection, Types } from 'mongoose'
import type { ChannelDoc } from './channels.ts'
import { partsOf } from './name-parts.ts'

const PAGE = 1_000

/** What is filled already is passed over, so that it goes on where it was broken off. */
export async function fillParts(connection: Connection): Promise<void> {
  const channels = connection.collection<ChannelDoc>('channels')
  let last: Types.ObjectId | undefined
  for (;;) {
    const page = await channels
      .find(last ? { _id: { $gt: last } } : {}, { projection: { handle: 1, identifier: 1, parts: 1 } })
      .sort({ _id: 1 })
      .hint({ _id: 1 })
      .limit(PAGE)
      .toArray()
    const filled = page.flatMap(({ _id, handle, identifier, parts }) =>
      // Only as long as it bears the name that was read.
      parts
        ? []
        : [{ updateOne: { filter: { _id, handle }, update: { $set: { parts: partsOf({ handle, identifier }) } } } }],
    )
    if (filled.length > 0) await channels.bulkWrite(filled, { ordered: false })
    last = page.at(-1)?._id
    if (page.length < PAGE) return
  }
}
