// The field for a new password: its rule stands there once, as a hint or as what is wrong.
import { PasswordInput } from '@mantine/core'
import type { RefObject } from 'react'
import { PASSWORD_LENGTH } from '../../input/account.ts'
import { useTexts } from '../texts/language.tsx'

interface NewPasswordFieldProps {
  ref: RefObject<HTMLInputElement | null>
  label: string
  name: 'password' | 'newPassword'
  value: string
  onChange: (value: string) => void
  error: string | undefined
}

export function NewPasswordField({ onChange, error, ...field }: NewPasswordFieldProps) {
  const { account: texts } = useTexts()
  return (
    <PasswordInput
      {...field}
      autoComplete="new-password"
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      {...(error ? {} : { description: texts.passwordRule })}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': texts.showPassword }}
    />
  )
}

/** @returns what can be told of it before it is sent; undefined: nothing */
export function useNewPasswordProblem() {
  const { account, ownAccount } = useTexts()
  return (password: string): string | undefined => {
    if (!password) return ownAccount.newPasswordMissing
    return password.length < PASSWORD_LENGTH.min ? account.passwordRule : undefined
  }
}
