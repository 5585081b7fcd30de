// The form of Service URL, accounts on other servers, and Status.
import { Button } from '@mantine/core'
import { useId, useRef, useState, type FormEvent } from 'react'
import type { OptionsBody, ShownOptions } from '../../contract.ts'
import { savedIn, useSaveOptions } from '../data/admin.ts'
import { ApiError } from '../data/http.ts'
import { Notice } from '../parts/notice.tsx'
import { ConfirmPassword } from '../parts/confirm-password.tsx'
import { ErrorNotice, referenceOf } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { ServiceUrlField } from './service-url-field.tsx'
import styles from './settings.module.css'

/** The fields of `edited` that are not the same in `others`. */
const without = (edited: Partial<OptionsBody>, others: Partial<OptionsBody>): Partial<OptionsBody> =>
  Object.fromEntries(Object.entries(edited).filter(([key, value]) => others[key as keyof OptionsBody] !== value))

interface FormProps {
  options: ShownOptions
  /** the option that an incident comes from */
  marked: string | null
}

export function OptionsForm({ options, marked }: FormProps) {
  const all = useTexts()
  const texts = all.settings
  // What is being edited is left alone when the options are read again.
  const [edited, setEdited] = useState<Partial<OptionsBody>>({})
  const save = useSaveOptions()
  const serviceUrl = useRef<HTMLInputElement>(null)
  const saved = savedIn(options)
  const body = { ...saved, ...edited }
  const fieldError = save.error instanceof ApiError ? save.error.fields['bluesky_service-url'] : undefined

  const change = (part: Partial<OptionsBody>) => {
    // Whatever is again as it was read follows what is read.
    setEdited((before) => without({ ...before, ...part }, saved))
    if (!save.isPending) save.reset()
  }
  const send = () => {
    if (save.isPending) return
    save.mutate(edited, {
      // What was typed meanwhile is still to be saved.
      onSuccess: () => setEdited((now) => without(now, edited)),
      onError: (error) => {
        if (error instanceof ApiError && error.fields['bluesky_service-url']) serviceUrl.current?.focus()
      },
    })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  const asksForPassword = save.error instanceof ApiError && save.error.code === 'fresh_session_needed'
  const status = (value: OptionsBody['bluesky_integration_status'], name: string, hint: string) => (
    <Choice
      group="status"
      chosen={body.bluesky_integration_status === value}
      onChoose={() => change({ bluesky_integration_status: value })}
      {...{ value, name, hint }}
    />
  )
  const others = (value: OptionsBody['bluesky_other_servers'], name: string, hint: string) => (
    <Choice
      group="other-servers"
      chosen={body.bluesky_other_servers === value}
      onChoose={() => change({ bluesky_other_servers: value })}
      {...{ value, name, hint }}
    />
  )

  return (
    <>
      <form className={styles.form} onSubmit={submit} noValidate>
        <ServiceUrlField
          ref={serviceUrl}
          option={options['bluesky_service-url']}
          look={options.look}
          value={body['bluesky_service-url']}
          error={fieldError}
          marked={marked === 'bluesky_service-url'}
          onChange={(value) => change({ 'bluesky_service-url': value })}
        />
        <fieldset className={`${styles.choices} ${styles.stacked}`}>
          <legend>{texts.otherServers}</legend>
          {marked === 'bluesky_other_servers' && <p className={styles.marked}>{all.incident.fieldMarked}</p>}
          {others('', texts.automatic, texts.automaticHint(options.bluesky_other_servers.unsaved))}
          {others('follow', texts.follow, texts.followHint)}
          {others('refuse', texts.refuse, texts.refuseHint)}
        </fieldset>
        <fieldset className={styles.choices}>
          <legend>{texts.status}</legend>
          {status('enabled', texts.enabled, texts.enabledHint)}
          {status('disabled', texts.disabled, texts.disabledHint)}
        </fieldset>
        {save.error && !fieldError && !asksForPassword && (
          <ErrorNotice error={save.error}>
            {referenceOf(save.error) && <p>{all.reference(referenceOf(save.error) ?? '')}</p>}
          </ErrorNotice>
        )}
        <div className={styles.buttons}>
          <Button type="submit" size="md" loading={save.isPending}>
            {texts.save}
          </Button>
          <div role="status">
            {save.data && (
              <Notice tone="good">
                <p>
                  {texts.saved} {texts.retried(save.data.retried)}
                  {save.data.waiting > 0 && ` ${texts.waiting(save.data.waiting)}`}
                </p>
              </Notice>
            )}
          </div>
        </div>
        <p className={styles.noTest}>{texts.noTest}</p>
      </form>
      {/* Not in the form: what is submitted in the dialog would be an event of the form as well. */}
      {asksForPassword && <ConfirmPassword onConfirmed={send} onClose={save.reset} />}
    </>
  )
}

interface ChoiceProps {
  group: string
  value: string
  name: string
  hint: string
  chosen: boolean
  onChoose: () => void
}

function Choice({ group, value, name, hint, chosen, onChoose }: ChoiceProps) {
  const id = useId()
  return (
    <label className={styles.choice}>
      <input
        type="radio"
        name={group}
        value={value}
        checked={chosen}
        onChange={onChoose}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-hint`}
      />
      <strong id={`${id}-name`}>{name}</strong>
      <small id={`${id}-hint`}>{hint}</small>
    </label>
  )
}
