// One's own channels in their order: a card for each of few, a row for each of many.
import { useEffect, useRef, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { useTexts } from '../texts/language.tsx'
import { ChannelCard } from './channel-card.tsx'
import type { OpenDialog } from './channels-page.tsx'
import styles from './channels.module.css'
import { ManyChannels } from './many-channels.tsx'
import { useSteadyOrder } from './steady-order.ts'

/** More of them would be a long way to scroll. */
export const MOST_CARDS = 10

interface ListProps {
  channels: Channel[]
  isMany: boolean
  /** there are more, which are on their way */
  isLoading: boolean
  /** a dialog is open */
  isBusy: boolean
  onConnect: OpenDialog
  focused: { id: string; times: number }
}

export function ChannelList({ channels, isMany, isLoading, isBusy, onConnect, focused }: ListProps) {
  const { channels: texts } = useTexts()
  const [pointed, setPointed] = useState(false)
  const [focusIn, setFocusIn] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  // By the document: a dialog that is closed under the pointer would never be left otherwise.
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    place.current?.addEventListener('pointerenter', () => setPointed(true), { signal })
    place.current?.addEventListener('pointerleave', () => setPointed(false), { signal })
    return () => stop.abort()
  }, [])
  const ordered = useSteadyOrder(channels, pointed || focusIn || isBusy)
  return (
    <div ref={place} onFocusCapture={() => setFocusIn(true)} onBlurCapture={() => setFocusIn(false)}>
      {isMany ? (
        <ManyChannels channels={ordered} isLoading={isLoading} onConnect={onConnect} focused={focused} />
      ) : (
        <ul className={styles.list} aria-label={texts.list}>
          {ordered.map((channel) => (
            <li key={channel.id}>
              <ChannelCard
                channel={channel}
                onConnect={onConnect}
                takeFocus={focused.id === channel.id ? focused.times : 0}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
