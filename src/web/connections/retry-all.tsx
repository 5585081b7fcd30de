// Runs every connection with one outcome again, after saying how many they are.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { useRetryAll, useSummary } from '../data/admin.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'

export function RetryAll({ outcome }: { outcome: string | null }) {
  const { connections: texts, cancel, close } = useTexts()
  const summary = useSummary()
  const title = useOutcomeTitle()
  const errorText = useErrorText()
  const retry = useRetryAll()
  const [asking, setAsking] = useState(false)
  const count = summary.data?.byOutcome.find(({ code }) => code === outcome)?.count ?? 0
  const done = retry.data && retry.variables === outcome ? texts.retriedAll(retry.data.restarted) : ''

  const start = () =>
    outcome !== null &&
    retry.mutate(outcome, {
      onSuccess: ({ restarted }) => {
        setAsking(false)
        announce(texts.retriedAll(restarted))
      },
    })

  return (
    <>
      {done && <span>{done}</span>}
      {outcome && count > 0 && (
        <Button variant="default" leftSection={<Icon name="refresh" />} onClick={() => setAsking(true)}>
          {texts.retryAll(count)}
        </Button>
      )}
      {asking && outcome && (
        <Modal
          opened
          onClose={() => setAsking(false)}
          title={texts.retryAllTitle(count)}
          closeButtonProps={{ 'aria-label': close }}
        >
          <Stack gap="md">
            <p>{texts.retryAllBody(title(outcome))}</p>
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
