// A coloured box that says one thing, and what to do about it.
import { CloseButton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/language.tsx'
import { Icon, type IconName } from './icons.tsx'
import styles from './notice.module.css'

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'calm'

const icons: Record<Tone, IconName> = { good: 'checkCircle', warn: 'clock', bad: 'alert', info: 'info', calm: 'info' }

interface NoticeProps {
  tone: Tone
  title?: string
  icon?: IconName
  children?: ReactNode
  actions?: ReactNode
  /** alert interrupts a screen reader, status waits; absent says nothing by itself */
  role?: 'alert' | 'status'
  /** present: it can be put away */
  onClose?: () => void
}

export function Notice({ tone, title, icon, children, actions, role, onClose }: NoticeProps) {
  const texts = useTexts()
  return (
    <div className={`${styles.notice} ${styles[tone]}`} role={role}>
      <Icon name={icon ?? icons[tone]} size={20} />
      <div className={styles.content}>
        {title && <p className={styles.title}>{title}</p>}
        {children}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {onClose && <CloseButton aria-label={texts.close} onClick={onClose} />}
    </div>
  )
}
