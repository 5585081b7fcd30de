// Changes the e-mail address: by a link to the new one where mail is on, else at once.
import { Button } from '@mantine/core'
import { useRef, useState, type FormEvent } from 'react'
import type { Me } from '../../contract.ts'
import { EmailField, useEmailProblem } from '../accounts/email-field.tsx'
import { useChangeEmail } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { AskPassword, wantsPassword } from '../parts/ask-password.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/page.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'

export function ChangeEmail({ me }: { me: Me }) {
  const { ownAccount: texts } = useTexts()
  const [email, setEmail] = useState('')
  const [wrong, setWrong] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const change = useChangeEmail()
  const problemOf = useEmailProblem()
  const fieldOf = useFieldOf()

  const send = () =>
    change.mutate(email.trim(), {
      onSuccess: () => setEmail(''),
      onError: (error) => {
        setWrong(fieldOf(error))
        input.current?.focus()
      },
    })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (change.isPending) return
    const problem = problemOf(email.trim())
    setWrong(problem)
    if (problem) return input.current?.focus()
    send()
  }
  const { error, data } = change
  return (
    <Panel label={texts.emailTitle}>
      <form className={styles.part} onSubmit={submit} noValidate>
        <h2>{texts.emailTitle}</h2>
        <p className={styles.muted}>{me.mail ? texts.emailLeadMailed(me.email) : texts.emailLead(me.email)}</p>
        <EmailField
          ref={input}
          label={texts.newEmail}
          value={email}
          onChange={(value) => {
            setEmail(value)
            setWrong(undefined)
            if (!change.isPending) change.reset()
          }}
          error={wrong}
        />
        {error && !wantsPassword(error) && !fieldOf(error) && <ErrorNotice error={error} />}
        <div className={styles.buttons}>
          <Button type="submit" loading={change.isPending}>
            {texts.changeEmail}
          </Button>
          <div role="status">
            {data && (
              <Notice tone="good">
                <p>{data.changed ? texts.emailChanged(data.email) : texts.emailMailed(data.email)}</p>
              </Notice>
            )}
          </div>
        </div>
      </form>
      {/* Not in the form: what is submitted in the dialog would be an event of the form as well. */}
      <AskPassword sent={change} again={send} />
    </Panel>
  )
}

/** What is wrong with the address itself. */
function useFieldOf() {
  const { account, ownAccount: texts, people } = useTexts()
  return (error: Error): string | undefined => {
    if (!(error instanceof ApiError)) return undefined
    if (error.code === 'email_taken') return people.taken
    if (error.code === 'email_same') return texts.emailSame
    return error.fields['email'] ? account.emailInvalid : undefined
  }
}
