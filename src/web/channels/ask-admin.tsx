// What only an administrator can mend: asks them for it, and says since when they are asked.
import { Button } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Channel } from '../../contract.ts'
import { isAdmin } from '../../input/account.ts'
import { useAskAdmin } from '../data/channels.ts'
import { useMe } from '../data/session.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { useErrorText } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './problem.module.css'

export function AskAdmin({ channel }: { channel: Channel }) {
  const { channels: texts } = useTexts()
  const me = useMe()
  const ask = useAskAdmin(channel.id)
  const errorText = useErrorText()
  if (isAdmin(me.data)) {
    return (
      <Button component={Link} href="/admin/api-integration/bluesky" leftSection={<Icon name="gear" />}>
        {texts.openSettings}
      </Button>
    )
  }
  if (channel.askedAt) return <Asked channel={channel} at={channel.askedAt} />
  return (
    <>
      <Button
        leftSection={<Icon name="mail" />}
        loading={ask.isPending}
        onClick={() => ask.mutate(undefined, { onSuccess: () => announce(texts.asked) })}
      >
        {texts.askAdmin}
      </Button>
      {ask.error && (
        <span role="alert" className={styles.refused}>
          {errorText(ask.error)}
        </span>
      )}
    </>
  )
}

function Asked({ channel, at }: { channel: Channel; at: string }) {
  const { channels: texts, copied: copiedText } = useTexts()
  const [copied, setCopied] = useState(false)
  const [shown, setShown] = useState(false)
  const link = `${location.origin}/admin/connections/${channel.id}`
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link)
      setCopied(true)
      announce(copiedText)
    } catch {
      // Without the permission it can be marked and copied by hand.
      setShown(true)
    }
  }
  return (
    <>
      <span className={styles.asked}>
        <Icon name="check" size={16} /> {texts.asked} <Time at={at} />
      </span>
      {shown ? (
        <code className={styles.address}>{link}</code>
      ) : (
        <Button variant="default" onClick={copy} {...(copied ? { leftSection: <Icon name="check" /> } : {})}>
          {copied ? copiedText : texts.copyLink}
        </Button>
      )}
    </>
  )
}
