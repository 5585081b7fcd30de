// Where one is signed in, with the way to end it.
import { Button } from '@mantine/core'
import type { Session } from '../../contract.ts'
import { useEndSessions, useSessions } from '../data/account.ts'
import { announce } from '../parts/announce.tsx'
import { Panel } from '../parts/page.tsx'
import { ErrorNotice, NotThereYet } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import { deviceOf } from './device.ts'
import styles from './own-account.module.css'

export function Sessions() {
  const { ownAccount: texts } = useTexts()
  const sessions = useSessions()
  const end = useEndSessions()
  const title = 'own-sessions'

  const endThem = (id?: string) =>
    end.mutate(id, {
      onSuccess: () => {
        announce(id ? texts.sessionEnded : texts.othersEnded)
        // The button that was pressed is gone.
        document.getElementById(title)?.focus()
      },
    })
  const others = sessions.data?.sessions.filter(({ current }) => !current) ?? []
  return (
    <Panel label={texts.sessionsTitle}>
      <div className={styles.part}>
        <h2 id={title} tabIndex={-1} data-quiet-focus>
          {texts.sessionsTitle}
        </h2>
        <p className={styles.muted}>{texts.sessionsLead}</p>
        {end.error && <ErrorNotice error={end.error} />}
        {sessions.data ? (
          <ul className={styles.sessions} aria-label={texts.sessionsTitle}>
            {sessions.data.sessions.map((session) => (
              <Row
                key={session.id}
                session={session}
                ending={end.isPending && end.variables === session.id}
                onEnd={() => endThem(session.id)}
              />
            ))}
          </ul>
        ) : (
          <NotThereYet asked={sessions} bars={[52, 52]} />
        )}
        {others.length > 0 && (
          <div className={styles.buttons}>
            <Button variant="default" onClick={() => endThem()} loading={end.isPending && end.variables === undefined}>
              {texts.endOthers}
            </Button>
          </div>
        )}
        {sessions.data && others.length === 0 && <p className={styles.muted}>{texts.noOthers}</p>}
      </div>
    </Panel>
  )
}

function Row({ session, ending, onEnd }: { session: Session; ending: boolean; onEnd: () => void }) {
  const { ownAccount: texts } = useTexts()
  const device = deviceOf(session.userAgent, texts.unknownDevice)
  return (
    <li className={styles.session}>
      <div>
        <strong>{device}</strong>
        <p className={styles.muted}>
          {texts.signedIn} <Time at={session.createdAt} />
        </p>
      </div>
      {session.current ? (
        <span className={styles.here}>{texts.thisOne}</span>
      ) : (
        <Button variant="default" size="xs" onClick={onEnd} loading={ending} aria-label={texts.endOf(device)}>
          {texts.end}
        </Button>
      )}
    </li>
  )
}
