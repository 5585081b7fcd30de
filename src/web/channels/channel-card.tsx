// One channel of few: who it is, how it stands, and the one thing that helps when it does not work.
import { Avatar } from '@mantine/core'
import { useId } from 'react'
import type { Channel } from '../../contract.ts'
import { StatusPill } from '../parts/status-pill.tsx'
import { useTexts } from '../texts/language.tsx'
import { ChannelBody } from './channel-body.tsx'
import { ChannelMenu } from './channel-menu.tsx'
import type { OpenDialog } from './channels-page.tsx'
import styles from './channels.module.css'
import { Groups } from './groups.tsx'
import { accountOf, atHandle, hostOf, nameOf } from './naming.ts'
import { useActs, usePlace } from './use-acts.tsx'

export const cardId = (channelId: string) => `channel-${channelId}`

export interface ChannelProps {
  channel: Channel
  onConnect: OpenDialog
  /** above 0: it takes the focus, again each time the number changes */
  takeFocus: number
}

export function ChannelCard({ channel, onConnect, takeFocus }: ChannelProps) {
  const { channels: texts } = useTexts()
  const card = usePlace(takeFocus)
  const acts = useActs(channel, card)
  const id = useId()
  const name = nameOf(channel)
  const account = accountOf(channel)
  return (
    <article ref={card} id={cardId(channel.id)} className={styles.card} tabIndex={-1} aria-labelledby={id}>
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
          <h2 id={id} className={styles.name} title={name}>
            <bdi>{name}</bdi>
          </h2>
          <p className={styles.sub}>
            {account === name ? texts.bluesky : <bdi>{atHandle(account)}</bdi>} · {hostOf(channel.serviceUrl)}
          </p>
        </div>
        <StatusPill status={channel.status} />
        <ChannelMenu channel={channel} acts={acts} onConnect={onConnect} />
      </div>
      <ChannelBody channel={channel} acts={acts} onConnect={onConnect}>
        {channel.groups.length > 0 && <Groups channels={[channel]} known={channel.groups} />}
      </ChannelBody>
      {acts.question}
    </article>
  )
}
