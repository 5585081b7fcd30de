// Offers to delete the app password at its server together with the channel, and lets its owner say which one it is.
import { Button, Checkbox, Group, Loader, Radio, Stack } from '@mantine/core'
import { useEffect, useId, useRef } from 'react'
import type { AppPasswords, Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { useAppPasswords } from '../data/removals.ts'
import { ErrorNotice } from '../parts/states.tsx'
import { useLanguage, useTexts } from '../texts/language.tsx'
import { AppPasswordsLink } from './app-passwords-link.tsx'
import styles from './channels.module.css'
import { hostOf } from './naming.ts'

type AppPassword = AppPasswords['appPasswords'][number]

/** What of it steers the dialog. */
export function useDeletion(channel: Channel, wanted: boolean, chosen: string | null) {
  const asked = useAppPasswords(channel.id, wanted)
  const listed = asked.data?.state === 'listed' ? asked.data.appPasswords : []
  // No server tells which one a session was opened with; where there is one alone, it is that one.
  const only = listed.length === 1 ? listed[0] : undefined
  const isOpen = wanted && listed.length > 1 && chosen === null
  return {
    asked,
    listed,
    /** the server has not said anything yet */
    isAsking: wanted && asked.isFetching,
    /** it is still to be said which one */
    isOpen,
    /** to be deleted */
    appPassword: wanted ? (only?.id ?? chosen) : null,
  }
}

interface Props {
  channel: Channel
  deletion: ReturnType<typeof useDeletion>
  wanted: boolean
  onWanted: (wanted: boolean) => void
  chosen: string | null
  onChosen: (id: string) => void
  /** it was to be removed without a choice */
  missing: boolean
  disabled: boolean
}

export function DeleteAppPassword({ channel, deletion, wanted, onWanted, disabled, ...choosing }: Props) {
  const { channels: texts } = useTexts()
  const host = hostOf(channel.serviceUrl)
  return (
    <Stack gap="sm">
      <Checkbox
        label={texts.deleteAppPassword(host)}
        description={texts.deleteAppPasswordHint}
        checked={wanted}
        onChange={(event) => onWanted(event.currentTarget.checked)}
        disabled={disabled}
      />
      {wanted && <Answer host={host} deletion={deletion} disabled={disabled} {...choosing} />}
    </Stack>
  )
}

function Answer({
  host,
  deletion,
  chosen,
  onChosen,
  missing,
  disabled,
}: Pick<Props, 'deletion' | 'chosen' | 'onChosen' | 'missing' | 'disabled'> & { host: string }) {
  const texts = useTexts()
  const { asked, listed } = deletion
  const id = useId()
  const choices = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (missing) choices.current?.querySelector('input')?.focus()
  }, [missing])
  const again = (
    <Button variant="default" size="compact-sm" onClick={() => void asked.refetch()}>
      {texts.channels.askAgain}
    </Button>
  )
  if (asked.isFetching) {
    return (
      <Group gap="sm" role="status">
        <Loader size="xs" />
        <p>{texts.channels.appPasswordsAsking(host)}</p>
      </Group>
    )
  }
  if (asked.error) {
    return (
      <Stack gap="xs" align="flex-start">
        <ErrorNotice error={asked.error} />
        {again}
      </Stack>
    )
  }
  const state = asked.data?.state
  if (state !== 'listed') {
    return (
      <Stack gap="xs" role="status">
        <p>
          {texts.channels.appPasswordsNotListed[state === 'refused' || state === 'session_over' ? state : 'unanswered'](
            host,
          )}
        </p>
        <Group gap="sm">
          {state !== 'refused' && state !== 'session_over' && again}
          <AppPasswordsLink />
        </Group>
      </Stack>
    )
  }
  const [only] = listed
  if (!only) return <p role="status">{texts.channels.appPasswordsNone(host)}</p>
  if (listed.length === 1) {
    return (
      <div role="status">
        <p>{texts.channels.appPasswordOnly}</p>
        <p className={styles.chosen}>
          <NameOf appPassword={only} />
        </p>
      </div>
    )
  }
  return (
    <Radio.Group
      ref={choices}
      value={chosen}
      onChange={onChosen}
      label={texts.channels.appPasswordWhich}
      description={texts.channels.appPasswordWhichHint(host)}
      error={missing && texts.channels.appPasswordChoose}
      name={id}
    >
      <Stack gap="xs" my="xs" className={styles.choices}>
        {listed.map((appPassword) => (
          <Radio
            key={appPassword.id}
            value={appPassword.id}
            label={<NameOf appPassword={appPassword} />}
            disabled={disabled}
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}

function NameOf({ appPassword: { name, createdAt, readsMessages } }: { appPassword: AppPassword }) {
  const { locale, texts } = useLanguage()
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(createdAt))
  return (
    <>
      <bdi>{name ? isolated(name) : texts.channels.appPasswordUnnamed}</bdi>
      <span className={styles.aside}>
        , {texts.channels.appPasswordCreated(date)}
        {readsMessages && `, ${texts.channels.appPasswordReadsMessages}`}
      </span>
    </>
  )
}
