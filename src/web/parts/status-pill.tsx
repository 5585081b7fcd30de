// The status of a channel in a word and a colour.
import type { ChannelStatus } from '../../contract.ts'
import { useTexts } from '../texts/language.tsx'
import type { Tone } from './notice.tsx'
import styles from './status-pill.module.css'

export const statusTones: Record<ChannelStatus, Tone> = {
  connecting: 'info',
  verifying: 'info',
  connected: 'good',
  retrying: 'warn',
  action_required: 'bad',
  failed: 'bad',
  disconnected: 'calm',
}

export function StatusPill({ status }: { status: ChannelStatus }) {
  const texts = useTexts()
  const moving = status === 'connecting' || status === 'verifying'
  return (
    <span
      className={`${styles.pill} ${styles[statusTones[status]]} ${moving ? styles.moving : ''}`}
      data-status={status}
    >
      <span className={styles.dot} />
      {texts.status[status]}
    </span>
  )
}
