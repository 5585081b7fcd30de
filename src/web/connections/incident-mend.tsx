// The way out of an incident: what a press does, said before; the press; and how those go that run again by it.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/naming.ts'
import { useRetryAll, useSaveOptions } from '../data/admin.ts'
import { ApiError } from '../data/http.ts'
import { ConfirmPassword } from '../parts/confirm-password.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { useOptionWords } from './incident-words.ts'
import styles from './connections.module.css'
import { ServerWaitedFor, Waiting } from './incident-wait.tsx'
import { TimeInWords } from './time-in-words.tsx'
import { useReturnFocus } from '../parts/use-return-focus.ts'

export function IncidentMend({ incident }: { incident: Incident }) {
  const { incident: texts } = useTexts()
  const save = useSaveOptions()
  const retry = useRetryAll()
  const [asking, setAsking] = useState(false)
  const status = useRef<HTMLDivElement>(null)
  const { mend, course } = incident
  const ordered = save.data?.retried ?? retry.data?.retried
  const isPressed = ordered !== undefined
  /** the course that was there at the press: until another one is, it has not begun */
  const [before, setBefore] = useState<string | null>(null)
  const courseAt = course?.at ?? null
  const isAwaited = isPressed && courseAt === before
  const isRunning = course !== null && course.toGo > course.waiting

  // The button is gone then.
  useEffect(() => {
    if (isPressed) status.current?.focus()
  }, [isPressed])

  const press = () => {
    setBefore(courseAt)
    if (mend?.option != null && mend.value !== null) save.mutate({ [mend.option]: mend.value })
    else retry.mutate({ outcome: incident.code, from: incident.since, server: incident.server })
  }
  const needsPassword = save.error instanceof ApiError && save.error.code === 'fresh_session_needed'
  const error = needsPassword ? null : (save.error ?? retry.error)
  const mayPress = mend !== null && !isAwaited && !isRunning

  return (
    <>
      <div ref={status} role="status" tabIndex={-1} data-quiet-focus className={styles.course}>
        {course && !isAwaited ? <Course course={course} /> : isPressed && <p>{texts.runAgain(ordered)}</p>}
      </div>
      {mayPress && (
        <Way
          mend={mend}
          incident={incident}
          pending={save.isPending || retry.isPending}
          onPress={() => (mend.kind === 'use_server' ? setAsking(true) : press())}
        />
      )}
      {error && <ErrorNotice error={error} />}
      {asking && mend?.value && (
        <SureDialog
          server={mend.value}
          onClose={() => setAsking(false)}
          onSure={() => {
            setAsking(false)
            press()
          }}
        />
      )}
      {needsPassword && <ConfirmPassword onConfirmed={press} onClose={save.reset} />}
    </>
  )
}

function Course({ course }: { course: NonNullable<Incident['course']> }) {
  const { incident: texts, settings } = useTexts()
  const who = course.actor === 'environment' ? settings.environment : course.actor
  const toGo = course.toGo - course.waiting
  return (
    <>
      <p>
        <TimeInWords at={course.at} words={(time) => texts.mending(who, time)} />
      </p>
      <p>
        <strong>
          {texts.progress(course.connected, course.retried, toGo === 0 && course.waiting > 0 ? null : toGo)}
        </strong>{' '}
        <Waiting {...course} /> {course.failed > 0 && texts.failedAgain(course.failed)}
      </p>
      <progress max={Math.max(1, course.retried)} value={course.connected + course.failed} aria-hidden="true" />
    </>
  )
}

interface WayProps {
  mend: NonNullable<Incident['mend']>
  incident: Incident
  pending: boolean
  onPress: () => void
}

function Way({ mend, incident, pending, onPress }: WayProps) {
  const { incident: texts } = useTexts()
  const words = useOptionWords()
  const value = mend.value ?? ''
  const way = (sentence: string, button: string) => (
    <>
      <p>
        <strong>{sentence}</strong> {texts.runAgain(mend.retried)}
      </p>
      <div>
        <Button color="red" loading={pending} onClick={onPress}>
          {button}
        </Button>
      </div>
    </>
  )
  switch (mend.kind) {
    case 'undo_change':
      return way(texts.undo(words.name(mend.option ?? ''), words.value(value)), texts.undoButton)
    case 'use_server':
      return way(texts.server(hostOf(value)), texts.serverButton(hostOf(value)))
    case 'allow_other_servers':
      return way(texts.allow, texts.allowButton)
    case 'try_again':
      if (mend.retried === 0) return <p>{texts.none}</p>
      return way(
        incident.comeback ? `${texts.back} ${texts.tryAgain}` : texts.tryAgain,
        texts.tryAgainButton(mend.retried),
      )
    case 'wait':
      return (
        <>
          <p>{texts.wait}</p>
          <ServerWaitedFor incident={incident} waiting={!incident.course?.waiting} />
        </>
      )
    case 'check_settings':
      return <p>{texts.checkThem}</p>
    case 'none':
      return <p>{texts.none}</p>
  }
}

/** Accounts say themselves where they live: before app passwords go there somebody has to know that server. */
function SureDialog({ server, onSure, onClose }: { server: string; onSure: () => void; onClose: () => void }) {
  const { incident: texts, cancel, close } = useTexts()
  useReturnFocus()
  return (
    <Modal opened onClose={onClose} title={texts.serverTitle(server)} closeButtonProps={{ 'aria-label': close }}>
      <Stack gap="md">
        <p>{texts.serverWarning(server)}</p>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} data-autofocus>
            {cancel}
          </Button>
          <Button color="red" onClick={onSure}>
            {texts.serverButton(hostOf(server))}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
