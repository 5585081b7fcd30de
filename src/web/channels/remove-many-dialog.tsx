// Asks before many channels are removed, says how many and which, and what that does.
import { Button, Group, Modal, Stack } from '@mantine/core'
import type { Channel } from '../../contract.ts'
import { useTexts } from '../texts/language.tsx'
import { AppPasswordsLink } from './app-passwords-link.tsx'
import { nameOf } from './naming.ts'
import styles from './rows.module.css'

interface DialogProps {
  channels: Channel[]
  onClose: () => void
  onRemove: () => void
}

export function RemoveManyDialog({ channels, onClose, onRemove }: DialogProps) {
  const texts = useTexts()
  return (
    <Modal
      opened
      onClose={onClose}
      title={texts.many.removeTitle(channels.length)}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack gap="md">
        <p>{texts.many.removeBody}</p>
        <ul className={styles.ends} aria-label={texts.many.toRemove}>
          {channels.map((channel) => (
            <li key={channel.id}>
              <bdi>{nameOf(channel)}</bdi>
            </li>
          ))}
        </ul>
        <p>
          {texts.many.removeHint} <AppPasswordsLink />
        </p>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} data-autofocus>
            {texts.cancel}
          </Button>
          <Button color="red" onClick={onRemove} disabled={channels.length === 0}>
            {texts.many.removeConfirm(channels.length)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
