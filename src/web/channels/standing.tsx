// The line above the list: how many channels need somebody, how many are connected, and since when all were checked.
import { useEffect, useRef } from 'react'
import type { Channel } from '../../contract.ts'
import { refreshOwnSummary, useOwnSummary } from '../data/channels.ts'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './channels.module.css'
import { checkedAt } from './naming.ts'

export function Standing({ channels }: { channels: Channel[] }) {
  const { channels: texts, nav } = useTexts()
  const summary = useOwnSummary()
  // Whatever came to pass with the channels on the page, it counts.
  const counted = channels.map((channel) => [channel.id, channel.status, checkedAt(channel)].join(' ')).join()
  const before = useRef(counted)
  useEffect(() => {
    if (before.current === counted) return
    before.current = counted
    refreshOwnSummary()
  }, [counted])

  if (channels.length === 0) return null
  const { needsAction, connected, oldestCheckAt } = summary.data ?? {}
  return (
    <p className={styles.standing}>
      {Boolean(needsAction) && <span className={styles.needs}>{nav.needAttention(needsAction ?? 0)}</span>}
      {connected !== undefined && <span>{texts.countConnected(connected)}</span>}
      {oldestCheckAt && (
        <span>
          {connected === 1 ? texts.checked : texts.allChecked} <Time at={oldestCheckAt} exact />
        </span>
      )}
    </p>
  )
}
