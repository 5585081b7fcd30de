// /reset-password: takes a new password from whoever comes by the link of a mail.
import { Button, PasswordInput } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Link } from 'wouter'
import { PASSWORD_LENGTH } from '../../input/account.ts'
import { useResetPassword } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice, useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import styles from './account.module.css'
import { useLinkToken } from './use-link-token.ts'

const isOver = (error: Error | null) =>
  error instanceof ApiError && ['link_invalid', 'user_not_found'].includes(error.code)
const isOfPassword = (error: Error | null) => error instanceof ApiError && /^password_/i.test(error.code)

export function ResetPasswordPage() {
  const { account: texts } = useTexts()
  const token = useLinkToken()
  const reset = useResetPassword()
  const isLinkOver = !token || isOver(reset.error)
  const content = () => {
    if (reset.isSuccess) {
      return (
        <>
          <Notice tone="good" role="status">
            <p>{texts.resetDone}</p>
          </Notice>
          <Button component={Link} href="/sign-in" size="md" fullWidth>
            {texts.signIn}
          </Button>
        </>
      )
    }
    if (isLinkOver) {
      return (
        <>
          <Notice tone="bad" role="alert">
            <p>{texts.linkOver}</p>
          </Notice>
          <Button component={Link} href="/forgot-password" size="md" fullWidth>
            {texts.anotherLink}
          </Button>
        </>
      )
    }
    return <ResetPasswordForm token={token} reset={reset} />
  }
  return (
    <AccountFrame title={texts.resetTitle} lead={texts.resetLead} hasField={!isLinkOver && !reset.isSuccess}>
      {content()}
    </AccountFrame>
  )
}

function ResetPasswordForm({ token, reset }: { token: string; reset: ReturnType<typeof useResetPassword> }) {
  const { account: texts, ownAccount, problems } = useTexts()
  const [newPassword, setNewPassword] = useState('')
  const [wrong, setWrong] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const errorText = useErrorText()

  useEffect(() => input.current?.focus(), [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reset.isPending) return
    const short = newPassword.length < PASSWORD_LENGTH.min ? problems['password_too_short'] : undefined
    const problem = newPassword ? short : ownAccount.newPasswordMissing
    setWrong(problem)
    if (problem) return input.current?.focus()
    reset.mutate(
      { token, newPassword },
      {
        onError: (error) => {
          if (isOfPassword(error)) setWrong(errorText(error))
          input.current?.focus()
        },
      },
    )
  }
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {reset.error && !isOfPassword(reset.error) && <ErrorNotice error={reset.error} />}
      <PasswordInput
        ref={input}
        label={ownAccount.newPassword}
        name="newPassword"
        autoComplete="new-password"
        value={newPassword}
        onChange={(event) => {
          setNewPassword(event.currentTarget.value)
          setWrong(undefined)
        }}
        error={wrong}
        description={texts.passwordRule}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        visibilityToggleFocusable
        visibilityToggleButtonProps={{ 'aria-label': texts.showPassword }}
      />
      <Button type="submit" size="md" fullWidth loading={reset.isPending}>
        {texts.resetButton}
      </Button>
    </form>
  )
}
