// The field for the Service URL: says what is in effect, what an empty field means, and completes an address.
import { TextInput } from '@mantine/core'
import { useId, type RefObject } from 'react'
import type { Look, Options } from '../../contract.ts'
import { useTexts } from '../texts/language.tsx'
import { ServiceUrlLook } from './service-url-look.tsx'
import styles from './settings.module.css'

interface FieldProps {
  ref: RefObject<HTMLInputElement | null>
  option: Options['bluesky_service-url']
  look: Look | null
  value: string
  error: string | undefined
  /** an incident comes from what is saved */
  marked: boolean
  onChange: (value: string) => void
}

/** A host as people type it, without what makes it an address. */
const bareHost = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?\/?$/i

export function ServiceUrlField({ ref, option, look, value, error, marked, onChange }: FieldProps) {
  const { settings: texts, incident } = useTexts()
  const effectId = useId()
  const typed = value.trim()
  const suggestion = bareHost.test(typed) ? `https://${typed.toLowerCase()}` : null
  const use = (url: string) => {
    onChange(url)
    ref.current?.focus()
  }
  const sources = { saved: texts.fromSaved, env: texts.fromEnv, default: texts.fromDefault }

  return (
    <div className={styles.field}>
      <TextInput
        ref={ref}
        label={texts.serviceUrl}
        description={texts.serviceUrlHint(option.unsaved)}
        name="service-url"
        type="url"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        placeholder={option.unsaved}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error ? texts.serviceUrlWrong(error) : marked && incident.fieldMarked}
        aria-describedby={effectId}
      />
      <div className={styles.suggestion} aria-live="polite">
        {suggestion && (
          <button type="button" className={styles.suggest} onClick={() => use(suggestion)}>
            {texts.didYouMean(suggestion)}
          </button>
        )}
      </div>
      <p id={effectId} className={styles.effect}>
        {texts.inEffect} <code>{option.effective}</code>
        <span className={styles.source}>{sources[option.source]}</span>
      </p>
      <ServiceUrlLook key={option.effective} origin={option.effective} look={look} typed={typed} onUse={use} />
    </div>
  )
}
