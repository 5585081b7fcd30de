// Deletes one's own account: says what happens, and asks for the address and the password.
import { Button, Modal, Stack, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { exportAddress, useDeleteAccount } from '../data/account.ts'
import type { Me } from '../../contract.ts'
import { Panel } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'
import { PasswordForm } from '../parts/password-form.tsx'

export function DeleteAccount({ me }: { me: Me }) {
  const { ownAccount: texts, close } = useTexts()
  const [opened, setOpened] = useState(false)
  const remove = useDeleteAccount()
  const shut = () => {
    if (remove.isPending) return
    setOpened(false)
    remove.reset()
  }
  return (
    <Panel label={texts.deleteTitle}>
      <div className={styles.part}>
        <h2>{texts.deleteTitle}</h2>
        <p className={styles.muted}>{texts.deleteLead}</p>
        <div className={styles.buttons}>
          <Button color="red" variant="outline" onClick={() => setOpened(true)}>
            {texts.deleteButton}
          </Button>
        </div>
      </div>
      <Modal opened={opened} onClose={shut} title={texts.deleteTitle} closeButtonProps={{ 'aria-label': close }}>
        <Confirm me={me} remove={remove} onCancel={shut} />
      </Modal>
    </Panel>
  )
}

interface ConfirmProps {
  me: Me
  remove: ReturnType<typeof useDeleteAccount>
  onCancel: () => void
}

function Confirm({ me, remove, onCancel }: ConfirmProps) {
  const { ownAccount: texts } = useTexts()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const check = () => {
    const same = typed.trim().toLowerCase() === me.email.toLowerCase()
    setProblem(same ? undefined : texts.deleteTypeWrong)
    if (!same) input.current?.focus()
    return same
  }
  // Loaded anew, so that nothing of the account stays on this page.
  const gone = () => location.assign('/sign-in?deleted')
  return (
    <Stack gap="md">
      <p>{texts.deleteBody}</p>
      <ul className={styles.effects}>
        {texts.deleteEffects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
      <p>
        {texts.deleteExport}{' '}
        <a href={exportAddress} download>
          {texts.exportButton}
        </a>
      </p>
      <PasswordForm
        button={texts.deleteButton}
        danger
        pending={remove.isPending}
        error={remove.error}
        check={check}
        onSubmit={(password) => remove.mutate(password, { onSuccess: gone })}
        onCancel={onCancel}
      >
        <TextInput
          ref={input}
          label={texts.deleteType(me.email)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setProblem(undefined)
          }}
          error={problem}
          data-autofocus
        />
      </PasswordForm>
    </Stack>
  )
}
