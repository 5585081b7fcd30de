// The words with which a user asks the administrator for help, ready to be sent.
import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useRef, useState } from 'react'
import type { Channel, Outcome } from '../../contract.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { hostOf } from './naming.ts'

interface ContactProps {
  channel: Channel
  outcome: Outcome
}

/** It stays while it is closed: that is how it knows who gets the focus back. */
export function ContactDialog({ opened, onClose, ...about }: ContactProps & { opened: boolean; onClose: () => void }) {
  const texts = useTexts()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={texts.contact.title}
      size="lg"
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Message {...about} />
    </Modal>
  )
}

function Message({ channel, outcome }: ContactProps) {
  const texts = useTexts()
  const { title } = useOutcomeText()(outcome)
  const account = channel.handle ?? channel.identifier
  const message = texts.contact.message(account, title, outcome.code, hostOf(channel.serviceUrl), channel.id)
  const [copied, setCopied] = useState(false)
  const area = useRef<HTMLTextAreaElement>(null)

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(message)
      setCopied(true)
      announce(texts.copied)
    } catch {
      // Without the permission the text is marked, ready for the keyboard.
      area.current?.select()
    }
  }
  const mail = `mailto:?subject=${encodeURIComponent(texts.contact.subject)}&body=${encodeURIComponent(message)}`

  return (
    <Stack gap="md">
      <p>{texts.contact.body}</p>
      <Textarea ref={area} readOnly rows={11} value={message} aria-label={texts.contact.text} data-autofocus />
      <Group justify="flex-end" gap="sm">
        <Button component="a" href={mail} variant="default" leftSection={<Icon name="mail" />}>
          {texts.contact.email}
        </Button>
        <Button onClick={copy} {...(copied ? { leftSection: <Icon name="check" /> } : {})}>
          {copied ? texts.copied : texts.copy}
        </Button>
      </Group>
    </Stack>
  )
}
