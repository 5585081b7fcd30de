// Changes the password, which ends every other session.
import { Button, PasswordInput } from '@mantine/core'
import { useRef, useState, type FormEvent } from 'react'
import { useChangePassword } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { NewPasswordField, useNewPasswordProblem } from '../parts/new-password-field.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/page.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'
import { isWrongPassword } from '../parts/password-form.tsx'

const none = { currentPassword: '', newPassword: '' }
type Typed = typeof none
type Field = keyof Typed

export function ChangePassword() {
  const { account, ownAccount: texts, problems } = useTexts()
  const [typed, setTyped] = useState(none)
  const [wrong, setWrong] = useState<Partial<Typed>>({})
  const change = useChangePassword()
  const newProblemOf = useNewPasswordProblem()
  const currentInput = useRef<HTMLInputElement>(null)
  const newInput = useRef<HTMLInputElement>(null)

  const show = (fields: Partial<Typed>) => {
    setWrong(fields)
    const first = fields.currentPassword ? currentInput : newInput
    first.current?.focus()
  }
  /** What an error is about; null: neither field. */
  const fieldOf = (error: Error): Partial<Typed> | null => {
    if (isWrongPassword(error)) return { currentPassword: account.passwordWrong }
    if (error instanceof ApiError && /^password_/i.test(error.code)) {
      return { newPassword: problems[error.code] ?? error.message }
    }
    return null
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (change.isPending) return
    const newProblem = newProblemOf(typed.newPassword)
    const found: Partial<Typed> = {
      ...(typed.currentPassword ? {} : { currentPassword: account.passwordMissing }),
      ...(newProblem ? { newPassword: newProblem } : {}),
    }
    if (Object.keys(found).length > 0) return show(found)
    setWrong({})
    change.mutate(typed, {
      onSuccess: () => setTyped(none),
      onError: (error) => show(fieldOf(error) ?? {}),
    })
  }
  const type = (name: Field) => (value: string) => {
    setTyped({ ...typed, [name]: value })
    setWrong({ ...wrong, [name]: undefined })
    if (!change.isPending) change.reset()
  }
  return (
    <Panel label={texts.passwordTitle}>
      <form className={styles.part} onSubmit={submit} noValidate>
        <h2>{texts.passwordTitle}</h2>
        <p className={styles.muted}>{texts.passwordLead}</p>
        <PasswordInput
          ref={currentInput}
          label={texts.currentPassword}
          name="currentPassword"
          autoComplete="current-password"
          value={typed.currentPassword}
          onChange={(event) => type('currentPassword')(event.currentTarget.value)}
          error={wrong.currentPassword}
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ 'aria-label': account.showPassword }}
        />
        <NewPasswordField
          ref={newInput}
          label={texts.newPassword}
          name="newPassword"
          value={typed.newPassword}
          onChange={type('newPassword')}
          error={wrong.newPassword}
        />
        {change.error && !fieldOf(change.error) && <ErrorNotice error={change.error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={change.isPending}>
            {texts.changePassword}
          </Button>
          <div role="status">
            {change.isSuccess && (
              <Notice tone="good">
                <p>{texts.passwordChanged}</p>
              </Notice>
            )}
          </div>
        </div>
      </form>
    </Panel>
  )
}
