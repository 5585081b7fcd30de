// What is wrong with a channel, why, and the one button that helps; or a remark about one that works.
import { Anchor, Button } from '@mantine/core'
import type { Channel, Outcome } from '../../contract.ts'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { statusTones } from '../parts/status-pill.tsx'
import { clockTime, fullTime, timeLeft, useSeconds } from '../parts/time.tsx'
import { useLanguage, useOutcomeText, useTexts } from '../texts/language.tsx'
import { AskAdmin } from './ask-admin.tsx'
import type { OpenDialog } from './channels-page.tsx'
import { atHandle, hostOf } from './naming.ts'
import styles from './problem.module.css'

interface ProblemProps {
  channel: Channel
  onConnect: OpenDialog
  onVerify: () => void
  verifying: boolean
}

export function ChannelProblem({ channel, onConnect, onVerify, verifying }: ProblemProps) {
  const texts = useTexts()
  const outcomeText = useOutcomeText()
  const { outcome } = channel
  const words = outcome && outcomeText(outcome)
  const currentHandle = outcome?.params['currentHandle']

  const button = () => {
    switch (channel.button) {
      case 'wait':
        return channel.nextTryAt && <Countdown at={channel.nextTryAt} />
      case 'verify':
        return (
          <Button leftSection={<Icon name="refresh" />} onClick={onVerify} loading={verifying}>
            {texts.tryAgain}
          </Button>
        )
      case 'ask_admin':
        return <AskAdmin channel={channel} />
      case 'correct_handle':
        return (
          <Button onClick={() => onConnect({ way: 'correct_handle', channel })}>
            {currentHandle ? texts.channels.offerHandle(atHandle(currentHandle)) : texts.channels.correctHandle}
          </Button>
        )
      default:
        return (
          <Button leftSection={<Icon name="key" />} onClick={() => onConnect({ way: 'reconnect', channel })}>
            {texts.channels.reconnect}
          </Button>
        )
    }
  }

  return (
    <Notice
      tone={statusTones[channel.status]}
      title={words?.title ?? texts.status[channel.status]}
      actions={
        <>
          {button()}
          {outcome?.link && <OutcomeLink link={outcome.link} />}
        </>
      }
    >
      <p>{words?.cause ?? texts.channels.disconnectedBody}</p>
      {words && (
        <p className={styles.fix}>
          <strong>{texts.channels.whatToDo}:</strong> {words.fix}
        </p>
      )}
    </Notice>
  )
}

/** A channel that works, with something worth knowing. */
export function ChannelRemark({ channel }: { channel: Channel }) {
  const outcomeText = useOutcomeText()
  const { outcome } = channel
  if (!outcome?.remark) return null
  const words = outcomeText(outcome)
  const actable = outcome.link !== null
  const calmTone = actable ? 'info' : 'calm'
  return (
    <Notice
      {...(outcome.remark === 'warning' ? { tone: 'warn', title: words.title, icon: 'alert' } : { tone: calmTone })}
      {...(actable ? { actions: <OutcomeLink link={outcome.link ?? ''} /> } : {})}
    >
      <p>
        {words.cause} {actable && words.fix}
      </p>
    </Notice>
  )
}

function OutcomeLink({ link }: { link: NonNullable<Outcome['link']> }) {
  const texts = useTexts()
  const appPasswords = link.endsWith('/settings/app-passwords')
  return (
    <Anchor href={link} target="_blank" rel="noreferrer" className={styles.link}>
      {appPasswords ? texts.channels.createAppPassword : texts.channels.openLink(hostOf(link))}
      <Icon name="external" size={15} />
      <span className={styles.hidden}>{texts.opensNewTab}</span>
    </Anchor>
  )
}

/** Ticks in silence; the time itself is said once. */
function Countdown({ at }: { at: string }) {
  const { texts, locale } = useLanguage()
  const now = useSeconds()
  const left = timeLeft(at, now)
  return (
    <time className={styles.wait} dateTime={at} title={fullTime(locale, new Date(at))}>
      <Icon name="clock" />
      {left ? texts.channels.waitUntil(clockTime(locale, new Date(at), new Date(now))) : texts.channels.tryingNow}
      {left && (
        <span className={styles.left} role="timer" aria-live="off">
          {left}
        </span>
      )}
    </time>
  )
}
