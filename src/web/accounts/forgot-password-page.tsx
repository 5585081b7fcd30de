// /forgot-password: has a mail sent with a link to a new password.
import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Link } from 'wouter'
import { useForgotPassword } from '../data/account.ts'
import { useAbout } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import styles from './account.module.css'
import { EmailField, useEmailProblem } from './email-field.tsx'

export default function ForgotPasswordPage() {
  const { account: texts } = useTexts()
  const mailOff = useAbout().data?.mail === false
  return (
    <AccountFrame title={texts.forgotTitle} lead={texts.forgotLead} hasField={!mailOff}>
      {mailOff ? (
        <Notice tone="calm" icon="lock">
          <p>{texts.mailOff}</p>
        </Notice>
      ) : (
        <ForgotPasswordForm />
      )}
      <p className={styles.other}>
        <Link href="/sign-in">{texts.backToSignIn}</Link>
      </p>
    </AccountFrame>
  )
}

function ForgotPasswordForm() {
  const { account: texts } = useTexts()
  const [email, setEmail] = useState('')
  const [wrong, setWrong] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const ask = useForgotPassword()
  const problemOf = useEmailProblem()

  useEffect(() => input.current?.focus(), [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ask.isPending) return
    const address = email.trim()
    const problem = problemOf(address)
    setWrong(problem)
    if (problem) return input.current?.focus()
    ask.mutate(address)
  }
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {ask.error && <ErrorNotice error={ask.error} />}
      <div role="status">
        {ask.isSuccess && (
          <Notice tone="good">
            <p>{texts.forgotSent(ask.variables)}</p>
          </Notice>
        )}
      </div>
      <EmailField
        ref={input}
        value={email}
        onChange={(value) => {
          setEmail(value)
          setWrong(undefined)
        }}
        error={wrong}
      />
      <Button type="submit" size="md" fullWidth loading={ask.isPending}>
        {texts.forgotSend}
      </Button>
    </form>
  )
}
