// Whether the second factor is on; turning it on and off, and new recovery codes.
import { Button, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { useNewRecoveryCodes, useTurnOff } from '../data/account.ts'
import type { Me } from '../../contract.ts'
import { refreshMe } from '../data/session.ts'
import { announce } from '../parts/announce.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'
import { PasswordForm } from '../parts/password-form.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { SetUp } from './set-up.tsx'

type Open = 'set-up' | 'codes' | 'off' | null

export function SecondFactorPanel({ me }: { me: Me }) {
  const { secondFactor: texts, close } = useTexts()
  const [open, setOpen] = useState<Open>(null)
  // Codes that are shown once go with a press on their own button, and not by a slip.
  const [once, setOnce] = useState(false)
  const shut = () => {
    setOpen(null)
    setOnce(false)
  }
  const dialog = (name: Exclude<Open, null>, title: string, content: React.ReactNode) => (
    <Modal
      opened={open === name}
      onClose={() => once || shut()}
      withCloseButton={!once}
      title={title}
      closeButtonProps={{ 'aria-label': close }}
    >
      {content}
    </Modal>
  )
  const turnedOn = () => {
    shut()
    void refreshMe()
    announce(texts.isOn)
  }
  return (
    <Panel label={texts.title}>
      <div className={styles.part}>
        <h2>{texts.title}</h2>
        <p className={styles.muted}>{texts.lead}</p>
        <Notice tone={me.secondFactor ? 'good' : 'calm'} icon={me.secondFactor ? 'checkCircle' : 'info'}>
          <p>{me.secondFactor ? texts.isOn : texts.isOff}</p>
        </Notice>
        <div className={styles.buttons}>
          {me.secondFactor ? (
            <>
              <Button variant="default" onClick={() => setOpen('codes')}>
                {texts.newCodes}
              </Button>
              <Button variant="default" onClick={() => setOpen('off')}>
                {texts.turnOff}
              </Button>
            </>
          ) : (
            <Button onClick={() => setOpen('set-up')}>{texts.setUp}</Button>
          )}
        </div>
      </div>
      {dialog(
        'set-up',
        texts.setUpTitle,
        <SetUp onConfirmed={() => setOnce(true)} onDone={turnedOn} onCancel={shut} />,
      )}
      {dialog('codes', texts.newCodesTitle, <NewCodes onShown={() => setOnce(true)} onDone={shut} />)}
      {dialog('off', texts.turnOffTitle, <TurnOff onDone={shut} />)}
    </Panel>
  )
}

function NewCodes({ onShown, onDone }: { onShown: () => void; onDone: () => void }) {
  const { secondFactor: texts } = useTexts()
  const ask = useNewRecoveryCodes()
  if (ask.data) return <RecoveryCodes codes={ask.data.backupCodes} onDone={onDone} />
  return (
    <Stack gap="md">
      <p>{texts.newCodesBody}</p>
      <PasswordForm
        button={texts.newCodes}
        pending={ask.isPending}
        error={ask.error}
        onSubmit={(password) => ask.mutate(password, { onSuccess: onShown })}
        onCancel={onDone}
      />
    </Stack>
  )
}

function TurnOff({ onDone }: { onDone: () => void }) {
  const { secondFactor: texts } = useTexts()
  const turnOff = useTurnOff()
  const done = () => {
    onDone()
    announce(texts.isOff)
  }
  return (
    <Stack gap="md">
      <p>{texts.turnOffBody}</p>
      <PasswordForm
        button={texts.turnOff}
        danger
        pending={turnOff.isPending}
        error={turnOff.error}
        onSubmit={(password) => turnOff.mutate(password, { onSuccess: done })}
        onCancel={onDone}
      />
    </Stack>
  )
}
