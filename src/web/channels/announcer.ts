// Says each new status of a channel aloud, however the page came to know of it.
import { useEffect, useEffectEvent, useRef } from 'react'
import type { Channel, ChannelStatus } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { announce } from '../parts/announce.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { nameOf } from './naming.ts'

const inTrouble: ChannelStatus[] = ['retrying', 'action_required', 'failed']

export function useAnnouncer(channels: Channel[] | undefined): void {
  const { channels: texts, status } = useTexts()
  const outcomeText = useOutcomeText()
  const known = useRef(new Map<string, ChannelStatus>())

  const sentence = useEffectEvent((channel: Channel) => {
    const title = inTrouble.includes(channel.status) && channel.outcome && outcomeText(channel.outcome).title
    return `${texts.announce(isolated(nameOf(channel)), status[channel.status])}${title ? `. ${title}` : ''}`
  })
  useEffect(() => {
    if (!channels) return
    const changed = channels.filter(({ id, status }) => (known.current.get(id) ?? status) !== status)
    known.current = new Map(channels.map(({ id, status }) => [id, status]))
    // One after the other they would take the word from each other.
    if (changed.length > 0) announce(changed.map(sentence).join('. '))
  }, [channels])
}
