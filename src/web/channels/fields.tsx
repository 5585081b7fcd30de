// The two fields of the dialog: each says, while the text is still here, whether it can be what it should.
import { PasswordInput, TextInput } from '@mantine/core'
import { useId, useState, type ClipboardEvent, type ReactNode, type Ref } from 'react'
import { cleanAppPassword, cleanIdentifier } from '../../input/clean.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connect-dialog.module.css'

interface FieldProps {
  ref: Ref<HTMLInputElement>
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

/** What stands below a field. */
type Judgement = [tone: 'bad' | 'good' | undefined, hint: ReactNode]

function Hint({ id, judgement: [tone, hint] }: { id: string; judgement: Judgement }) {
  return (
    <div id={id} className={styles.hint} data-tone={tone} aria-live="polite">
      {tone && <Icon name={tone === 'good' ? 'check' : 'alert'} size={16} />}
      {hint}
    </div>
  )
}

/** Only what replaces the whole field is known to be whole. @param tidy puts it in cleaned, and returns whether it did */
const pasting = (tidy: (text: string) => boolean) => (event: ClipboardEvent<HTMLInputElement>) => {
  const { selectionStart, selectionEnd, value } = event.currentTarget
  const replacesAll = selectionStart === 0 && selectionEnd === value.length
  if (replacesAll && tidy(event.clipboardData.getData('text'))) event.preventDefault()
}

export function HandleField({ ref, value, error, onChange }: FieldProps) {
  const { dialog: texts } = useTexts()
  const [tidied, setTidied] = useState(false)
  const hintId = useId()
  const bare = value.trim().replace(/^@/, '').toLowerCase()
  const suggestion = /^[a-z0-9][a-z0-9-]{2,17}$/.test(bare) ? `${bare}.bsky.social` : null

  const tidy = (text: string) => {
    const clean = cleanIdentifier(text)
    if (!clean || clean === text) return false
    onChange(clean)
    setTidied(true)
    return true
  }
  const judge = (): Judgement => {
    if (error) return ['bad', error]
    if (!suggestion) return tidied ? ['good', texts.tidied(value)] : [undefined, texts.handleHint]
    const suggested = (
      <button type="button" className={styles.suggest} onClick={() => onChange(suggestion)}>
        {texts.didYouMean(suggestion)}
      </button>
    )
    return [undefined, suggested]
  }

  return (
    <div className={styles.field}>
      <TextInput
        ref={ref}
        label={texts.handle}
        name="identifier"
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        inputMode="email"
        maxLength={2000}
        data-autofocus
        value={value}
        error={error !== undefined}
        aria-describedby={hintId}
        onPaste={pasting(tidy)}
        onBlur={() => tidy(value)}
        onChange={(event) => {
          setTidied(false)
          onChange(event.currentTarget.value)
        }}
      />
      <Hint id={hintId} judgement={judge()} />
    </div>
  )
}

const fullLength = 16

/** Letters and digits without what people put between them. */
const bareOf = (text: string) => text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}\p{Pd}\s]/gu, '')

/** @param first it takes the focus when the dialog opens */
export function AppPasswordField({ ref, value, error, first, onChange }: FieldProps & { first: boolean }) {
  const { dialog: texts, account } = useTexts()
  const hintId = useId()
  const bare = bareOf(value)
  const good = cleanAppPassword(value) !== null
  const hopeless = value !== '' && !good && (bare.length >= fullLength || !/^[a-z0-9]*$/i.test(bare))

  const tidy = (text: string) => {
    const clean = cleanAppPassword(text)
    if (clean) onChange(clean)
    return clean !== null
  }
  const judge = (): Judgement => {
    if (error) return ['bad', error]
    if (hopeless) return ['bad', texts.appPasswordWrong]
    if (good) return ['good', texts.appPasswordGood]
    return [undefined, value ? texts.appPasswordSoFar(bare.length) : texts.appPasswordHint]
  }
  const judgement = judge()

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
        error={judgement[0] === 'bad'}
        aria-describedby={hintId}
        onPaste={pasting(tidy)}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleFocusable
        visibilityToggleButtonProps={{ 'aria-label': account.showPassword }}
      />
      <Hint id={hintId} judgement={judgement} />
    </div>
  )
}
