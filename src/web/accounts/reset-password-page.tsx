// /reset-password and /invitation: take a password from whoever comes by a link, out of a mail or from an administrator.
import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Link } from 'wouter'
import { useResetPassword } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { NewPasswordField, useNewPasswordProblem } from '../parts/new-password-field.tsx'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice, useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import styles from './account.module.css'
import { useLinkToken } from './use-link-token.ts'

const isOver = (error: Error | null) =>
  error instanceof ApiError && ['link_invalid', 'user_not_found'].includes(error.code)
const isOfPassword = (error: Error | null) => error instanceof ApiError && /^password_/i.test(error.code)

/** A first password for whoever was invited, or another one. */
type Way = 'invitation' | 'reset'

export default function ResetPasswordPage({ way }: { way: Way }) {
  const { account: texts } = useTexts()
  const words = useWords(way)
  const token = useLinkToken()
  const reset = useResetPassword()
  const isLinkOver = !token || isOver(reset.error)
  const content = () => {
    if (reset.isSuccess) {
      return (
        <>
          <Notice tone="good" role="status">
            <p>{words.done}</p>
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
            <p>{words.over}</p>
          </Notice>
          <Button component={Link} href={way === 'invitation' ? '/sign-in' : '/forgot-password'} size="md" fullWidth>
            {way === 'invitation' ? texts.signIn : texts.anotherLink}
          </Button>
        </>
      )
    }
    return <ResetPasswordForm way={way} token={token} reset={reset} />
  }
  return (
    <AccountFrame title={words.title} lead={words.lead} hasField={!isLinkOver && !reset.isSuccess}>
      {content()}
    </AccountFrame>
  )
}

interface FormProps {
  way: Way
  token: string
  reset: ReturnType<typeof useResetPassword>
}

function ResetPasswordForm({ way, token, reset }: FormProps) {
  const words = useWords(way)
  const problemOf = useNewPasswordProblem()
  const [newPassword, setNewPassword] = useState('')
  const [wrong, setWrong] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const errorText = useErrorText()

  useEffect(() => input.current?.focus(), [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reset.isPending) return
    const problem = problemOf(newPassword)
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
      <NewPasswordField
        ref={input}
        label={words.label}
        name="newPassword"
        value={newPassword}
        onChange={(value) => {
          setNewPassword(value)
          setWrong(undefined)
        }}
        error={wrong}
      />
      <Button type="submit" size="md" fullWidth loading={reset.isPending}>
        {words.button}
      </Button>
    </form>
  )
}

function useWords(way: Way) {
  const { account: texts, ownAccount } = useTexts()
  if (way === 'invitation') {
    return {
      title: texts.invitedTitle,
      lead: texts.invitedLead,
      label: texts.password,
      button: texts.invitedButton,
      done: texts.invitedDone,
      over: texts.invitationOver,
    }
  }
  return {
    title: texts.resetTitle,
    lead: texts.resetLead,
    label: ownAccount.newPassword,
    button: texts.resetButton,
    done: texts.resetDone,
    over: texts.linkOver,
  }
}
