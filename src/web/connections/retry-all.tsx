// Runs every connection of the filter again that still can, after saying how many they are.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { liveMs, useRetriable, useRetryAll, useRetryOrder, type Filter } from '../data/admin.ts'
import { Icon } from '../parts/icons.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { useReturnFocus } from '../parts/use-return-focus.ts'

/** Counting may mean reading every failed connection: on the button the number may be a little older. */
const buttonMs = 3 * liveMs

export function RetryAll({ filter }: { filter: Filter }) {
  const { connections: texts, cancel } = useTexts()
  const [asking, setAsking] = useState(false)
  const retriable = useRetriable(filter, asking ? liveMs : buttonMs)
  const retry = useRetryAll()
  const result = useRef<HTMLSpanElement>(null)
  const count = retriable.data?.count ?? 0
  const vain = retriable.data?.vain ?? 0
  const ordered = retry.data && retry.variables === filter ? retry.data : undefined
  const course = useRetryOrder(ordered?.order).data
  const begun = course && course.connected + course.failed + course.toGo > 0
  const became = begun
    ? texts.retriedCourse(course.connected, course.failed, course.toGo - course.waiting, course.waiting)
    : ''
  const done = ordered ? became || texts.retriedAll(ordered.retried) : ''

  // The button may be gone when all of them run.
  useEffect(() => {
    if (ordered) result.current?.focus()
  }, [ordered])

  const ask = () => {
    retry.reset()
    void retriable.refetch()
    setAsking(true)
  }
  const start = () => retry.mutate(filter, { onSuccess: () => setAsking(false) })

  return (
    <>
      {done && (
        <span ref={result} role="status" tabIndex={-1} data-quiet-focus>
          {done}
        </span>
      )}
      {vain > 0 && <span>{texts.retryVain(vain)}</span>}
      {count > 0 && (
        <Button variant="default" leftSection={<Icon name="refresh" />} onClick={ask}>
          {texts.retryAll(count)}
        </Button>
      )}
      {asking && (
        <Dialog title={texts.retryAllTitle(count)} onClose={() => setAsking(false)}>
          <p>{texts.retryAllBody}</p>
          {retry.error && <ErrorNotice error={retry.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {cancel}
            </Button>
            <Button onClick={start} loading={retry.isPending} disabled={count === 0}>
              {texts.retryAll(count)}
            </Button>
          </Group>
        </Dialog>
      )}
    </>
  )
}

function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { close } = useTexts()
  useReturnFocus()
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': close }}>
      <Stack gap="md">{children}</Stack>
    </Modal>
  )
}
