// The field for the app password: it says whether the text can be one while it is still here.
import { PasswordInput } from '@mantine/core'
import { useId, type ClipboardEvent, type Ref } from 'react'
import { cleanAppPassword } from '../../input/clean.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connect-dialog.module.css'

interface FieldProps {
  ref: Ref<HTMLInputElement>
  value: string
  error: string | undefined
  /** takes the focus when the dialog opens */
  first: boolean
  onChange: (value: string) => void
}

const fullLength = 16

/** Letters and digits without what people put between them. */
const bareOf = (text: string) => text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}\p{Pd}\s]/gu, '')

export function AppPasswordField({ ref, value, error, first, onChange }: FieldProps) {
  const { dialog: texts, account } = useTexts()
  const hintId = useId()
  const bare = bareOf(value)
  const good = cleanAppPassword(value) !== null
  const hopeless = value !== '' && !good && (bare.length >= fullLength || !/^[a-z0-9]*$/i.test(bare))

  const pasted = (event: ClipboardEvent<HTMLInputElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget
    const clean = cleanAppPassword(event.clipboardData.getData('text'))
    if (!clean || selectionStart !== 0 || selectionEnd !== value.length) return
    event.preventDefault()
    onChange(clean)
  }

  const judge = (): [tone: 'bad' | 'good' | undefined, hint: string] => {
    if (error) return ['bad', error]
    if (hopeless) return ['bad', texts.appPasswordWrong]
    if (good) return ['good', texts.appPasswordGood]
    return [undefined, value ? texts.appPasswordSoFar(bare.length) : texts.appPasswordHint]
  }
  const [tone, hint] = judge()

  return (
    <div className={styles.field}>
      <PasswordInput
        ref={ref}
        className={styles.password}
        label={texts.appPassword}
        name="app-password"
        autoComplete="off"
        data-1p-ignore
        data-lpignore="true"
        maxLength={2000}
        data-autofocus={first || undefined}
        value={value}
        error={tone === 'bad'}
        aria-describedby={hintId}
        onPaste={pasted}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleFocusable
        visibilityToggleButtonProps={{ 'aria-label': account.showPassword }}
      />
      <div id={hintId} className={styles.hint} data-tone={tone} aria-live="polite">
        {tone && <Icon name={tone === 'good' ? 'check' : 'alert'} size={16} />}
        {hint}
      </div>
    </div>
  )
}
