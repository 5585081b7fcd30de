// The recovery codes, shown once: to be copied or kept as a file.
import { Button, Group, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const texts = useTexts()
  const { secondFactor } = texts
  const [copied, setCopied] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const lines = `${codes.join('\n')}\n`

  // What was asked before is gone, and the focus with it.
  useEffect(() => list.current?.focus(), [])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(lines)
      setCopied(true)
      announce(texts.copied)
    } catch {
      // Without the permission they are marked, ready for the keyboard.
      if (list.current) getSelection()?.selectAllChildren(list.current)
    }
  }
  const download = () => {
    const address = URL.createObjectURL(new Blob([lines], { type: 'text/plain' }))
    const link = Object.assign(document.createElement('a'), { href: address, download: 'recovery-codes.txt' })
    link.click()
    URL.revokeObjectURL(address)
  }
  return (
    <Stack gap="md">
      <Notice tone="warn" icon="key" title={secondFactor.codesTitle}>
        <p>{secondFactor.codesBody}</p>
      </Notice>
      <ul ref={list} className={styles.codes} aria-label={secondFactor.codes} tabIndex={-1} data-quiet-focus>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Button variant="default" onClick={copy} leftSection={<Icon name={copied ? 'check' : 'copy'} />}>
            {copied ? texts.copied : texts.copy}
          </Button>
          <Button variant="default" onClick={download} leftSection={<Icon name="download" />}>
            {secondFactor.download}
          </Button>
        </Group>
        <Button onClick={onDone}>{secondFactor.kept}</Button>
      </Group>
    </Stack>
  )
}
