// A form that asks for the password before something is done.
import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { ApiError } from '../data/http.ts'
import { ErrorNotice } from './states.tsx'
import { useTexts } from '../texts/language.tsx'

interface PasswordFormProps {
  button: string
  danger?: boolean
  pending: boolean
  error: Error | null
  onSubmit: (password: string) => void
  onCancel?: () => void
  /** something else has to be put right first; it takes the focus itself */
  check?: () => boolean
  /** stands between the text and the password */
  children?: ReactNode
}

export const isWrongPassword = (error: Error | null) => error instanceof ApiError && error.code === 'wrong_password'

export function PasswordForm({
  button,
  danger = false,
  pending,
  error,
  onSubmit,
  onCancel,
  check = () => true,
  children,
}: PasswordFormProps) {
  const { account: texts, cancel } = useTexts()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const [edited, setEdited] = useState(false)
  const input = useRef<HTMLInputElement>(null)

  // The button that was pressed is off while one waits, and loses the focus.
  useEffect(() => {
    if (!error) return
    input.current?.focus()
    input.current?.select()
  }, [error])

  const problem = () => {
    if (missing) return texts.passwordMissing
    return isWrongPassword(error) ? texts.passwordWrong : undefined
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (pending || !check()) return
    setEdited(false)
    setMissing(!password)
    if (!password) return input.current?.focus()
    onSubmit(password)
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {children}
        {error && !isWrongPassword(error) && <ErrorNotice error={error} />}
        <PasswordInput
          ref={input}
          label={texts.password}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value)
            setEdited(true)
          }}
          error={edited ? undefined : problem()}
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ 'aria-label': texts.showPassword }}
          {...(children ? {} : { 'data-autofocus': true })}
        />
        <Group justify="flex-end" gap="sm">
          {onCancel && (
            <Button variant="default" onClick={onCancel} disabled={pending}>
              {cancel}
            </Button>
          )}
          <Button type="submit" loading={pending} {...(danger ? { color: 'red' } : {})}>
            {button}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
