// What is wrong with a channel, why, and the one button that helps; or a remark about one that works.
import { Anchor, Button, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Channel, Outcome } from '../../contract.ts'
import { isolated, shownHandle } from '../../input/shown.ts'
import { usePaused } from '../data/session.ts'
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
  onStart: (what: 'verify' | 'retry') => void
  starting: boolean
  /** @param from takes the focus back */
  onRemove: (from: HTMLElement) => void
}

export function ChannelProblem(props: ProblemProps) {
  const { channel } = props
  const { outcome, nextTryAt } = channel
  return (
    <WhatHappened
      channel={channel}
      actions={
        <>
          <MainButton {...props} />
          {channel.status === 'retrying' && nextTryAt && <Countdown at={nextTryAt} />}
          <AlsoButton {...props} />
          {outcome?.link && channel.button !== 'open_link' && <OutcomeLink link={outcome.link} />}
        </>
      }
    />
  )
}

/** What is wrong, since when, and what to do about it. */
export function WhatHappened({ channel, actions }: { channel: Channel; actions?: ReactNode }) {
  const { texts, locale } = useLanguage()
  const outcomeText = useOutcomeText()
  const { outcome, brokenSince, lastVerifiedAt } = channel
  const words = outcome && outcomeText(outcome)
  const time = (at: string) => clockTime(locale, new Date(at))
  return (
    <Notice tone={statusTones[channel.status]} title={words?.title ?? texts.status[channel.status]} actions={actions}>
      <p>{words?.cause ?? texts.channels.disconnectedBody}</p>
      {brokenSince && lastVerifiedAt && <p>{texts.channels.brokenSince(time(brokenSince), time(lastVerifiedAt))}</p>}
      {words && (
        <p className={styles.fix}>
          <strong>{texts.channels.whatToDo}:</strong> {words.fix}
        </p>
      )}
    </Notice>
  )
}

/** The one thing that helps. */
export function MainButton({ channel, onConnect, onStart, starting, onRemove }: ProblemProps) {
  const texts = useTexts()
  const paused = usePaused()
  const link = useLinkText()
  const { outcome } = channel
  const currentHandle = outcome?.params['currentHandle']
  switch (channel.button) {
    case 'wait':
    case 'try_now':
    case 'check_again':
      return (
        <Button
          leftSection={<Icon name="refresh" />}
          onClick={() => onStart('retry')}
          loading={starting}
          disabled={paused || channel.button === 'wait'}
        >
          {channel.button === 'check_again' ? texts.channels.verify : texts.channels.tryNow}
        </Button>
      )
    case 'verify':
      return (
        <Button
          leftSection={<Icon name="refresh" />}
          onClick={() => onStart('verify')}
          loading={starting}
          disabled={paused}
        >
          {texts.tryAgain}
        </Button>
      )
    case 'ask_admin':
      return <AskAdmin channel={channel} />
    case 'correct_handle':
      return (
        <Button onClick={() => onConnect({ way: 'correct_handle', channel })} disabled={paused}>
          {currentHandle
            ? texts.channels.offerHandle(isolated(atHandle(shownHandle(currentHandle))))
            : texts.channels.correctHandle}
        </Button>
      )
    case 'open_link':
      return (
        outcome?.link && (
          <Button
            component="a"
            href={outcome.link}
            target="_blank"
            rel="noreferrer"
            rightSection={<Icon name="external" size={16} />}
          >
            {link(outcome.link)}
            <VisuallyHidden component="span"> {texts.opensNewTab}</VisuallyHidden>
          </Button>
        )
      )
    case 'remove':
      return (
        <Button
          variant="default"
          leftSection={<Icon name="trash" />}
          onClick={(event) => onRemove(event.currentTarget)}
        >
          {texts.channels.remove}
        </Button>
      )
    default:
      return (
        <Button
          leftSection={<Icon name="key" />}
          onClick={() => onConnect({ way: 'reconnect', channel })}
          disabled={paused}
        >
          {texts.channels.reconnect}
        </Button>
      )
  }
}

/** What helps as well, or after that. */
function AlsoButton({ channel, onConnect }: Pick<ProblemProps, 'channel' | 'onConnect'>) {
  const { channels: texts } = useTexts()
  const paused = usePaused()
  const seen = channel.outcome?.params.seenHandle
  if (channel.also === 'reconnect') {
    return (
      <Button variant="default" onClick={() => onConnect({ way: 'reconnect', channel })} disabled={paused}>
        {texts.reconnect}
      </Button>
    )
  }
  if (channel.also !== 'connect_other' || !seen) return null
  return (
    <Button variant="default" onClick={() => onConnect({ way: 'new', identifier: seen })} disabled={paused}>
      {texts.connectOther(atHandle(seen))}
    </Button>
  )
}

/** A channel that works, but whose last checks could not tell. */
export function ChannelFault({ fault }: { fault: NonNullable<Channel['fault']> }) {
  const { texts, locale } = useLanguage()
  const outcomeText = useOutcomeText()
  return (
    <Notice tone="calm" icon="clock">
      <p>
        {texts.channels.checkMet(clockTime(locale, new Date(fault.at)), outcomeText(fault).title)}{' '}
        {texts.channels.checkedAgain}
      </p>
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

/** @returns gives the words for where a link leads */
function useLinkText(): (link: string) => string {
  const { channels: texts } = useTexts()
  return (link) => {
    if (link.endsWith('/settings/app-passwords')) return texts.createAppPassword
    return hostOf(link) === 'bsky.app' ? texts.openApp : texts.openLink(hostOf(link))
  }
}

function OutcomeLink({ link }: { link: NonNullable<Outcome['link']> }) {
  const texts = useTexts()
  const linkText = useLinkText()
  return (
    <Anchor href={link} target="_blank" rel="noreferrer" className={styles.link}>
      {linkText(link)}
      <Icon name="external" size={15} />
      <VisuallyHidden component="span">{texts.opensNewTab}</VisuallyHidden>
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
      {left ? texts.channels.nextTryAt(clockTime(locale, new Date(at), new Date(now))) : texts.channels.nextTryNow}
      {left && (
        <span className={styles.left} role="timer" aria-live="off">
          {left}
        </span>
      )}
    </time>
  )
}
