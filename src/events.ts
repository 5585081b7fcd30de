// Tells every API process, through Redis, what its event streams have to know: a channel changed, or sessions ended.
import type { Context } from './context.ts'
import { withDeadline } from './deadline.ts'
import { openRedis } from './redis.ts'

export interface ChannelChange {
  userId: string
  channelId: string
  /** the channel is gone; where it lives on, if it was merged */
  removed?: { mergedInto: string | null }
  /** it was removed, and what became of its session is known */
  removalEnded?: true
}

type Message = ({ kind: 'channel' } & ChannelChange) | { kind: 'sessions_ended'; userId: string }
type Announcer = Pick<Context, 'redis' | 'config' | 'stores'>

const topic = (prefix: string) => `${prefix}:changes`
const lookTopic = (prefix: string) => `${prefix}:looks`

/** How long a step waits for Redis to take a message. */
const ANNOUNCE_MS = 500

/** Never throws: a stream that misses a message catches up when it connects again. */
async function publish({ redis, config, stores }: Announcer, message: Message): Promise<void> {
  try {
    await withDeadline(redis.publish(topic(config.redis.prefix), JSON.stringify(message)), ANNOUNCE_MS)
  } catch (error) {
    stores.redis.report(error, 'change not announced', { userId: message.userId })
  }
}

/** To be called where something changed that a reader of the channel can see, and nowhere else: each open page reads it anew. */
export const announce = (context: Announcer, change: ChannelChange) => publish(context, { kind: 'channel', ...change })

/** Some or all sessions of a user ended: open streams look at theirs at once. */
export const announceSessionsEnded = (context: Announcer, userId: string) =>
  publish(context, { kind: 'sessions_ended', userId })

/** Somebody waits for a look at the Service URL. Never throws: without word of it workers look a little later. */
export async function announceLook({ redis, config, stores }: Announcer): Promise<void> {
  try {
    await withDeadline(redis.publish(lookTopic(config.redis.prefix), ''), ANNOUNCE_MS)
  } catch (error) {
    stores.redis.report(error, 'look not announced')
  }
}

type Subscriber = Pick<Context, 'config' | 'log' | 'stores'>

function openSubscription({ config, log, stores }: Subscriber) {
  const redis = openRedis(config, log, 'subscriber')
  redis.on('error', (error: Error) => stores.redis.report(error, 'subscription to Redis'))
  return redis
}

/** @param look called whenever somebody waits for one; word may be missed */
export function listenForLooks(context: Subscriber, look: () => void): { close(): void } {
  const redis = openSubscription(context)
  redis.on('message', look)
  // Sent again by itself whenever the connection is back.
  redis.subscribe(lookTopic(context.config.redis.prefix)).catch(() => {})
  return { close: () => redis.disconnect() }
}

interface Listener {
  change(change: ChannelChange): void
  sessionsEnded?(): void
  /** changes may have been missed */
  gap(): void
  /** the process stops */
  end?(): void
}

export interface Changes {
  /** the subscription stands for the first time */
  opened: Promise<void>
  /** @returns stop listening */
  listen(userId: string, listener: Listener): () => void
  /** open streams of one user, or of all, in this process */
  count(userId?: string): number
  close(): void
}

/** One subscription for the whole process. After it was away, every listener hears of the gap. */
export function openChanges(context: Subscriber): Changes {
  const listeners = new Map<string, Set<Listener>>()
  let total = 0
  const redis = openSubscription(context)
  redis.on('message', (_topic: string, text: string) => {
    const message = JSON.parse(text) as Message
    for (const listener of listeners.get(message.userId) ?? []) {
      if (message.kind === 'channel') listener.change(message)
      else listener.sessionsEnded?.()
    }
  })
  const tellGap = () => {
    for (const each of listeners.values()) for (const listener of each) listener.gap()
  }
  const opened = redis.subscribe(topic(context.config.redis.prefix)).then(() => {
    tellGap()
    redis.on('ready', tellGap)
  })
  // Closed before Redis came.
  opened.catch(() => {})
  return {
    opened,
    listen(userId, listener) {
      const own = listeners.get(userId) ?? new Set()
      listeners.set(userId, own.add(listener))
      total++
      return () => {
        if (own.delete(listener)) total--
        if (own.size === 0) listeners.delete(userId)
      }
    },
    count: (userId) => (userId === undefined ? total : (listeners.get(userId)?.size ?? 0)),
    close() {
      for (const own of listeners.values()) for (const listener of own) listener.end?.()
      redis.disconnect()
    },
  }
}
