// The form of Service URL and Status.
import { Button, TextInput } from '@mantine/core'
import { useId, useRef, useState, type FormEvent } from 'react'
import type { Options, OptionsBody } from '../../contract.ts'
import { useSaveOptions } from '../data/admin.ts'
import { ApiError } from '../data/http.ts'
import { Notice } from '../parts/notice.tsx'
import { referenceOf, useErrorText } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './settings.module.css'

const defaultServiceUrl = 'https://bsky.social'

const savedIn = (options: Options): OptionsBody => ({
  'bluesky_service-url': options['bluesky_service-url'].saved,
  bluesky_integration_status: options.bluesky_integration_status.effective,
})

export function OptionsForm({ options }: { options: Options }) {
  const all = useTexts()
  const texts = all.settings
  // What is being edited is left alone when the options are read again.
  const [edited, setEdited] = useState<Partial<OptionsBody>>({})
  const save = useSaveOptions()
  const errorText = useErrorText()
  const serviceUrl = useRef<HTMLInputElement>(null)
  const effectId = useId()
  const body = { ...savedIn(options), ...edited }
  const effective = options['bluesky_service-url']
  const fieldError = save.error instanceof ApiError ? save.error.fields['bluesky_service-url'] : undefined
  const sources = { saved: texts.fromSaved, env: texts.fromEnv, default: texts.fromDefault }

  const change = (part: Partial<OptionsBody>) => {
    setEdited({ ...edited, ...part })
    if (!save.isPending) save.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending) return
    save.mutate(body, {
      onSuccess: () => setEdited({}),
      onError: (error) => {
        if (error instanceof ApiError && error.fields['bluesky_service-url']) serviceUrl.current?.focus()
      },
    })
  }
  const choice = (value: OptionsBody['bluesky_integration_status'], name: string, hint: string) => (
    <label className={styles.choice}>
      <input
        type="radio"
        name="status"
        value={value}
        checked={body.bluesky_integration_status === value}
        onChange={() => change({ bluesky_integration_status: value })}
      />
      <strong>{name}</strong>
      <small>{hint}</small>
    </label>
  )

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div className={styles.field}>
        <TextInput
          ref={serviceUrl}
          label={texts.serviceUrl}
          description={texts.serviceUrlHint}
          name="service-url"
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder={defaultServiceUrl}
          value={body['bluesky_service-url']}
          onChange={(event) => change({ 'bluesky_service-url': event.currentTarget.value })}
          error={fieldError && texts.serviceUrlWrong(fieldError)}
          aria-describedby={effectId}
        />
        <p id={effectId} className={styles.effect}>
          {texts.inEffect} <code>{effective.effective}</code>
          <span className={styles.source}>{sources[effective.source]}</span>
        </p>
      </div>
      <fieldset className={styles.choices}>
        <legend>{texts.status}</legend>
        {choice('enabled', texts.enabled, texts.enabledHint)}
        {choice('disabled', texts.disabled, texts.disabledHint)}
      </fieldset>
      {save.error && !fieldError && (
        <Notice tone="bad" role="alert">
          <p>{errorText(save.error)}</p>
          {referenceOf(save.error) && <p>{all.reference(referenceOf(save.error) ?? '')}</p>}
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="md" loading={save.isPending}>
          {texts.save}
        </Button>
        <div role="status">
          {save.data && (
            <Notice tone="good">
              <p>
                {texts.saved} {texts.restarted(save.data.restarted)}
              </p>
            </Notice>
          )}
        </div>
      </div>
      <p className={styles.noTest}>{texts.noTest}</p>
    </form>
  )
}
