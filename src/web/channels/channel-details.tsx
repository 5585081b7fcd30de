// What unfolds below a channel: its addresses, and its attempts.
import type { Channel } from '../../contract.ts'
import { shownHandle } from '../../input/shown.ts'
import { useChannelDetail } from '../data/channels.ts'
import { Attempts } from '../parts/attempts.tsx'
import { Facts } from '../parts/facts.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import { checkedAt, hostOf } from './naming.ts'

export default function ChannelDetails({ channel }: { channel: Channel }) {
  const { channels: texts } = useTexts()
  const detail = useChannelDetail(channel)
  const { status, fault, lastVerifiedAt, nextCheckAt } = channel
  const checked = status === 'connected' ? checkedAt(channel) : null
  const time = (at: string | null | undefined) => at && <Time at={at} exact />
  return (
    <>
      <Facts
        facts={[
          [texts.identifier, <bdi key="identifier">{shownHandle(channel.identifier)}</bdi>],
          [texts.server, hostOf(channel.serviceUrl)],
          [texts.pds, channel.pdsUrl && hostOf(channel.pdsUrl)],
          [texts.did, channel.did],
          [texts.added, <Time key="added" at={channel.createdAt} />],
          [texts.checked, time(checked)],
          [texts.faultSince, time(fault?.since)],
          [texts.lastWell, checked === lastVerifiedAt ? null : time(lastVerifiedAt)],
          [texts.nextCheck, time(nextCheckAt)],
        ]}
      />
      {detail.data ? <Attempts attempts={detail.data.attempts} /> : <NotThereYet asked={detail} bars={[48, 48]} />}
    </>
  )
}
