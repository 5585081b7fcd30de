// Reads channels and options ahead of claims, one query at a time for all that ask meanwhile: a thousand that wait cost next to nothing.
import type { Context } from '../../src/context.ts'
import type { Options } from '../../src/contract.ts'
import type { Channel } from '../../src/db/channels.ts'
import { findAhead } from '../../src/db/steps.ts'
import { readOptions } from '../../src/options.ts'

export type ReadAhead = (channelId: string) => Promise<{ channel: Channel; options: Options } | null>

export function createReadAhead(context: Pick<Context, 'db' | 'config'>): ReadAhead {
  let running: Promise<unknown> = Promise.resolve()
  let next: { ids: string[]; found: Promise<{ channels: Map<string, Channel>; options: Options }> } | null = null

  function prepare() {
    const ids: string[] = []
    const found = running.then(async () => {
      next = null
      const [channels, options] = await Promise.all([findAhead(context.db, ids), readOptions(context)])
      return { channels: new Map(channels.map((channel) => [channel._id.toHexString(), channel])), options }
    })
    running = found.catch(() => {})
    return { ids, found }
  }

  return async (channelId) => {
    const query = (next ??= prepare())
    query.ids.push(channelId)
    const { channels, options } = await query.found
    const channel = channels.get(channelId)
    return channel ? { channel, options } : null
  }
}
