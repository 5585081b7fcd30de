// What a page shows when it has nothing to show: empty, failed, offline, loading.
import { Button, Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { onlineManager } from '@tanstack/react-query'
import { useState, useSyncExternalStore, type ReactNode } from 'react'
import { inWords } from '../../outcomes/words.ts'
import { ApiError } from '../data/http.ts'
import { useLanguage, useTexts } from '../texts/language.tsx'
import { Icon, type IconName } from './icons.tsx'
import { Notice } from './notice.tsx'
import styles from './states.module.css'

export const useOnline = () =>
  useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  )

interface StateProps {
  icon: IconName
  tone?: 'info' | 'bad' | 'calm' | 'good'
  title: string
  children?: ReactNode
  actions?: ReactNode
  reference?: string | null
  role?: 'alert'
}

export function State({ icon, tone = 'info', title, children, actions, reference, role }: StateProps) {
  const texts = useTexts()
  return (
    <div className={styles.state} role={role}>
      <div className={`${styles.badge} ${styles[tone] ?? ''}`}>
        <Icon name={icon} size={28} />
      </div>
      <h2>{title}</h2>
      {children && <p className={styles.text}>{children}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
      {reference && <p className={styles.reference}>{texts.reference(reference)}</p>}
    </div>
  )
}

/** @returns the sentence for an error of a call, in the language of the reader where we have one */
export function useErrorText(): (error: Error) => string {
  const { texts, locale } = useLanguage()
  return (error) => {
    if (!(error instanceof ApiError)) return error.message
    if (error.code === 'no_response') return texts.states.noAnswer
    if (error.code === 'too_slow') return texts.states.tooSlow
    const text = texts.problems[error.code] ?? error.message
    return text.replace('{wait}', inWords(error.retryAfterSeconds ?? 60, locale))
  }
}

/** What an error of a call means, and what to do about it where the API knows that. */
export function ErrorNotice({ error, children }: { error: Error; children?: ReactNode }) {
  const texts = useTexts()
  const errorText = useErrorText()
  return (
    <Notice tone="bad" role="alert">
      <p>{errorText(error)}</p>
      {error instanceof ApiError && error.fix && <p>{texts.fixes[error.code] ?? error.fix}</p>}
      {children}
    </Notice>
  )
}

export const referenceOf = (error: Error) => (error instanceof ApiError ? error.requestId : null)

interface Asked {
  error: Error | null
  fetchStatus: string
  refetch: () => Promise<unknown>
}

interface WaitingProps {
  /** heights of what will stand there */
  bars: number[]
  className?: string
}

export function Waiting({ bars, ...frame }: WaitingProps) {
  const texts = useTexts()
  return (
    <div {...frame} aria-busy="true">
      <VisuallyHidden role="status">{texts.loading}</VisuallyHidden>
      <Bars heights={bars} />
    </div>
  )
}

/** Waiting, offline or failed; use it while there is no data. */
export function NotThereYet({ asked, ...waiting }: { asked: Asked } & WaitingProps) {
  const texts = useTexts()
  const errorText = useErrorText()
  const [failed, setFailed] = useState(asked.error)
  const [asking, setAsking] = useState(false)
  // What is asked for again in the background has no error meanwhile: the words stay until there is something better.
  if (asked.error && asked.error !== failed) setFailed(asked.error)
  if (asked.fetchStatus === 'paused') {
    return (
      <State icon="offline" tone="calm" title={texts.states.offlineTitle}>
        {texts.states.offlineBody}
      </State>
    )
  }
  if (failed) {
    const askAgain = () => {
      setAsking(true)
      void asked.refetch().finally(() => setAsking(false))
    }
    return (
      <State
        icon="alert"
        tone="bad"
        role="alert"
        title={texts.states.errorTitle}
        reference={referenceOf(failed)}
        actions={
          <Button variant="default" onClick={askAgain} loading={asking} leftSection={<Icon name="refresh" />}>
            {texts.tryAgain}
          </Button>
        }
      >
        {errorText(failed)}
      </State>
    )
  }
  return <Waiting {...waiting} />
}

/** Grey bars of the size of what will stand there. */
export function Bars({ heights }: { heights: number[] }) {
  return (
    <Stack gap="md" aria-hidden="true">
      {heights.map((height, index) => (
        <Skeleton key={index} height={height} radius={14} />
      ))}
    </Stack>
  )
}
