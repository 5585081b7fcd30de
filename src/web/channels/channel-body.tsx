// What stands below the head of a channel: its way, what is wrong and what helps, since when, and its details.
import { Button } from '@mantine/core'
import { lazy, Suspense, useId, useState, type ReactNode } from 'react'
import type { Channel } from '../../contract.ts'
import { isInStep, isMoving } from '../data/channels.ts'
import { ApiError } from '../data/http.ts'
import { Icon } from '../parts/icons.tsx'
import { Bars, useErrorText } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import { ChannelFault, ChannelProblem, ChannelRemark } from './channel-problem.tsx'
import type { OpenDialog } from './channels-page.tsx'
import styles from './channels.module.css'
import { checkedAt } from './naming.ts'
import { Progress } from './progress.tsx'
import type { Acts } from './use-acts.tsx'

export const loadDetails = () => import('./channel-details.tsx')
const ChannelDetails = lazy(loadDetails)

interface BodyProps {
  channel: Channel
  acts: Acts
  onConnect: OpenDialog
  /** what stands above the line of times */
  children?: ReactNode
}

export function ChannelBody({ channel, acts, onConnect, children }: BodyProps) {
  const { channels: texts } = useTexts()
  const [open, setOpen] = useState(false)
  // Whoever watched the steps sees the last one stay, and the cards below do not jump.
  const [watched, setWatched] = useState(false)
  if (!watched && isMoving(channel)) setWatched(true)
  const id = useId()
  const checked = checkedAt(channel)
  const { refusal } = acts
  const isQuiet =
    !watched && channel.status === 'connected' && !refusal && !channel.outcome?.remark && !channel.fault && !children

  return (
    <>
      <div className={styles.body} hidden={isQuiet}>
        {watched && channel.status !== 'disconnected' && <Progress channel={channel} />}
        {channel.status === 'connected' ? (
          <>
            {channel.fault && <ChannelFault fault={channel.fault} />}
            <ChannelRemark channel={channel} />
          </>
        ) : (
          !isInStep(channel) && (
            <ChannelProblem
              channel={channel}
              onConnect={onConnect}
              onStart={acts.beginHere}
              starting={acts.starting}
              onRemove={acts.remove}
            />
          )
        )}
        {refusal && <Refusal channel={channel} error={refusal} onConnect={onConnect} />}
        {children}
      </div>

      <div className={styles.foot}>
        <p className={styles.times}>
          <span>
            {texts.since} <Time at={channel.since} exact />
          </span>
          {channel.status === 'connected' && checked && (
            <span>
              {texts.checked} <Time at={checked} />
            </span>
          )}
        </p>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          aria-expanded={open}
          aria-controls={`${id}-details`}
          onClick={() => setOpen(!open)}
          rightSection={
            <span className={styles.chevron} data-open={open || undefined}>
              <Icon name="chevron" size={16} />
            </span>
          }
        >
          {texts.details}
        </Button>
      </div>
      <div id={`${id}-details`} hidden={!open} className={styles.details}>
        {open && (
          <Suspense fallback={<Bars heights={[60, 60]} />}>
            <ChannelDetails channel={channel} />
          </Suspense>
        )}
      </div>
    </>
  )
}

function Refusal({ channel, error, onConnect }: Pick<BodyProps, 'channel' | 'onConnect'> & { error: Error }) {
  const { channels: texts } = useTexts()
  const errorText = useErrorText()
  const sessionLost = error instanceof ApiError && error.code === 'channel_not_connected'
  return (
    <div role="alert" className={styles.error}>
      <p>{errorText(error)}</p>
      {sessionLost && (
        <Button variant="default" size="compact-sm" onClick={() => onConnect({ way: 'reconnect', channel })}>
          {texts.reconnect}
        </Button>
      )}
    </div>
  )
}
