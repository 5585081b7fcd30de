// What an administrator does to somebody, each after it was said what that does.
import { Button, Modal, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { PersonDetails } from '../../contract.ts'
import { forgetLists, forgetPerson, useActOn, useMakePasswordLink, type Act } from '../data/people.ts'
import { announce } from '../parts/announce.tsx'
import { AskPassword, wantsPassword } from '../parts/ask-password.tsx'
import { useReturnFocus } from '../parts/use-return-focus.ts'
import { useTexts } from '../texts/language.tsx'
import { ActForm } from './act-form.tsx'
import styles from './people.module.css'
import { ShownLink } from './shown-link.tsx'

type Asked = 'role' | 'link' | 'resetFactor' | 'signOut' | 'lockOut' | 'letIn' | 'remove'

export function Acts({ person }: { person: PersonDetails }) {
  const { people: texts } = useTexts()
  const [asked, setAsked] = useState<Asked | null>(null)
  const isAdmin = person.role === 'admin'
  const isLockedOut = person.state === 'locked_out'
  const button = (what: Asked, text: string, danger = false) => (
    <Button
      variant={danger ? 'outline' : 'default'}
      {...(danger ? { color: 'red' } : {})}
      onClick={() => setAsked(what)}
    >
      {text}
    </Button>
  )
  return (
    <>
      <div className={styles.acts}>
        {button('link', person.state === 'invited' ? texts.inviteAgain : texts.makeLink)}
        {button('role', isAdmin ? texts.makeUser : texts.makeAdmin)}
        {person.secondFactor && button('resetFactor', texts.resetFactor)}
        {person.sessions.length > 0 && button('signOut', texts.signOut)}
        {isLockedOut ? button('letIn', texts.letIn) : button('lockOut', texts.lockOut)}
        {button('remove', texts.remove, true)}
      </div>
      {asked === 'link' && <LinkDialog person={person} onClose={() => setAsked(null)} />}
      {asked && asked !== 'link' && (
        <ActDialog key={asked} asked={asked} person={person} onClose={() => setAsked(null)} />
      )}
    </>
  )
}

interface DialogProps {
  person: PersonDetails
  onClose: () => void
}

function LinkDialog({ person, onClose }: DialogProps) {
  const { people: texts, close } = useTexts()
  const make = useMakePasswordLink(person.id)
  useReturnFocus()
  const isInvited = person.state === 'invited'
  const name = isInvited ? texts.inviteAgain : texts.makeLink
  return (
    <>
      <Modal
        opened={!wantsPassword(make.error)}
        onClose={() => make.isPending || onClose()}
        title={name}
        closeButtonProps={{ 'aria-label': close }}
      >
        {make.data ? (
          <ShownLink made={make.data} email={person.email} onDone={onClose} />
        ) : (
          <ActForm
            body={isInvited ? texts.inviteAgainBody : texts.makeLinkBody(person.email)}
            button={name}
            pending={make.isPending}
            error={make.error}
            onSubmit={() => make.mutate()}
            onCancel={onClose}
          />
        )}
      </Modal>
      <AskPassword sent={make} />
    </>
  )
}

type Dialog = Exclude<Asked, 'link'> | 'endSession'

/** @param session that is to end */
export function ActDialog({ asked, person, session, onClose }: DialogProps & { asked: Dialog; session?: string }) {
  const { people: texts, close } = useTexts()
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const act = useActOn(person.id)
  useReturnFocus()
  const { email } = person
  const words = useWords(asked, person)

  const wanted = (): Act => {
    switch (asked) {
      case 'role':
        return { act: 'set-role', role: person.role === 'admin' ? 'user' : 'admin' }
      case 'resetFactor':
        return { act: 'delete', what: 'second-factor' }
      case 'endSession':
        return { act: 'delete', what: `sessions/${session}` }
      case 'signOut':
        return { act: 'revoke-user-sessions' }
      case 'lockOut':
        return { act: 'ban-user', ...(typed.trim() ? { banReason: typed.trim() } : {}) }
      case 'letIn':
        return { act: 'unban-user' }
      case 'remove':
        return { act: 'remove-user' }
    }
  }
  const send = () =>
    act.mutate(wanted(), {
      onSuccess: () => {
        announce(words.done)
        if (asked === 'remove') {
          forgetLists()
          navigate('/admin/people')
          forgetPerson(person.id)
        } else onClose()
      },
    })
  const submit = () => {
    const isOther = asked === 'remove' && typed.trim().toLowerCase() !== email.toLowerCase()
    setProblem(isOther ? texts.removeTypeWrong : undefined)
    if (isOther) input.current?.focus()
    else send()
  }
  const field = (label: string, description?: string) => (
    <TextInput
      ref={input}
      label={label}
      {...(description ? { description } : {})}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      maxLength={254}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        setProblem(undefined)
      }}
      error={problem}
      data-autofocus
    />
  )
  return (
    <>
      <Modal
        opened={!wantsPassword(act.error)}
        onClose={() => act.isPending || onClose()}
        title={words.title}
        closeButtonProps={{ 'aria-label': close }}
      >
        <ActForm
          body={words.body}
          button={words.button}
          danger={asked === 'remove' || asked === 'lockOut' || asked === 'resetFactor'}
          pending={act.isPending}
          error={act.error}
          onSubmit={submit}
          onCancel={onClose}
        >
          {asked === 'lockOut' && field(texts.reason, texts.reasonHint)}
          {asked === 'remove' && field(texts.removeType(email))}
        </ActForm>
      </Modal>
      <AskPassword sent={act} again={send} />
    </>
  )
}

function useWords(asked: Dialog, { email, role }: PersonDetails) {
  const { people: texts } = useTexts()
  switch (asked) {
    case 'role': {
      const said = role === 'admin' ? texts.toUser : texts.toAdmin
      return { title: said.title(email), body: said.body, button: said.button, done: said.done(email) }
    }
    case 'resetFactor':
    case 'endSession':
    case 'signOut':
    case 'lockOut':
    case 'letIn':
    case 'remove': {
      const said = texts.asked[asked]
      return { title: said.title(email), body: said.body, button: said.button, done: said.done(email) }
    }
  }
}
