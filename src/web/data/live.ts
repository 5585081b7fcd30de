// The stream of changes of one's own channels, kept open while the page is looked at.
import { useEffect, useEffectEvent, useState } from 'react'
import type { Channel, Removal, RemovedEvent } from '../../contract.ts'
import { dropChannel, putChannels, refreshChannels } from './channels.ts'
import { putRemoval, refreshRemovals } from './removals.ts'

// Something between the program and the browser may hold the stream back and still leave it open.
const firstWordMs = 5_000
const firstReopenMs = 1_000
const longestReopenMs = 30_000

/**
 * Feeds the list of channels from the event stream.
 * @param onRemoved hears of a channel that goes while it is still in the list
 * @returns whether the stream delivers; undefined before that is known
 */
export function useLiveChannels(onRemoved: (event: RemovedEvent) => void): boolean | undefined {
  const removed = useEffectEvent(onRemoved)
  const [live, setLive] = useState<boolean>()

  useEffect(() => {
    let source: EventSource | undefined
    let timer: number | undefined
    let silence: number | undefined
    let reopenMs = firstReopenMs
    let opened = 0

    const close = () => {
      window.clearTimeout(timer)
      window.clearTimeout(silence)
      source?.close()
      source = undefined
    }
    const open = () => {
      close()
      const stream = new EventSource('/api/channels/events')
      source = stream
      silence = window.setTimeout(() => setLive(false), firstWordMs)
      const on = <T>(name: string, handle: (data: T) => void) =>
        stream.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data) as T))

      on<{ channels: Channel[] }>('snapshot', ({ channels }) => {
        window.clearTimeout(silence)
        reopenMs = firstReopenMs
        setLive(true)
        putChannels(channels)
        // After a gap channels may be gone, which a snapshot of the newest ones does not tell.
        if (opened++ > 0) void Promise.all([refreshChannels(), refreshRemovals()])
      })
      on<Channel>('channel', (channel) => putChannels([channel]))
      on<RemovedEvent>('removed', (event) => {
        removed(event)
        dropChannel(event)
        if (!event.mergedInto) void refreshRemovals()
      })
      on<Removal>('removal', putRemoval)
      stream.addEventListener('error', () => {
        setLive(false)
        // The browser opens a stream again by itself when the connection broke, but not after an error response.
        if (stream.readyState !== EventSource.CLOSED) return
        timer = window.setTimeout(open, reopenMs)
        reopenMs = Math.min(reopenMs * 2, longestReopenMs)
      })
    }
    // A browser allows few connections per site: pages in the background give theirs back.
    const lookedAt = () => (document.visibilityState === 'visible' ? source || open() : close())

    lookedAt()
    document.addEventListener('visibilitychange', lookedAt)
    window.addEventListener('online', open)
    return () => {
      document.removeEventListener('visibilitychange', lookedAt)
      window.removeEventListener('online', open)
      close()
    }
  }, [])

  return live
}
