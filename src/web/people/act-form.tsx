// What something does, and the button that does it.
import { Button, Group, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { wantsPassword } from '../parts/ask-password.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'

interface ActFormProps {
  body: string
  button: string
  danger?: boolean
  pending: boolean
  error: Error | null
  onSubmit: () => void
  onCancel: () => void
  children?: ReactNode
}

export function ActForm({ body, button, danger = false, pending, error, onSubmit, onCancel, children }: ActFormProps) {
  const { cancel } = useTexts()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!pending) onSubmit()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <p>{body}</p>
        {error && !wantsPassword(error) && <ErrorNotice error={error} />}
        {children}
        <Group justify="flex-end" gap="sm">
          <Button
            variant="default"
            onClick={onCancel}
            disabled={pending}
            {...(children ? {} : { 'data-autofocus': true })}
          >
            {cancel}
          </Button>
          <Button type="submit" loading={pending} {...(danger ? { color: 'red' } : {})}>
            {button}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
