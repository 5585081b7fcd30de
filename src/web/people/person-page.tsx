// /admin/people/:id: one person: how they stand, their channels and sessions, what can be done, and what was done.
import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { Link, useParams } from 'wouter'
import type { PersonDetails } from '../../contract.ts'
import { isGone } from '../data/admin.ts'
import { usePerson } from '../data/people.ts'
import { deviceOf } from '../own-account/device.ts'
import { Facts } from '../parts/facts.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { NotThereYet, State } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { ChangeList } from '../settings/changes.tsx'
import { useTexts } from '../texts/language.tsx'
import { ActDialog, Acts } from './acts.tsx'
import styles from './people.module.css'
import { PersonPill } from './person-pill.tsx'

export default function PersonPage() {
  const { people: texts } = useTexts()
  const { id = '' } = useParams()
  const person = usePerson(id)
  const content = () => {
    if (person.error && isGone(person.error)) return <State icon="search" tone="calm" title={texts.gone} />
    if (person.data) return <Person person={person.data} />
    return <NotThereYet asked={person} bars={[160, 120, 120]} />
  }
  return (
    <Page
      title={person.data?.email ?? texts.person}
      actions={
        <Button component={Link} href="/admin/people" variant="default">
          {texts.all}
        </Button>
      }
    >
      {content()}
    </Page>
  )
}

function Person({ person }: { person: PersonDetails }) {
  const { people: texts } = useTexts()
  return (
    <>
      <Part title={texts.account}>
        <Standing person={person} />
        {person.yourself ? (
          <Notice
            tone="info"
            actions={
              <Button component={Link} href="/app/account" variant="default">
                {texts.ownAccount}
              </Button>
            }
          >
            <p>{texts.yourself}</p>
          </Notice>
        ) : (
          <Acts person={person} />
        )}
      </Part>
      <Part title={texts.channels}>
        <Channels person={person} />
      </Part>
      <Part title={texts.sessions}>
        <Sessions person={person} />
      </Part>
      <Part title={texts.acts}>
        {person.acts.length > 0 ? <ChangeList entries={person.acts} /> : <p className={styles.muted}>{texts.noActs}</p>}
      </Part>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Panel label={title}>
      <div className={styles.part}>
        <h2>{title}</h2>
        {children}
      </div>
    </Panel>
  )
}

function Standing({ person }: { person: PersonDetails }) {
  const { people: texts } = useTexts()
  const { lockedOut, lastSeenAt } = person
  return (
    <>
      <p>
        <PersonPill state={person.state} />
      </p>
      <Facts
        facts={[
          [texts.name, <bdi key="name">{person.name}</bdi>],
          [texts.role, texts.roles[person.role]],
          [texts.reason, lockedOut?.reason],
          [texts.until, lockedOut?.until && <Time at={lockedOut.until} exact />],
          [texts.secondFactor, person.secondFactor ? texts.on : texts.off],
          [texts.address, person.emailVerified ? texts.proven : texts.unproven],
          [texts.since, <Time key="since" at={person.createdAt} />],
          [texts.lastSeen, lastSeenAt ? <Time at={lastSeenAt} /> : texts.never],
        ]}
      />
    </>
  )
}

function Channels({ person }: { person: PersonDetails }) {
  const { people: texts } = useTexts()
  const { channels, standing } = person
  if (channels === 0) return <p className={styles.muted}>{texts.noChannels}</p>
  return (
    <>
      <p>{texts.standing(channels, standing.connected, standing.needsAction)}</p>
      <div>
        <Button component={Link} href={`/admin/connections?user=${person.id}&status=all`} variant="default">
          {texts.toChannels}
        </Button>
      </div>
    </>
  )
}

function Sessions({ person }: { person: PersonDetails }) {
  const { people: texts, ownAccount } = useTexts()
  const [ending, setEnding] = useState<string | null>(null)
  if (person.sessions.length === 0) return <p className={styles.muted}>{texts.noSessions}</p>
  return (
    <>
      <ul className={styles.sessions} aria-label={texts.sessions}>
        {person.sessions.map((session) => {
          const device = deviceOf(session.userAgent, ownAccount.unknownDevice)
          return (
            <li key={session.id} className={styles.session}>
              <div>
                <strong>{device}</strong>
                <p className={styles.muted}>
                  {ownAccount.signedIn} <Time at={session.createdAt} />
                </p>
              </div>
              {!person.yourself && (
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={ownAccount.endOf(device)}
                  onClick={() => setEnding(session.id)}
                >
                  {ownAccount.end}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
      {ending && <ActDialog asked="endSession" person={person} session={ending} onClose={() => setEnding(null)} />}
    </>
  )
}
