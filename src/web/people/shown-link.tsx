// A link that sets a password, shown once: to be copied and sent to whom it is for.
import { Button, Group, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { PasswordLink } from '../../contract.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { fullTime } from '../parts/time.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './people.module.css'

interface ShownLinkProps {
  made: PasswordLink
  email: string
  onDone: () => void
}

export function ShownLink({ made, email, onDone }: ShownLinkProps) {
  const { texts: all, locale } = useLanguage()
  const texts = all.people
  const [copied, setCopied] = useState(false)
  const shown = useRef<HTMLElement>(null)

  // What was asked before is gone, and the focus with it.
  useEffect(() => shown.current?.focus(), [])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.link)
      setCopied(true)
      announce(all.copied)
    } catch {
      // Without the permission it is marked, ready for the keyboard.
      if (shown.current) getSelection()?.selectAllChildren(shown.current)
    }
  }
  return (
    <Stack gap="md">
      <Notice tone="warn" icon="key" title={texts.linkTitle}>
        <p>{texts.linkBody(email)}</p>
      </Notice>
      <code ref={shown} className={styles.link} aria-label={texts.link} tabIndex={-1} data-quiet-focus>
        {made.link}
      </code>
      <p className={styles.muted}>{texts.linkUntil(fullTime(locale, new Date(made.expiresAt)))}</p>
      {made.mailed && <p className={styles.muted}>{texts.linkMailed(email)}</p>}
      <Group justify="space-between" gap="sm">
        <Button variant="default" onClick={copy} leftSection={<Icon name={copied ? 'check' : 'copy'} />}>
          {copied ? all.copied : all.copy}
        </Button>
        <Button onClick={onDone}>{texts.done}</Button>
      </Group>
    </Stack>
  )
}
