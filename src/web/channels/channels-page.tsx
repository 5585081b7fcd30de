// /app/channels: one's own channels, kept up to date while one looks.
import { Button, Menu } from '@mantine/core'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Channel, RemovedEvent } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { cachedChannels, isInStep, useChannels, useWholeList } from '../data/channels.ts'
import { useLiveChannels } from '../data/live.ts'
import { usePaused } from '../data/session.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { focusTitle, Page } from '../parts/page.tsx'
import { ErrorNotice, NotThereYet, State, useOnline } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { useAnnouncer } from './announcer.ts'
import { loadDetails } from './channel-body.tsx'
import { cardId } from './channel-card.tsx'
import { ChannelList, MOST_CARDS } from './channel-list.tsx'
import styles from './channels.module.css'
import { nameOf } from './naming.ts'
import { PausedNotice } from './paused-notice.tsx'
import { useReconnectLink } from './reconnect-link.ts'
import { Standing } from './standing.tsx'
import { RemovalNotices } from './removal-notices.tsx'

const loadDialog = () => import('./connect-dialog.tsx')
const ConnectDialog = lazy(loadDialog)

/** What the dialog is open for: a new channel, another handle for one, or a new password for one. */
export type Connecting = { way: 'new'; identifier?: string } | { way: 'correct_handle' | 'reconnect'; channel: Channel }

/** @param from takes the focus back when the dialog is closed; without it, what has the focus now */
export type OpenDialog = (what: Connecting, from?: Element | null) => void

export default function ChannelsPage() {
  const texts = useTexts()
  const online = useOnline()
  const paused = usePaused()
  /** what happened without anybody's doing here, until it is put away */
  const [told, setTold] = useState<string | null>(null)
  const live = useLiveChannels(onRemoved)
  const isLive = live === undefined || live === 'streamed'
  const list = useChannels(isLive)
  const [connecting, setConnecting] = useState<Connecting | null>(null)
  // A card can be asked to take the focus more than once.
  const [focused, setFocused] = useState({ id: '', times: 0 })
  const startedBy = useRef<Element | null>(null)
  const channels = useMemo(() => list.data?.pages.flatMap((page) => page.channels), [list.data])
  useAnnouncer(channels)
  const { isLoading, isWhole } = useWholeList(list)
  const isMany = channels !== undefined && (channels.length > MOST_CARDS || !isWhole)
  const linkError = useReconnectLink(onLink)

  const focusCard = (id: string) => setFocused(({ times }) => ({ id, times: times + 1 }))
  const open = useCallback<OpenDialog>((what, from = document.activeElement) => {
    startedBy.current = from
    setConnecting(what)
  }, [])
  const close = (channel?: Channel) => {
    setConnecting(null)
    if (channel && cachedChannels().some(({ id }) => id === channel.id)) focusCard(channel.id)
    else if (startedBy.current instanceof HTMLElement && startedBy.current.isConnected) startedBy.current.focus()
    else focusTitle()
  }
  function tell(sentence: string) {
    setTold(sentence)
    announce(sentence)
  }
  function onLink(channel: Channel | null) {
    if (!channel) return tell(texts.channels.linkGone)
    if (channel.status === 'connected') return tell(texts.channels.linkConnected(isolated(nameOf(channel))))
    if (isInStep(channel)) return focusCard(channel.id)
    open({ way: 'reconnect', channel }, null)
  }
  function onRemoved({ id, mergedInto }: RemovedEvent) {
    const before = cachedChannels().find((channel) => channel.id === id)
    if (!before || !mergedInto) return
    tell(texts.channels.merged(isolated(nameOf(before))))
    if (document.getElementById(cardId(id))?.contains(document.activeElement)) focusCard(mergedInto)
  }
  // Ahead of their first use: they open at once then, and offline too. What fails is loaded when it is needed.
  useEffect(() => void Promise.allSettled([loadDialog(), loadDetails()]), [])

  return (
    <Page
      title={texts.channels.title}
      lead={channels?.length === 0 ? texts.channels.welcome : texts.channels.lead}
      wide={isMany}
      actions={
        channels &&
        channels.length > 0 && <ConnectMenu onBluesky={(from) => open({ way: 'new' }, from)} disabled={paused} />
      }
    >
      {paused && <PausedNotice />}
      {live === 'interrupted' && online && (
        <Notice tone="warn" icon="refresh" role="status">
          <p>{texts.channels.interrupted}</p>
        </Notice>
      )}
      {told && (
        <Notice
          tone="info"
          onClose={() => {
            setTold(null)
            focusTitle()
          }}
        >
          <p>{told}</p>
        </Notice>
      )}
      {linkError && <ErrorNotice error={linkError} />}
      <RemovalNotices live={isLive} />
      {!channels && <NotThereYet asked={list} bars={[124, 124, 124]} />}
      {channels?.length === 0 && (
        <div className={styles.empty}>
          <State
            icon="cloud"
            title={texts.channels.emptyTitle}
            actions={
              <Button
                size="md"
                leftSection={<Icon name="plus" />}
                onClick={() => open({ way: 'new' })}
                disabled={paused}
              >
                {texts.channels.connectBluesky}
              </Button>
            }
          >
            {texts.channels.emptyBody}
          </State>
        </div>
      )}
      {channels && <Standing channels={channels} />}
      {channels && channels.length > 0 && (
        <ChannelList
          channels={channels}
          isMany={isMany}
          isLoading={isLoading}
          isBusy={connecting !== null}
          onConnect={open}
          focused={focused}
        />
      )}
      {list.hasNextPage && !isLoading && (
        <Button variant="default" onClick={() => list.fetchNextPage()} loading={list.isFetchingNextPage}>
          {texts.showMore}
        </Button>
      )}
      {connecting && (
        <Suspense>
          <ConnectDialog connecting={connecting} channels={channels ?? []} onClose={close} />
        </Suspense>
      )}
    </Page>
  )
}

interface ConnectMenuProps {
  onBluesky: (from: Element | null) => void
  disabled: boolean
}

function ConnectMenu({ onBluesky, disabled }: ConnectMenuProps) {
  const { channels: texts } = useTexts()
  const button = useRef<HTMLButtonElement>(null)
  return (
    <Menu position="bottom-end" width={270} shadow="md" radius="md">
      <Menu.Target>
        <Button ref={button} size="md" leftSection={<Icon name="plus" />} disabled={disabled}>
          {texts.connect}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="cloud" size={22} />} onClick={() => onBluesky(button.current)}>
          <span className={styles.network}>{texts.bluesky}</span>
          <span className={styles.networkHint}>{texts.blueskyHint}</span>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
