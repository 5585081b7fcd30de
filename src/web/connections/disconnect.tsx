// Disconnects a connection of somebody else's, after saying what that does.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import type { Connection } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { accountOf } from '../channels/naming.ts'
import { useDisconnect } from '../data/admin.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'

/** @param onDone the connection is in no list any more */
export function Disconnect({ connection, onDone }: { connection: Connection; onDone: () => void }) {
  const { connections: texts, cancel, close } = useTexts()
  const [asking, setAsking] = useState(false)
  const disconnect = useDisconnect(connection.id)
  const name = isolated(accountOf(connection))
  const ask = () => {
    disconnect.reset()
    setAsking(true)
  }
  const confirm = () =>
    disconnect.mutate(undefined, {
      onSuccess: () => {
        announce(texts.disconnected(name))
        onDone()
      },
    })
  return (
    <>
      <Group>
        <Button variant="default" leftSection={<Icon name="trash" />} onClick={ask}>
          {texts.disconnect}
        </Button>
      </Group>
      <Modal
        opened={asking}
        onClose={() => disconnect.isPending || setAsking(false)}
        title={texts.disconnectTitle(name)}
        closeButtonProps={{ 'aria-label': close }}
      >
        <Stack gap="md">
          <p>{texts.disconnectBody(connection.user.email)}</p>
          {disconnect.error && <ErrorNotice error={disconnect.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setAsking(false)} disabled={disconnect.isPending} data-autofocus>
              {cancel}
            </Button>
            <Button color="red" onClick={confirm} loading={disconnect.isPending}>
              {texts.disconnect}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
