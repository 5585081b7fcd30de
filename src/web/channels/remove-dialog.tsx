// Asks before a channel is removed, and says what that does.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useRef } from 'react'
import type { Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { useRemove } from '../data/channels.ts'
import { announce } from '../parts/announce.tsx'
import { focusTitle } from '../parts/page.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { nameOf } from './naming.ts'

export function RemoveDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const texts = useTexts()
  const remove = useRemove()
  const name = isolated(nameOf(channel))
  const gone = useRef('')
  const keep = useRef<HTMLButtonElement>(null)
  const confirm = () => {
    gone.current = texts.channels.removed(name)
    remove.mutate(channel.id, { onError: () => (gone.current = '') })
  }
  // The event stream may take the channel off the page before the response is here, and this dialog with it.
  useEffect(
    () => () => {
      if (!gone.current) return
      announce(gone.current)
      focusTitle()
    },
    [gone],
  )
  // The button that was pressed is off while one waits, and loses the focus.
  useEffect(() => {
    if (remove.error) keep.current?.focus()
  }, [remove.error])
  return (
    <Modal
      opened
      onClose={() => remove.isPending || onClose()}
      returnFocus={false}
      title={texts.channels.removeTitle(name)}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack gap="md">
        <p>{texts.channels.removeBody}</p>
        <p>{texts.channels.removeHint}</p>
        {remove.error && <ErrorNotice error={remove.error} />}
        <Group justify="flex-end" gap="sm">
          <Button ref={keep} variant="default" onClick={onClose} disabled={remove.isPending} data-autofocus>
            {texts.cancel}
          </Button>
          <Button color="red" onClick={confirm} loading={remove.isPending}>
            {texts.channels.removeConfirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
