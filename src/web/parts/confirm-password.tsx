// Asks for the password again, before something that a stolen session must not do.
import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError } from '../data/http.ts'
import { useConfirmPassword } from '../data/session.ts'
import { useTexts } from '../texts/language.tsx'
import { ErrorNotice } from './states.tsx'

interface ConfirmProps {
  onConfirmed: () => void
  onClose: () => void
}

export function ConfirmPassword({ onConfirmed, onClose }: ConfirmProps) {
  const { account: texts, cancel, close } = useTexts()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const confirm = useConfirmPassword()
  // The button that was pressed is off while one waits, and loses the focus.
  useEffect(() => {
    if (confirm.error) input.current?.focus()
  }, [confirm.error])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (confirm.isPending) return
    setMissing(!password)
    if (!password) return input.current?.focus()
    confirm.mutate(password, { onSuccess: onConfirmed, onError: () => setPassword('') })
  }
  const isWrong = confirm.error instanceof ApiError && confirm.error.code === 'INVALID_PASSWORD'
  const wrong = isWrong ? texts.passwordWrong : undefined
  return (
    <Modal
      opened
      onClose={() => confirm.isPending || onClose()}
      title={texts.confirmTitle}
      closeButtonProps={{ 'aria-label': close }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <p>{texts.confirmBody}</p>
          {confirm.error && !isWrong && <ErrorNotice error={confirm.error} />}
          <PasswordInput
            ref={input}
            label={texts.password}
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
              setMissing(false)
            }}
            error={missing ? texts.passwordMissing : wrong}
            visibilityToggleFocusable
            visibilityToggleButtonProps={{ 'aria-label': texts.showPassword }}
            data-autofocus
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose} disabled={confirm.isPending}>
              {cancel}
            </Button>
            <Button type="submit" loading={confirm.isPending}>
              {texts.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
