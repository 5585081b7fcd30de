// A state in a word and a colour: that of a channel, or any other.
import type { ReactNode } from 'react'
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
    <Pill tone={statusTones[status]} moving={moving} status={status}>
      {texts.status[status]}
    </Pill>
  )
}

interface PillProps {
  tone: Tone
  moving?: boolean
  status?: ChannelStatus
  children: ReactNode
}

export function Pill({ tone, moving = false, status, children }: PillProps) {
  return (
    <span className={`${styles.pill} ${styles[tone]} ${moving ? styles.moving : ''}`} data-status={status}>
      <span className={styles.dot} />
      {children}
    </span>
  )
}
