// The incidents that are over: what failed where, when, how long, and what came of the mend.
import { Button } from '@mantine/core'
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/naming.ts'
import { usePastIncidents } from '../data/admin.ts'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { Panel } from '../parts/page.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'
import { useLength } from './incident-words.ts'

export function PastIncidents() {
  const texts = useTexts()
  const past = usePastIncidents()
  const incidents = past.data?.pages.flatMap((page) => page.incidents)
  return (
    <Panel label={texts.incident.past}>
      <h2>{texts.incident.past}</h2>
      {!incidents && <NotThereYet asked={past} bars={[48]} />}
      {incidents?.length === 0 && <p className={styles.muted}>{texts.incident.noPast}</p>}
      {incidents && incidents.length > 0 && (
        <ul className={styles.past}>
          {incidents.map((incident) => (
            <Past key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {past.hasNextPage && (
        <Button variant="default" onClick={() => past.fetchNextPage()} loading={past.isFetchingNextPage}>
          {texts.showMore}
        </Button>
      )}
    </Panel>
  )
}

function Past({ incident }: { incident: Incident }) {
  const { incident: texts } = useTexts()
  const length = useLength()
  const { course } = incident
  return (
    <li>
      <strong>
        {useOutcomeTitle()(incident.code)} ({hostOf(incident.server)})
      </strong>
      <span className={styles.muted}>
        <Time at={incident.since} />
      </span>
      <span>
        {texts.overBody(length(incident), incident.failed, incident.connects)}{' '}
        {course && texts.progress(course.connected, course.retried, course.toGo)}{' '}
        {course && course.failed > 0 && texts.failedAgain(course.failed)}
      </span>
    </li>
  )
}
