// Sets up the second factor: password, QR code and first code of the app, recovery codes.
import { Button, Group, Stack } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useBeginSetUp, useConfirmSetUp, type SetUp as Begun } from '../data/account.ts'
import { CodeField, tidyCode } from '../parts/code-field.tsx'
import { useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'
import { PasswordForm } from '../parts/password-form.tsx'
import { QrCode } from './qr-code.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'

interface SetUpProps {
  /** it is on, and the recovery codes are about to be shown */
  onConfirmed?: () => void
  onDone: () => void
  onCancel?: () => void
}

export function SetUp({ onConfirmed, onDone, onCancel }: SetUpProps) {
  const { secondFactor: texts } = useTexts()
  const begin = useBeginSetUp()
  const [confirmed, setConfirmed] = useState(false)
  const cancel = onCancel ? { onCancel } : {}
  const confirm = () => {
    setConfirmed(true)
    onConfirmed?.()
  }
  if (!begin.data) {
    return (
      <Stack gap="md">
        <p>{texts.passwordFirst}</p>
        <PasswordForm
          button={texts.next}
          pending={begin.isPending}
          error={begin.error}
          onSubmit={begin.mutate}
          {...cancel}
        />
      </Stack>
    )
  }
  if (!confirmed) return <Confirm begun={begin.data} onConfirmed={confirm} {...cancel} />
  return <RecoveryCodes codes={begin.data.backupCodes} onDone={onDone} />
}

interface ConfirmProps {
  begun: Begun
  onConfirmed: () => void
  onCancel?: () => void
}

function Confirm({ begun, onConfirmed, onCancel }: ConfirmProps) {
  const { secondFactor: texts, code: codeTexts, cancel } = useTexts()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const confirm = useConfirmSetUp()
  const input = useRef<HTMLInputElement>(null)
  const errorText = useErrorText()
  const secret = new URL(begun.totpURI).searchParams.get('secret') ?? ''

  useEffect(() => input.current?.focus(), [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (confirm.isPending) return
    const code = tidyCode(typed)
    setProblem(code ? undefined : codeTexts.missing)
    if (!code) return input.current?.focus()
    confirm.mutate(code, {
      onSuccess: onConfirmed,
      onError: (error) => {
        setProblem(errorText(error))
        input.current?.focus()
        input.current?.select()
      },
    })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <p>{texts.scan}</p>
        <div className={styles.scan}>
          <QrCode text={begun.totpURI} label={texts.qrCode} />
          <div>
            <p>{texts.byHand}</p>
            <code className={styles.secret}>{secret.replaceAll(/.{4}(?=.)/g, '$& ')}</code>
          </div>
        </div>
        <CodeField
          ref={input}
          kind="app"
          value={typed}
          error={problem}
          onChange={(value) => {
            setTyped(value)
            setProblem(undefined)
          }}
        />
        <Group justify="flex-end" gap="sm">
          {onCancel && (
            <Button variant="default" onClick={onCancel} disabled={confirm.isPending}>
              {cancel}
            </Button>
          )}
          <Button type="submit" loading={confirm.isPending}>
            {texts.turnOn}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
