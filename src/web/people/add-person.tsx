// Adds somebody: invites them with a link, or gives them a password.
import { Button, Group, Modal, NativeSelect, Stack } from '@mantine/core'
import { useRef, useState, type FormEvent } from 'react'
import type { Role } from '../../input/account.ts'
import { EmailField, useEmailProblem } from '../accounts/email-field.tsx'
import { ApiError } from '../data/http.ts'
import { useAddPerson } from '../data/people.ts'
import { announce } from '../parts/announce.tsx'
import { AskPassword, wantsPassword } from '../parts/ask-password.tsx'
import { NewPasswordField, useNewPasswordProblem } from '../parts/new-password-field.tsx'
import { ErrorNotice, useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { ShownLink } from './shown-link.tsx'

type Way = 'link' | 'password'
const none = { email: '', role: 'user' as Role, way: 'link' as Way, password: '' }
type Fields = { email?: string | undefined; password?: string | undefined }

export function AddPerson({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { people: texts, cancel, close } = useTexts()
  const [typed, setTyped] = useState(none)
  const [wrong, setWrong] = useState<Fields>({})
  const add = useAddPerson()
  const emailInput = useRef<HTMLInputElement>(null)
  const passwordInput = useRef<HTMLInputElement>(null)
  const emailProblemOf = useEmailProblem()
  const passwordProblemOf = useNewPasswordProblem()
  const fieldOf = useFieldOf()
  const withPassword = typed.way === 'password'

  const show = (fields: Fields) => {
    setWrong(fields)
    if (fields.email) emailInput.current?.focus()
    else if (fields.password) passwordInput.current?.focus()
  }
  const shut = () => {
    if (add.isPending) return
    setTyped(none)
    setWrong({})
    add.reset()
    onClose()
  }
  const send = () => {
    const { email, role, password } = typed
    add.mutate(
      { email: email.trim(), role, ...(withPassword ? { password } : {}) },
      {
        onSuccess: (invited, { email: of }) => {
          if (invited) return
          announce(texts.added(of))
          setTyped(none)
          add.reset()
          onClose()
        },
        onError: (error) => show(fieldOf(error)),
      },
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (add.isPending) return
    const email = emailProblemOf(typed.email.trim())
    const password = withPassword ? passwordProblemOf(typed.password) : undefined
    show({ email, password })
    if (!email && !password) send()
  }
  const change = (part: Partial<typeof none>) => {
    setTyped({ ...typed, ...part })
    setWrong({})
  }
  const asks = wantsPassword(add.error)
  const untold = add.error && !asks && Object.keys(fieldOf(add.error)).length === 0 ? add.error : null

  return (
    <>
      <Modal
        opened={opened && !asks}
        onClose={shut}
        title={add.data ? texts.invited : texts.addTitle}
        closeButtonProps={{ 'aria-label': close }}
      >
        {add.data ? (
          <ShownLink made={add.data} email={add.data.person.email} onDone={shut} />
        ) : (
          <form onSubmit={submit} noValidate>
            <Stack gap="md">
              <p>{texts.addBody}</p>
              {untold && <ErrorNotice error={untold} />}
              <EmailField
                ref={emailInput}
                value={typed.email}
                onChange={(email) => change({ email })}
                error={wrong.email}
                autoComplete="off"
              />
              <NativeSelect
                label={texts.role}
                value={typed.role}
                onChange={(event) => change({ role: event.currentTarget.value as Role })}
                data={[
                  { value: 'user', label: texts.roles.user },
                  { value: 'admin', label: texts.roles.admin },
                ]}
              />
              <NativeSelect
                label={texts.way}
                value={typed.way}
                onChange={(event) => change({ way: event.currentTarget.value as Way, password: '' })}
                data={[
                  { value: 'link', label: texts.ways.link },
                  { value: 'password', label: texts.ways.password },
                ]}
              />
              {withPassword && (
                <NewPasswordField
                  ref={passwordInput}
                  label={texts.password}
                  name="newPassword"
                  value={typed.password}
                  onChange={(password) => change({ password })}
                  error={wrong.password}
                />
              )}
              <Group justify="flex-end" gap="sm">
                <Button variant="default" onClick={shut} disabled={add.isPending}>
                  {cancel}
                </Button>
                <Button type="submit" loading={add.isPending}>
                  {withPassword ? texts.add : texts.invite}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Modal>
      <AskPassword sent={add} again={send} />
    </>
  )
}

/** At which field an error is told. */
function useFieldOf() {
  const { people: texts, account } = useTexts()
  const errorText = useErrorText()
  return (error: Error): Fields => {
    if (!(error instanceof ApiError)) return {}
    if (error.code === 'email_taken') return { email: texts.taken }
    if (error.code === 'email_malformed' || error.fields['email']) return { email: account.emailInvalid }
    return error.code.startsWith('password_') ? { password: errorText(error) } : {}
  }
}
