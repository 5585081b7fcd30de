// The dialog that takes handle and app password, for a new channel or one that has to sign in again.
import { Anchor, Button, Modal, TextInput, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef, useState, type SyntheticEvent } from 'react'
import { cleanAppPassword, repeats } from '../../input/app-password.ts'
import { identifierProblems, readIdentifier, type IdentifierProblem } from '../../input/identifier.ts'
import { isolated, shownHandle } from '../../input/shown.ts'
import type { PartedAccount } from '../../input/together.ts'
import type { Channel } from '../../contract.ts'
import { ApiError } from '../data/http.ts'
import { refreshMe, useMe, usePaused } from '../data/session.ts'
import { announce } from '../parts/announce.tsx'
import { Icon } from '../parts/icons.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { Added } from './added.tsx'
import { WhatHappened } from './channel-problem.tsx'
import type { Connecting } from './channels-page.tsx'
import styles from './connect-dialog.module.css'
import { AppPasswordField, HandleField, type Note } from './fields.tsx'
import { accountOf, appPasswordsPage, nameOf } from './naming.ts'
import { PausedNotice } from './paused-notice.tsx'
import { useSubmission } from './use-submission.ts'

interface DialogProps {
  connecting: Connecting
  /** one's own, as they stand */
  channels: Channel[]
  /** @param channel the channel that runs now, when something was submitted */
  onClose: (channel?: Channel) => void
}

export default function ConnectDialog({ connecting, channels, onClose }: DialogProps) {
  const texts = useTexts()
  const small = useMediaQuery('(max-width: 34em)', undefined, { getInitialValueInEffect: false })
  const submission = useSubmission(connecting)
  /** what was submitted while the dialog stayed, the last one first */
  const [added, setAdded] = useState<Channel[]>([])
  const now = added.map((one) => channels.find(({ id }) => id === one.id) ?? one)
  const close = (channel = now[0]) => onClose(channel)
  const title =
    connecting.way === 'reconnect'
      ? texts.dialog.reconnectTitle(isolated(nameOf(connecting.channel)))
      : texts.dialog.title
  return (
    <Modal
      opened
      // What is on its way would arrive without anybody being told.
      onClose={() => submission.isPending || close()}
      returnFocus={false}
      size="lg"
      fullScreen={small}
      title={title}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <ConnectForm
        connecting={connecting}
        submission={submission}
        added={now}
        onAdded={(channel) => setAdded((before) => [channel, ...before.filter(({ id }) => id !== channel.id)])}
        onClose={close}
      />
    </Modal>
  )
}

type FormProps = Omit<DialogProps, 'channels'> & {
  submission: ReturnType<typeof useSubmission>
  added: Channel[]
  onAdded: (channel: Channel) => void
}

function ConnectForm({ connecting, submission, added, onAdded, onClose }: FormProps) {
  const { dialog: texts, reference: referenceText, cancel, many, opensNewTab } = useTexts()
  const before = connecting.way === 'new' ? undefined : connecting.channel
  const entered = connecting.way === 'new' ? connecting.identifier : before?.identifier
  const again = connecting.way === 'reconnect' ? connecting.channel : null
  const withHandle = again === null
  const domain = useMe().data?.handleDomain ?? null
  const known = before?.outcome?.params['currentHandle'] ?? entered ?? ''
  const [handle, setHandle] = useState(shownHandle(known))
  const [note, setNote] = useState<Note>(null)
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<{ identifier?: string; appPassword?: string }>({})
  const handleInput = useRef<HTMLInputElement>(null)
  const passwordInput = useRef<HTMLInputElement>(null)
  const paused = usePaused()

  // Before anything is typed for nothing.
  useEffect(() => void refreshMe().catch(() => undefined), [])

  const show = (fields: typeof wrong) => {
    setWrong(fields)
    if (fields.identifier) handleInput.current?.focus()
    else if (fields.appPassword) passwordInput.current?.focus()
  }

  const readHandle = (appPassword: string | null) => {
    const read = readIdentifier(handle, domain)
    if (appPassword && repeats(handle, appPassword)) return { problem: 'app_password' as const }
    if ('completed' in read) changeHandle(read.identifier, 'completed')
    return read
  }
  const changeHandle = (value: string, what: Note) => {
    setHandle(value)
    setNote(what)
    setWrong(({ appPassword }) => (appPassword ? { appPassword } : {}))
  }
  const takeParted = ({ identifier, appPassword }: PartedAccount) => {
    setPassword(appPassword)
    changeHandle(identifier === null ? handle : shownHandle(identifier), identifier === null ? 'moved' : 'parted')
    setWrong({})
  }

  const submit = (event: SyntheticEvent<HTMLFormElement, SubmitEvent>) => {
    event.preventDefault()
    // "Connect another" submits the form by itself: Enter stays with the other button.
    const isLast = event.nativeEvent.submitter !== null
    if (submission.isPending || paused) return
    const appPassword = cleanAppPassword(password)
    const read = withHandle ? readHandle(appPassword) : { identifier: 'known' }
    if ('problem' in read || !appPassword) {
      return show({
        ...('problem' in read ? { identifier: texts.handleProblems[read.problem] } : {}),
        ...(appPassword ? {} : { appPassword: password ? texts.appPasswordWrong : texts.appPasswordMissing }),
      })
    }
    const { identifier } = read
    setWrong({})
    submission.send(identifier, appPassword, {
      onSuccess: (channel) => {
        setPassword('')
        if (isLast) return onClose(channel)
        onAdded(channel)
        announce(texts.added(isolated(nameOf(channel))))
        changeHandle('', null)
        handleInput.current?.focus()
      },
      onError: (error) => {
        const { identifier, appPassword } = error instanceof ApiError ? error.fields : {}
        // What was refused for another reason can be sent again.
        if (appPassword) setPassword('')
        show({
          ...(identifier ? { identifier: texts.handleProblems[problemSaid(identifier)] } : {}),
          ...(appPassword ? { appPassword: texts.appPasswordWrong } : {}),
        })
        // The button that was pressed was off meanwhile, and lost the focus.
        if (!identifier) passwordInput.current?.focus()
      },
    })
  }

  const failed = submission.error
  const reference = failed instanceof ApiError && failed.status >= 500 ? failed.requestId : null

  return (
    <form className={styles.form} onSubmit={submit} noValidate autoComplete="off">
      {paused && (
        <div ref={showWhole}>
          <PausedNotice />
        </div>
      )}
      {added.length > 0 && (
        <Added
          channels={added}
          onAgain={(channel) => {
            changeHandle(accountOf(channel), null)
            passwordInput.current?.focus()
          }}
        />
      )}
      {again && again.status !== 'connected' ? (
        <WhatHappened channel={again} />
      ) : (
        <p className={styles.lead}>{texts.lead}</p>
      )}
      <ol className={styles.steps} aria-label={texts.howTo}>
        <li>
          <span>
            {texts.step1Before}
            <Anchor href={appPasswordsPage} target="_blank" rel="noreferrer" underline="always">
              {texts.step1Link}
              <VisuallyHidden component="span"> {opensNewTab}</VisuallyHidden>
            </Anchor>
            {texts.step1After}
          </span>
        </li>
        <li>
          <span>{texts.step2}</span>
        </li>
        <li>
          <span>{texts.step3}</span>
        </li>
      </ol>

      {withHandle && (
        <HandleField
          ref={handleInput}
          value={handle}
          error={wrong.identifier}
          note={note}
          domain={domain}
          onChange={changeHandle}
          onParted={takeParted}
        />
      )}
      {again && (
        <TextInput
          className={styles.known}
          label={texts.handle}
          description={texts.handleStays}
          inputWrapperOrder={['label', 'input', 'description']}
          value={accountOf(again)}
          readOnly
          dir="auto"
        />
      )}
      <AppPasswordField
        ref={passwordInput}
        value={password}
        error={wrong.appPassword}
        alone={!withHandle}
        domain={domain}
        onParted={takeParted}
        onChange={(value) => {
          setPassword(value)
          setWrong(({ identifier }) => (identifier ? { identifier } : {}))
        }}
      />

      {failed && !isAtField(failed) && !isPause(failed) && (
        <div ref={showWhole}>
          <ErrorNotice error={failed}>{reference && <p>{referenceText(reference)}</p>}</ErrorNotice>
        </div>
      )}

      <div className={styles.buttons}>
        <span className={styles.safe}>
          <Icon name="lock" size={16} />
          {texts.safe}
        </span>
        <Button variant="default" size="md" onClick={() => onClose()} disabled={submission.isPending}>
          {added.length > 0 ? many.done : cancel}
        </Button>
        {connecting.way === 'new' && (
          <Button
            variant="default"
            size="md"
            onClick={(event) => event.currentTarget.form?.requestSubmit()}
            disabled={paused || submission.isPending}
          >
            {texts.another}
          </Button>
        )}
        <Button type="submit" size="md" loading={submission.isPending} disabled={paused}>
          {withHandle ? texts.connect : texts.reconnect}
        </Button>
      </div>
    </form>
  )
}

/** What the API says in English, in the language of the reader. */
function problemSaid(message: string): IdentifierProblem {
  const problems = Object.keys(identifierProblems) as IdentifierProblem[]
  return problems.find((problem) => identifierProblems[problem] === message) ?? 'unclear'
}

/** On a small screen it would begin below the edge. */
const showWhole = (node: HTMLElement | null) => {
  node?.scrollIntoView({ block: 'nearest' })
}

/** The notice of the pause says it, as long as it is true. */
const isPause = (error: Error) => error instanceof ApiError && error.code === 'integration_disabled'

const isAtField = (error: Error) =>
  error instanceof ApiError && Boolean(error.fields.identifier || error.fields.appPassword)
