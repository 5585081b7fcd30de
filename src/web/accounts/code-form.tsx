// The second half of a sign-in: the code of the authenticator app, or a recovery code.
import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError } from '../data/http.ts'
import { useEnterCode, type CodeKind } from '../data/session.ts'
import { CodeField, tidyCode } from '../parts/code-field.tsx'
import { useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './account.module.css'

/** The password counts for ten minutes and five codes. */
const overCodes = ['sign_in_over', 'too_many_codes']

/** @param onOver the password has to be typed again, and why */
export function CodeForm({ onOver }: { onOver: (why?: string) => void }) {
  const { account: texts, code: codeTexts } = useTexts()
  const [kind, setKind] = useState<CodeKind>('app')
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const enter = useEnterCode(kind)
  const input = useRef<HTMLInputElement>(null)
  const errorText = useErrorText()

  useEffect(() => input.current?.focus(), [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (enter.isPending) return
    const code = tidyCode(typed)
    setProblem(code ? undefined : codeTexts.missing)
    if (!code) return input.current?.focus()
    enter.mutate(code, {
      onError: (error) => {
        if (error instanceof ApiError && overCodes.includes(error.code)) return onOver(errorText(error))
        setProblem(errorText(error))
        input.current?.focus()
        input.current?.select()
      },
    })
  }
  const change = (value: string) => {
    setTyped(value)
    setProblem(undefined)
  }
  const otherKind = () => {
    setKind(kind === 'app' ? 'recovery' : 'app')
    change('')
    input.current?.focus()
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <CodeField ref={input} kind={kind} value={typed} error={problem} onChange={change} />
      <Button type="submit" size="md" fullWidth loading={enter.isPending}>
        {texts.signIn}
      </Button>
      <div className={styles.ways}>
        <Button variant="subtle" onClick={otherKind}>
          {kind === 'app' ? codeTexts.useRecovery : codeTexts.useApp}
        </Button>
        <Button variant="subtle" onClick={() => onOver()}>
          {codeTexts.startAgain}
        </Button>
      </div>
    </form>
  )
}
