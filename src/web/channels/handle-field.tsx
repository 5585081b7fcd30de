// The field for the handle: what is pasted is cleaned before the eyes of whoever pastes it.
import { TextInput } from '@mantine/core'
import { useId, useState, type ClipboardEvent, type Ref } from 'react'
import { cleanIdentifier } from '../../input/clean.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connect-dialog.module.css'

interface FieldProps {
  ref: Ref<HTMLInputElement>
  value: string
  error: string | undefined
  onChange: (value: string) => void
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
  const pasted = (event: ClipboardEvent<HTMLInputElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget
    // Only what replaces the whole field is known to be a whole handle.
    const replacesAll = selectionStart === 0 && selectionEnd === value.length
    if (replacesAll && tidy(event.clipboardData.getData('text'))) event.preventDefault()
  }

  const tone = tidied ? 'good' : undefined
  const hint = () => {
    if (error) {
      return (
        <>
          <Icon name="alert" size={16} />
          {error}
        </>
      )
    }
    if (suggestion) {
      return (
        <button type="button" className={styles.suggest} onClick={() => onChange(suggestion)}>
          {texts.didYouMean(suggestion)}
        </button>
      )
    }
    if (!tidied) return texts.handleHint
    return (
      <>
        <Icon name="check" size={16} />
        {texts.tidied(value)}
      </>
    )
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
        onPaste={pasted}
        onBlur={() => tidy(value)}
        onChange={(event) => {
          setTidied(false)
          onChange(event.currentTarget.value)
        }}
      />
      <div id={hintId} className={styles.hint} data-tone={error ? 'bad' : tone} aria-live="polite">
        {hint()}
      </div>
    </div>
  )
}
