// One channel: who it is, how it stands, and the one thing that helps when it does not work.
import { ActionIcon, Avatar, Button, Menu } from '@mantine/core'
import { lazy, Suspense, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { isInStep, isMoving, useStart } from '../data/channels.ts'
import { ApiError } from '../data/http.ts'
import { usePaused } from '../data/session.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { focusTitle } from '../parts/page.tsx'
import { Bars, useErrorText } from '../parts/states.tsx'
import { StatusPill } from '../parts/status-pill.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import { ChannelFault, ChannelProblem, ChannelRemark } from './channel-problem.tsx'
import type { OpenDialog } from './channels-page.tsx'
import styles from './channels.module.css'
import { accountOf, atHandle, checkedAt, hostOf, nameOf } from './naming.ts'
import { Progress } from './progress.tsx'
import { RemoveDialog } from './remove-dialog.tsx'

export const loadDetails = () => import('./channel-details.tsx')
const ChannelDetails = lazy(loadDetails)

export const cardId = (channelId: string) => `channel-${channelId}`

interface CardProps {
  channel: Channel
  onConnect: OpenDialog
  /** above 0: the card takes the focus, again each time the number changes */
  takeFocus: number
}

export function ChannelCard({ channel, onConnect, takeFocus }: CardProps) {
  const { channels: texts } = useTexts()
  const [open, setOpen] = useState(false)
  /** what opened the question, and takes the focus back */
  const [removing, setRemoving] = useState<HTMLElement | null>(null)
  const paused = usePaused()
  // Whoever watched the steps sees the last one stay, and the cards below do not jump.
  const [watched, setWatched] = useState(false)
  if (!watched && isMoving(channel)) setWatched(true)
  const start = useStart(channel.id)
  const [refused, setRefused] = useState<{ error: Error; seen: number }>()
  const errorText = useErrorText()
  const card = useRef<HTMLElement>(null)
  const menuButton = useRef<HTMLButtonElement>(null)
  const id = useId()
  const name = nameOf(channel)
  const account = accountOf(channel)
  const moving = isInStep(channel)
  const checked = checkedAt(channel)

  useEffect(() => {
    if (takeFocus) card.current?.focus()
  }, [takeFocus])

  // The page keeps the focus when the card goes.
  useLayoutEffect(() => {
    const here = card.current
    return () => {
      if (here?.contains(document.activeElement)) focusTitle()
    }
  }, [])

  const begin = (what: 'verify' | 'retry') => {
    setRefused(undefined)
    start.mutate(what, {
      onSuccess: () => announce(what === 'verify' ? texts.checking(isolated(name)) : texts.trying(isolated(name))),
      onError: (error) => setRefused({ error, seen: channel.revision }),
    })
  }
  // What was refused to an earlier state says nothing of this one.
  const refusal = refused?.seen === channel.revision ? refused.error : null
  const sessionLost = refusal instanceof ApiError && refusal.code === 'channel_not_connected'

  return (
    <article ref={card} id={cardId(channel.id)} className={styles.card} tabIndex={-1} aria-labelledby={`${id}-name`}>
      <div className={styles.head}>
        <Avatar
          src={channel.avatar}
          alt=""
          name={name}
          size={44}
          color="blue"
          imageProps={{ referrerPolicy: 'no-referrer', loading: 'lazy' }}
        />
        <div>
          <h2 id={`${id}-name`} className={styles.name} title={name}>
            <bdi>{name}</bdi>
          </h2>
          <p className={styles.sub}>
            {account === name ? texts.bluesky : <bdi>{atHandle(account)}</bdi>} · {hostOf(channel.serviceUrl)}
          </p>
        </div>
        <StatusPill status={channel.status} />
        <Menu position="bottom-end" width={270} shadow="md" radius="md">
          <Menu.Target>
            <ActionIcon
              ref={menuButton}
              variant="subtle"
              color="gray"
              size={38}
              radius="md"
              aria-label={texts.menu(isolated(name))}
            >
              <Icon name="dots" size={22} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {channel.status === 'connected' && (
              <Menu.Item leftSection={<Icon name="refresh" />} onClick={() => begin('verify')} disabled={paused}>
                {texts.verify}
                <span className={styles.itemHint}>{texts.verifyHint}</span>
              </Menu.Item>
            )}
            <Menu.Item
              leftSection={<Icon name="key" />}
              onClick={() => onConnect({ way: 'reconnect', channel }, menuButton.current)}
              disabled={moving || paused}
            >
              {channel.status === 'connected' ? texts.newPassword : texts.reconnect}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item
              className={styles.danger}
              leftSection={<Icon name="trash" />}
              onClick={() => setRemoving(menuButton.current)}
            >
              {texts.remove}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>

      <div
        className={styles.body}
        hidden={!watched && channel.status === 'connected' && !refusal && !channel.outcome?.remark && !channel.fault}
      >
        {watched && channel.status !== 'disconnected' && <Progress channel={channel} />}
        {channel.status === 'connected' ? (
          <>
            {channel.fault && <ChannelFault fault={channel.fault} />}
            <ChannelRemark channel={channel} />
          </>
        ) : (
          !moving && (
            <ChannelProblem
              channel={channel}
              onConnect={onConnect}
              onStart={(what) => {
                // The button goes as soon as it begins.
                card.current?.focus()
                begin(what)
              }}
              starting={start.isPending}
              onRemove={setRemoving}
            />
          )
        )}
        {refusal && (
          <div role="alert" className={styles.error}>
            <p>{errorText(refusal)}</p>
            {sessionLost && (
              <Button variant="default" size="compact-sm" onClick={() => onConnect({ way: 'reconnect', channel })}>
                {texts.reconnect}
              </Button>
            )}
          </div>
        )}
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
      {removing && (
        <RemoveDialog
          channel={channel}
          onClose={() => {
            setRemoving(null)
            removing.focus()
          }}
        />
      )}
    </article>
  )
}
