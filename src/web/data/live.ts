// The stream of changes of one's own channels: one for all windows of a browser, held by one of those that are looked at.
import { useEffect, useEffectEvent, useState } from 'react'
import type { Channel, Removal, RemovedEvent } from '../../contract.ts'
import { cachedChannels, dropChannel, putChannels, refreshChannels } from './channels.ts'
import { putRemoval, refreshRemovals } from './removals.ts'
import { openSource } from './stream.ts'
import { useMe } from './session.ts'

/** `polled`: this browser cannot share a stream, and has one for each window no room for long. */
export type Live = 'streamed' | 'interrupted' | 'polled'

interface Events {
  snapshot: { channels: Channel[] }
  channel: Channel
  removed: RemovedEvent
  removal: Removal
}

/** From the window that holds the stream to the others; `hello` is the question of a new one. */
type Message = { say: 'hello' } | { say: 'live'; live: boolean } | { say: keyof Events; data: unknown }

/** Whoever holds the stream answers at once; who says nothing for so long hangs. */
const answerMs = 5_000

const canShare = () => 'locks' in navigator && 'BroadcastChannel' in window

/**
 * Feeds the list of channels from the event stream.
 * @param onRemoved hears of a channel that goes while it is still in the list
 * @returns how it comes; undefined before that is known
 */
export function useLiveChannels(onRemoved: (event: RemovedEvent) => void): Live | undefined {
  const removed = useEffectEvent(onRemoved)
  const userId = useMe().data?.id ?? ''
  const [live, setLive] = useState<Live | undefined>(() => (canShare() ? undefined : 'polled'))

  useEffect(() => {
    if (!canShare()) return
    let taken = 0
    const take = {
      snapshot: ({ channels }: Events['snapshot']) => {
        putChannels(channels)
        // After a gap channels may be gone, which a snapshot of the newest ones does not tell.
        if (taken++ > 0) catchUp()
      },
      channel: (channel: Channel) => putChannels([channel]),
      removed: (event: RemovedEvent) => {
        removed(event)
        dropChannel(event)
        if (!event.mergedInto) refreshRemovals()
      },
      removal: putRemoval,
    }
    return joinWindows(`channels:${userId}`, {
      onLive: (isLive) => setLive(isLive ? 'streamed' : 'interrupted'),
      onEvent: <T extends keyof Events>(name: T, data: Events[T]) => (take[name] as (data: Events[T]) => void)(data),
      onJoin: () => {
        // What was kept from before has missed what was told meanwhile.
        if (taken++ > 0 || cachedChannels().length > 0) catchUp()
      },
    })
  }, [userId])

  return live
}

function catchUp() {
  void refreshChannels()
  refreshRemovals()
}

interface Window {
  onLive: (live: boolean) => void
  onEvent: <T extends keyof Events>(name: T, data: Events[T]) => void
  /** another window has held the stream for some time, and what it told is not known here */
  onJoin: () => void
}

/**
 * A browser opens six connections to a site, so all windows have one stream: whoever has the lock holds it and tells the
 * others. It is given back by a window that nobody looks at, and the next one has it.
 * @returns leaves
 */
function joinWindows(name: string, { onLive, onEvent, onJoin }: Window): () => void {
  let leave: (() => void) | undefined

  const join = () => {
    const others = new BroadcastChannel(name)
    // A channel has no other origin than its own.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    const tell = (message: Message) => others.postMessage(message)
    const leaving = new AbortController()
    const { signal } = leaving
    let known: boolean | undefined
    let isHolder = false
    let silence: number | undefined
    const hear = (isLive: boolean) => {
      window.clearTimeout(silence)
      known = isLive
      onLive(isLive)
    }

    others.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.say === 'hello') {
        if (isHolder && known !== undefined) tell({ say: 'live', live: known })
      } else if (isHolder) return
      else if (data.say === 'live') {
        if (data.live && known === undefined) onJoin()
        hear(data.live)
      } else onEvent(data.say, data.data as never)
    })
    // The lock is given back when what it is held for has ended.
    navigator.locks
      .request(name, { signal }, async () => {
        isHolder = true
        window.clearTimeout(silence)
        const close = openSource('/api/channels/events', {
          names: ['snapshot', 'channel', 'removed', 'removal'],
          onLive: (isLive) => {
            hear(isLive)
            tell({ say: 'live', live: isLive })
          },
          onEvent: (event, data) => {
            onEvent(event, data as never)
            tell({ say: event, data })
          },
        })
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        close()
      })
      // It left before it had its turn.
      .catch(() => undefined)
    silence = window.setTimeout(() => onLive(false), answerMs)
    tell({ say: 'hello' })
    leave = () => {
      window.clearTimeout(silence)
      leaving.abort()
      others.close()
      leave = undefined
    }
  }
  const lookedAt = () => {
    if (document.visibilityState !== 'visible') leave?.()
    else if (!leave) join()
  }

  lookedAt()
  document.addEventListener('visibilitychange', lookedAt)
  // A page that is kept for the way back holds nothing meanwhile.
  const hidden = () => leave?.()
  window.addEventListener('pagehide', hidden)
  window.addEventListener('pageshow', lookedAt)
  return () => {
    document.removeEventListener('visibilitychange', lookedAt)
    window.removeEventListener('pagehide', hidden)
    window.removeEventListener('pageshow', lookedAt)
    leave?.()
  }
}
