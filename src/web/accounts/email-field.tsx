// The field for the e-mail address of an account of this program, and what is wrong with what stands in it.
import { TextInput } from '@mantine/core'
import type { RefObject } from 'react'
import { useTexts } from '../texts/language.tsx'

interface EmailFieldProps {
  ref: RefObject<HTMLInputElement | null>
  value: string
  onChange: (value: string) => void
  error: string | undefined
  label?: string
  /** of somebody else's */
  autoComplete?: 'off'
}

export function EmailField({ onChange, ...field }: EmailFieldProps) {
  const { account: texts } = useTexts()
  return (
    <TextInput
      label={texts.email}
      type="email"
      name="email"
      autoComplete="username"
      {...field}
      autoCapitalize="none"
      spellCheck={false}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** @returns what is wrong with an address; undefined: nothing */
export function useEmailProblem() {
  const { account: texts } = useTexts()
  return (address: string): string | undefined => {
    if (!address) return texts.emailMissing
    return /^\S+@\S+\.\S+$/.test(address) ? undefined : texts.emailInvalid
  }
}
