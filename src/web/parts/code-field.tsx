// The field for a code of the second factor: from the authenticator app, or one of the recovery codes.
import { TextInput } from '@mantine/core'
import type { Ref } from 'react'
import type { CodeKind } from '../data/session.ts'
import { useTexts } from '../texts/language.tsx'

interface CodeFieldProps {
  ref: Ref<HTMLInputElement>
  kind: CodeKind
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

export function CodeField({ ref, kind, value, error, onChange }: CodeFieldProps) {
  const { code: texts } = useTexts()
  return (
    <TextInput
      ref={ref}
      label={kind === 'app' ? texts.app : texts.recovery}
      description={kind === 'app' ? texts.appHint : texts.recoveryHint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      name="code"
      inputMode={kind === 'app' ? 'numeric' : 'text'}
      autoComplete={kind === 'app' ? 'one-time-code' : 'off'}
      autoCapitalize="none"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  )
}

/** Apps show a code in two groups, and people copy more than they see. */
export const tidyCode = (typed: string) => typed.replaceAll(/\s/g, '')
