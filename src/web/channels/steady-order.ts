// The order of the cards: that of the list, except that none moves while somebody is at them.
import { useEffect, useMemo, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { rankOf } from '../../outcomes/ranks.ts'
import { inOrder } from '../data/channels.ts'

const ranksOf = (channels: Channel[]) => new Map(channels.map(({ id, status }) => [id, rankOf(status)]))

/** @param busy somebody points at a card, has the focus in one, or a dialog open */
export function useSteadyOrder(channels: Channel[], busy: boolean): Channel[] {
  /** as they stood when nobody was at them */
  const [settled, setSettled] = useState(channels)
  useEffect(() => {
    if (busy) return
    // Not at once: the focus is nowhere for a moment on its way from one place to the next.
    const timer = setTimeout(() => setSettled(channels))
    return () => clearTimeout(timer)
  }, [busy, channels])
  return useMemo(() => channels.toSorted(inOrder(ranksOf(settled))), [channels, settled])
}
