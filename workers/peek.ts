// Reads channels ahead of their steps, one query at a time for all that ask meanwhile: a thousand that wait cost next to nothing.
import { findAhead, type AheadChannel } from '../src/db/steps.ts'
import type { Db } from '../src/db/open.ts'

export type Peek = (channelId: string) => Promise<AheadChannel | null>

export function createPeek(db: Db): Peek {
  let running: Promise<unknown> = Promise.resolve()
  let next: { ids: string[]; found: Promise<Map<string, AheadChannel>> } | null = null

  function prepare() {
    const ids: string[] = []
    const found = running.then(async () => {
      next = null
      const channels = await findAhead(db, ids)
      return new Map(channels.map((channel) => [channel._id.toHexString(), channel]))
    })
    running = found.catch(() => {})
    return { ids, found }
  }

  return async (channelId) => {
    const query = (next ??= prepare())
    query.ids.push(channelId)
    return (await query.found).get(channelId) ?? null
  }
}
