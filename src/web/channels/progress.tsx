// The way of a channel in three steps, and where on it it is.
import { VisuallyHidden } from '@mantine/core'
import type { Channel } from '../../contract.ts'
import { useTexts } from '../texts/language.tsx'
import styles from './progress.module.css'

type StepState = 'passed' | 'now' | 'stopped' | 'ahead'

/** How far a channel is, and how its current step goes. */
function position({ status, outcome }: Channel): [step: number, state: StepState, waiting: boolean] {
  const failedAt = outcome?.step === 'verify' ? 1 : 0
  switch (status) {
    case 'connecting':
      return [0, 'now', false]
    case 'verifying':
      return [1, 'now', false]
    case 'connected':
      return [2, 'passed', false]
    default:
      return [failedAt, 'stopped', status === 'retrying']
  }
}

export function Progress({ channel }: { channel: Channel }) {
  const { channels: texts } = useTexts()
  const [current, state, waiting] = position(channel)
  const words = { passed: texts.stepPassed, now: texts.stepNow, stopped: texts.stepFailed, ahead: '' }
  return (
    <ol className={styles.steps} aria-label={texts.progress}>
      {[texts.stepConnect, texts.stepVerify, texts.stepDone].map((label, index) => {
        const done: StepState = index < current ? 'passed' : 'ahead'
        const step = index === current ? state : done
        return (
          <li
            key={label}
            className={`${styles.step} ${styles[step] ?? ''} ${step === 'stopped' && waiting ? styles.waiting : ''}`}
            aria-current={index === current ? 'step' : undefined}
          >
            <span className={styles.track} aria-hidden="true" />
            <span>
              {label}
              {words[step] && <VisuallyHidden component="span"> ({words[step]})</VisuallyHidden>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
