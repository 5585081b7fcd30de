// Asks for the password again, before something that a stolen session must not do.
import { Modal, Stack } from '@mantine/core'
import { useConfirmPassword } from '../data/session.ts'
import { useTexts } from '../texts/language.tsx'
import { PasswordForm } from './password-form.tsx'

interface ConfirmProps {
  onConfirmed: () => void
  onClose: () => void
}

export function ConfirmPassword({ onConfirmed, onClose }: ConfirmProps) {
  const { account: texts, close } = useTexts()
  const confirm = useConfirmPassword()
  return (
    <Modal
      opened
      onClose={() => confirm.isPending || onClose()}
      title={texts.confirmTitle}
      closeButtonProps={{ 'aria-label': close }}
    >
      <Stack gap="md">
        <p>{texts.confirmBody}</p>
        <PasswordForm
          button={texts.confirm}
          pending={confirm.isPending}
          error={confirm.error}
          onSubmit={(password) => confirm.mutate(password, { onSuccess: onConfirmed })}
          onCancel={onClose}
        />
      </Stack>
    </Modal>
  )
}
