// The form of e-mail and password that signs in or up.
import { Button, PasswordInput } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError } from '../data/http.ts'
import { useEnter, type Credentials } from '../data/session.ts'
import { NewPasswordField, useNewPasswordProblem } from '../parts/new-password-field.tsx'
import { Notice } from '../parts/notice.tsx'
import { useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './account.module.css'
import { EmailField, useEmailProblem } from './email-field.tsx'

type Fields = Partial<Record<keyof Credentials, string>>

interface AccountFormProps {
  way: 'in' | 'up'
  /** why the form is back */
  told: string | undefined
  /** one is not in yet */
  onFollowing: (following: 'code' | 'mail', email: string) => void
}

export function AccountForm({ way, told, onFollowing }: AccountFormProps) {
  const { account: texts } = useTexts()
  const [typed, setTyped] = useState<Credentials>({ email: '', password: '' })
  const [wrong, setWrong] = useState<Fields>({})
  const enter = useEnter(way)
  const emailInput = useRef<HTMLInputElement>(null)
  const passwordInput = useRef<HTMLInputElement>(null)
  const explain = useExplain()
  const emailProblemOf = useEmailProblem()
  const newPasswordProblemOf = useNewPasswordProblem()

  useEffect(() => emailInput.current?.focus(), [])

  const show = (fields: Fields) => {
    setWrong(fields)
    if (fields.email) emailInput.current?.focus()
    else if (fields.password) passwordInput.current?.focus()
  }
  const check = ({ email, password }: Credentials): Fields => {
    const emailProblem = emailProblemOf(email)
    const missing = password ? undefined : texts.passwordMissing
    const passwordProblem = missing ?? (way === 'up' ? newPasswordProblemOf(password) : undefined)
    return { ...(emailProblem && { email: emailProblem }), ...(passwordProblem && { password: passwordProblem }) }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (enter.isPending) return
    const credentials = { email: typed.email.trim(), password: typed.password }
    const found = check(credentials)
    show(found)
    if (Object.keys(found).length > 0) return enter.reset()
    enter.mutate(credentials, {
      onSuccess: (following) => following && onFollowing(following, credentials.email),
      onError: (error) => {
        const { fields } = explain(error)
        show(fields)
        // The button that was pressed was off meanwhile, and lost the focus.
        if (!fields.email) passwordInput.current?.focus()
      },
    })
  }
  const change = (field: keyof Credentials) => (value: string) => {
    setTyped({ ...typed, [field]: value })
    setWrong({ ...wrong, [field]: undefined })
  }
  const failed = enter.error ? explain(enter.error) : { text: told }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {failed.text && (
        <Notice tone="bad" role="alert">
          {failed.text}
        </Notice>
      )}
      <EmailField ref={emailInput} value={typed.email} onChange={change('email')} error={wrong.email} />
      {way === 'up' ? (
        <NewPasswordField
          ref={passwordInput}
          label={texts.password}
          name="password"
          value={typed.password}
          onChange={change('password')}
          error={wrong.password}
        />
      ) : (
        <PasswordInput
          ref={passwordInput}
          label={texts.password}
          name="password"
          autoComplete="current-password"
          value={typed.password}
          onChange={(event) => change('password')(event.currentTarget.value)}
          error={wrong.password}
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ 'aria-label': texts.showPassword }}
        />
      )}
      <Button type="submit" size="md" fullWidth loading={enter.isPending}>
        {way === 'up' ? texts.signUp : texts.signIn}
      </Button>
    </form>
  )
}

/** What an error of signing in or up means: a text above the form, or one at a field. */
function useExplain() {
  const { account: texts } = useTexts()
  const errorText = useErrorText()
  return (error: Error): { text?: string; fields: Fields } => {
    if (!(error instanceof ApiError)) return { text: error.message, fields: {} }
    if (error.status === 429) return { text: error.retryAfterSeconds ? errorText(error) : texts.tooMany, fields: {} }
    if (error.code === 'email_taken') return { fields: { email: texts.taken } }
    if (error.code === 'email_malformed') return { fields: { email: texts.emailInvalid } }
    if (error.code.startsWith('password_')) return { fields: { password: errorText(error) } }
    if (error.code === 'sign_up_closed') return { text: texts.signUpClosedBody, fields: {} }
    if (error.status === 401) return { text: texts.wrong, fields: {} }
    return { text: errorText(error), fields: {} }
  }
}
