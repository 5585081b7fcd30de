// Runs every connection of the filter again that still can, after saying how many they are.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { useRetriable, useRetryAll, type Filter } from '../data/admin.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'

export function RetryAll({ filter }: { filter: Filter }) {
  const { connections: texts, cancel, close } = useTexts()
  const retriable = useRetriable(filter)
  const errorText = useErrorText()
  const retry = useRetryAll()
  const [asking, setAsking] = useState(false)
  const count = retriable.data?.count ?? 0
  const done = retry.data && retry.variables === filter ? texts.retriedAll(retry.data.restarted) : ''

  const ask = () => {
    retry.reset()
    void retriable.refetch()
    setAsking(true)
  }
  const start = () =>
    retry.mutate(filter, {
      onSuccess: ({ restarted }) => {
        setAsking(false)
        announce(texts.retriedAll(restarted))
      },
    })

  return (
    <>
      {done && <span>{done}</span>}
      {count > 0 && (
        <Button variant="default" leftSection={<Icon name="refresh" />} onClick={ask}>
          {texts.retryAll(count)}
        </Button>
      )}
      {asking && (
        <Modal
          opened
          onClose={() => setAsking(false)}
          title={texts.retryAllTitle(count)}
          closeButtonProps={{ 'aria-label': close }}
        >
          <Stack gap="md">
            <p>{texts.retryAllBody}</p>
            {retry.error && (
              <Notice tone="bad" role="alert">
                <p>{errorText(retry.error)}</p>
              </Notice>
            )}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
                {cancel}
              </Button>
              <Button onClick={start} loading={retry.isPending}>
                {texts.retryAll(count)}
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </>
  )
}
