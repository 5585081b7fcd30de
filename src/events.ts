// Tells every API process, through Redis, that a channel changed: what the event streams are fed from.
import { Redis } from 'ioredis'
import type { Context } from './context.ts'
import { withDeadline } from './deadline.ts'

export interface Change {
  userId: string
  channelId: string
  /** the channel is gone; where it lives on, if it was merged */
  removed?: { mergedInto: string | null }
}

const topic = (prefix: string) => `${prefix}:changes`

/** Redis may take a message and never say so: nobody waits for that. */
const ANNOUNCE_MS = 500

/** A stream that misses a change catches up when it connects again, so a failure here is not one of the step. */
export async function announce({ redis, config, log }: Pick<Context, 'redis' | 'config' | 'log'>, change: Change) {
  try {
    await withDeadline(redis.publish(topic(config.redis.prefix), JSON.stringify(change)), ANNOUNCE_MS)
  } catch (error) {
    log.warn({ channelId: change.channelId, reason: (error as Error).message }, 'change not announced')
  }
}

interface Listener {
  change(change: Change): void
  /** changes may have been missed */
  gap(): void
  /** the process stops */
  end?(): void
}

export interface Changes {
  /** @returns stop listening */
  listen(userId: string, listener: Listener): () => void
  /** open streams of one user in this process */
  count(userId: string): number
  close(): void
}

/** One subscription for the whole process. After it was away, every listener hears of the gap. */
export async function openChanges({ config, log }: Pick<Context, 'config' | 'log'>): Promise<Changes> {
  const listeners = new Map<string, Set<Listener>>()
  const redis = new Redis(config.redis.url, { maxRetriesPerRequest: null })
  redis.on('error', (error: Error) => log.warn({ reason: error.message }, 'redis subscription'))
  redis.on('message', (_topic: string, text: string) => {
    const change = JSON.parse(text) as Change
    for (const listener of listeners.get(change.userId) ?? []) listener.change(change)
  })
  await redis.subscribe(topic(config.redis.prefix))
  redis.on('ready', () => {
    for (const each of listeners.values()) for (const listener of each) listener.gap()
  })
  return {
    listen(userId, listener) {
      const own = listeners.get(userId) ?? new Set()
      listeners.set(userId, own.add(listener))
      return () => {
        own.delete(listener)
        if (own.size === 0) listeners.delete(userId)
      }
    },
    count: (userId) => listeners.get(userId)?.size ?? 0,
    close() {
      for (const own of listeners.values()) for (const listener of own) listener.end?.()
      redis.disconnect()
    },
  }
}
