// The two fields of the dialog: each says, while the text is still here, whether it can be what it should.
import { PasswordInput, TextInput } from '@mantine/core'
import type { ClipboardEvent, ReactNode, Ref } from 'react'
import { cleanAppPassword, holdsAppPassword, visible } from '../../input/app-password.ts'
import { readIdentifier } from '../../input/identifier.ts'
import { shownHandle } from '../../input/shown.ts'
import { partAccount, type PartedAccount } from '../../input/together.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connect-dialog.module.css'

/** What was done to what somebody put in. */
export type Note = 'tidied' | 'completed' | 'parted' | 'moved' | 'refused' | null

interface FieldProps {
  ref: Ref<HTMLInputElement>
  value: string
  error: string | undefined
  /** what completes a bare name, null where that is not known */
  domain: string | null
  /** handle and app password came as one text, or the app password in the field of the handle */
  onParted: (parted: PartedAccount) => void
}

/** What stands below a field. */
type Judgement = [tone: 'bad' | 'good' | undefined, hint: ReactNode]

/** Props of an input: the library ties what stands below it to it, so that both are read together. */
const hintOf = ([tone, hint]: Judgement) => ({
  inputWrapperOrder: ['label' as const, 'input' as const, 'description' as const],
  description: (
    <>
      {tone && <Icon name={tone === 'good' ? 'check' : 'alert'} size={16} />}
      {hint}
    </>
  ),
  descriptionProps: { className: styles.hint, 'data-tone': tone, 'aria-live': 'polite' as const },
  error: tone === 'bad',
  // The library leaves it out for passwords.
  'aria-invalid': tone === 'bad' || undefined,
})

/** Neither is a sign-in here: what password managers fill in or keep would be that of another site. */
const unmanaged = {
  'data-1p-ignore': true,
  'data-lpignore': 'true',
  'data-bwignore': 'true',
  'data-protonpass-ignore': 'true',
  'data-form-type': 'other',
}

/** Only what replaces the whole field is known to be whole. */
function pasted({ currentTarget, clipboardData }: ClipboardEvent<HTMLInputElement>) {
  const { selectionStart, selectionEnd, value } = currentTarget
  const start = selectionStart ?? 0
  const end = selectionEnd ?? value.length
  const text = clipboardData.getData('text')
  const whole = `${value.slice(0, start)}${text}${value.slice(end)}`
  return { text, whole, replacesAll: start === 0 && end === value.length }
}

interface HandleProps extends FieldProps {
  note: Note
  onChange: (value: string, note: Note) => void
}

export function HandleField({ ref, value, error, note, domain, onChange, onParted }: HandleProps) {
  const { dialog: texts } = useTexts()

  const tidy = (text: string) => {
    const read = readIdentifier(text, domain)
    if (!('identifier' in read)) return false
    const shown = shownHandle(read.identifier)
    if (shown === text) return false
    onChange(shown, read.completed ? 'completed' : 'tidied')
    return true
  }
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const { text, whole, replacesAll } = pasted(event)
    const parted = partAccount(text, domain) ?? partAccount(whole, domain)
    if (parted) onParted(parted)
    else if (holdsAppPassword(whole)) onChange(value, 'refused')
    else if (!(replacesAll && tidy(text))) {
      if (!/[\r\n\t]/.test(text)) return
      // The field would leave the line's end out, and make one of what stands on both sides.
      onChange(visible(whole), null)
    }
    event.preventDefault()
  }
  const leave = () => {
    const parted = partAccount(value, domain)
    if (parted && parted.identifier !== null) onParted(parted)
    else tidy(value)
  }
  const judge = (): Judgement => {
    if (error) return ['bad', error]
    const read = readIdentifier(value, domain)
    // A long name is none as long as its end is not typed; what has the dashes of an app password is.
    const hasSecret = value.includes('-') && 'problem' in read && read.problem === 'app_password'
    if (note === 'refused' || hasSecret) return ['bad', texts.handleProblems.app_password]
    if (note === 'parted' || note === 'moved') return ['good', texts[note]]
    if (note === 'completed') return ['good', texts.completed(value)]
    const tone = note === 'tidied' ? 'good' : undefined
    if ('identifier' in read && /[^\0-\x7F]/.test(value)) return [tone, texts.inAscii(read.identifier)]
    if ('completed' in read) return [undefined, texts.completes(read.identifier)]
    return note === 'tidied' ? ['good', texts.tidied(value)] : [undefined, texts.handleHint(domain ?? '.bsky.social')]
  }

  return (
    <TextInput
      ref={ref}
      label={texts.handle}
      name="identifier"
      autoComplete="off"
      {...unmanaged}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      inputMode="email"
      maxLength={2000}
      dir="auto"
      data-autofocus
      value={value}
      onPaste={paste}
      onBlur={leave}
      onChange={(event) => onChange(event.currentTarget.value, null)}
      {...hintOf(judge())}
    />
  )
}

const fullLength = 16

/** Letters and digits without what people put between them. */
const bareOf = (text: string) => text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}\p{Pd}\s]/gu, '')

interface AppPasswordProps extends FieldProps {
  onChange: (value: string) => void
  /** there is no field for the handle, and this one takes the focus when the dialog opens */
  alone: boolean
}

export function AppPasswordField({ ref, value, error, domain, alone, onChange, onParted }: AppPasswordProps) {
  const { dialog: texts, account } = useTexts()
  const bare = bareOf(value)
  const good = cleanAppPassword(value) !== null
  const hopeless = value !== '' && !good && (bare.length >= fullLength || !/^[a-z0-9]*$/i.test(bare))

  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const { text, replacesAll } = pasted(event)
    const clean = cleanAppPassword(text)
    const parted = alone || clean !== null ? null : partAccount(text, domain)
    if (parted) onParted(parted)
    else if (replacesAll && clean !== null) onChange(clean)
    else return
    event.preventDefault()
  }
  const judge = (): Judgement => {
    if (error) return ['bad', error]
    if (hopeless) return ['bad', texts.appPasswordWrong]
    if (good) return ['good', texts.appPasswordGood]
    return [undefined, value ? texts.appPasswordSoFar(bare.length) : texts.appPasswordHint]
  }

  return (
    <PasswordInput
      ref={ref}
      className={styles.password}
      label={texts.appPassword}
      name="app-password"
      // Browsers keep to it, unlike to "off": they offer no password here, and to keep none.
      autoComplete="one-time-code"
      {...unmanaged}
      maxLength={2000}
      data-autofocus={alone || undefined}
      value={value}
      onPaste={paste}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': account.showPassword }}
      {...hintOf(judge())}
    />
  )
}
