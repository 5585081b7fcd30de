// Asks before a channel is removed, and says what that does.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { useRemove } from '../data/channels.ts'
import { ApiError } from '../data/http.ts'
import { announce } from '../parts/announce.tsx'
import { focusTitle } from '../parts/page.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AppPasswordsLink } from './app-passwords-link.tsx'
import { DeleteAppPassword, useDeletion } from './delete-app-password.tsx'
import { nameOf } from './naming.ts'

export function RemoveDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const texts = useTexts()
  const remove = useRemove()
  const name = isolated(nameOf(channel))
  const gone = useRef('')
  const keep = useRef<HTMLButtonElement>(null)
  const [wanted, setWanted] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const [missing, setMissing] = useState(false)
  const deletion = useDeletion(channel, wanted, chosen)
  const confirm = () => {
    if (deletion.isOpen) return setMissing(true)
    gone.current = texts.channels.removed(name)
    const { appPassword } = deletion
    const onError = (error: Error) => {
      gone.current = ''
      if (error instanceof ApiError && error.code === 'app_password_unknown') void deletion.asked.refetch()
    }
    remove.mutate({ id: channel.id, appPassword }, { onError })
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
        {channel.did ? (
          <DeleteAppPassword
            channel={channel}
            deletion={deletion}
            wanted={wanted}
            onWanted={setWanted}
            chosen={chosen}
            onChosen={setChosen}
            missing={missing && deletion.isOpen}
            disabled={remove.isPending}
          />
        ) : (
          <p>
            {texts.channels.removeHint} <AppPasswordsLink />
          </p>
        )}
        {remove.error && <ErrorNotice error={remove.error} />}
        <Group justify="flex-end" gap="sm">
          <Button ref={keep} variant="default" onClick={onClose} disabled={remove.isPending} data-autofocus>
            {texts.cancel}
          </Button>
          <Button color="red" onClick={confirm} loading={remove.isPending} disabled={deletion.isAsking}>
            {texts.channels.removeConfirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
