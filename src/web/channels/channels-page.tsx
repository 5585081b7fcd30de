// /app/channels: one's own channels, kept up to date while one looks.
import { Button, Menu } from '@mantine/core'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { cachedChannels, useChannels } from '../data/channels.ts'
import { useLiveChannels, type LiveListener } from '../data/live.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Bars, NotThereYet, State, useOnline } from '../parts/states.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { ChannelCard } from './channel-card.tsx'
import styles from './channels.module.css'
import { nameOf } from './main-action.ts'

const loadDialog = () => import('./connect-dialog.tsx')
const ConnectDialog = lazy(loadDialog)

/** What the dialog is open for: a new channel, another handle for one, or a new password for one. */
export type Connecting = { way: 'new' } | { way: 'correct_handle' | 'reconnect'; channel: Channel }

export function ChannelsPage() {
  const texts = useTexts()
  const online = useOnline()
  const live = useLiveChannels(useAnnouncer())
  const list = useChannels(live !== false)
  const [connecting, setConnecting] = useState<Connecting | null>(null)
  const [focusId, setFocusId] = useState<string | null>(null)
  const startedBy = useRef<Element | null>(null)

  const open = useCallback((what: Connecting) => {
    startedBy.current = document.activeElement
    setConnecting(what)
  }, [])
  const close = (channel?: Channel) => {
    setConnecting(null)
    if (channel) setFocusId(channel.id)
    else if (startedBy.current instanceof HTMLElement) startedBy.current.focus()
  }
  // Ahead of its first use: it opens at once then, and offline too.
  useEffect(() => void loadDialog(), [])
  const channels = list.data?.pages.flatMap((page) => page.channels)

  return (
    <Page
      title={texts.channels.title}
      lead={texts.channels.lead}
      actions={channels && channels.length > 0 && <ConnectMenu onBluesky={() => open({ way: 'new' })} />}
    >
      {live === false && online && (
        <Notice tone="warn" icon="refresh" role="status">
          <p>{texts.channels.interrupted}</p>
        </Notice>
      )}
      {!channels && (
        <NotThereYet asked={list}>
          <Bars heights={[124, 124, 124]} />
        </NotThereYet>
      )}
      {channels?.length === 0 && (
        <div className={styles.empty}>
          <State
            icon="cloud"
            title={texts.channels.emptyTitle}
            actions={
              <Button size="md" leftSection={<Icon name="plus" />} onClick={() => open({ way: 'new' })}>
                {texts.channels.connectBluesky}
              </Button>
            }
          >
            {texts.channels.emptyBody}
          </State>
        </div>
      )}
      {channels && channels.length > 0 && (
        <ul className={styles.list} aria-label={texts.channels.list}>
          {channels.map((channel) => (
            <li key={channel.id}>
              <ChannelCard channel={channel} onConnect={open} takeFocus={focusId === channel.id} />
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button variant="default" onClick={() => list.fetchNextPage()} loading={list.isFetchingNextPage}>
          {texts.showMore}
        </Button>
      )}
      {connecting && (
        <Suspense>
          <ConnectDialog connecting={connecting} onClose={close} />
        </Suspense>
      )}
    </Page>
  )
}

function ConnectMenu({ onBluesky }: { onBluesky: () => void }) {
  const { channels: texts } = useTexts()
  return (
    <Menu position="bottom-end" width={270} shadow="md" radius="md">
      <Menu.Target>
        <Button size="md" leftSection={<Icon name="plus" />}>
          {texts.connect}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="cloud" size={22} />} onClick={onBluesky}>
          <span className={styles.network}>{texts.bluesky}</span>
          <span className={styles.networkHint}>{texts.blueskyHint}</span>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Says each new status aloud. */
function useAnnouncer(): LiveListener {
  const { channels: texts, status } = useTexts()
  const outcomeText = useOutcomeText()
  const words = useRef({ texts, status, outcomeText })
  useEffect(() => {
    words.current = { texts, status, outcomeText }
  })
  return useMemo(
    () => ({
      changed(channel) {
        const before = cachedChannels().find(({ id }) => id === channel.id)
        if (!before || before.status === channel.status) return
        const { texts, status, outcomeText } = words.current
        const troubled = channel.outcome && ['retrying', 'action_required', 'failed'].includes(channel.status)
        const title = troubled && channel.outcome ? `. ${outcomeText(channel.outcome).title}` : ''
        announce(`${texts.announce(nameOf(channel), status[channel.status])}${title}`)
      },
      removed({ id, mergedInto }) {
        const before = cachedChannels().find((channel) => channel.id === id)
        if (before && mergedInto) announce(words.current.texts.merged(nameOf(before)))
      },
    }),
    [],
  )
}
