// What administrators did last: who, to whom, when, and of options from what to what.
import { Button } from '@mantine/core'
import type { AuditEntry } from '../../contract.ts'
import { useAudit } from '../data/admin.ts'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { Panel } from '../parts/page.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './settings.module.css'

export function Changes() {
  const texts = useTexts()
  const audit = useAudit()
  const entries = audit.data?.pages.flatMap((page) => page.entries)
  return (
    <Panel label={texts.settings.changes}>
      <h2>{texts.settings.changes}</h2>
      {!entries && <NotThereYet asked={audit} bars={[48, 48, 48]} />}
      {entries?.length === 0 && <p className={styles.muted}>{texts.settings.noChanges}</p>}
      {entries && entries.length > 0 && (
        <ul className={styles.changes}>
          {entries.map((entry) => (
            <Change key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {audit.hasNextPage && (
        <Button variant="default" onClick={() => audit.fetchNextPage()} loading={audit.isFetchingNextPage}>
          {texts.showMore}
        </Button>
      )}
    </Panel>
  )
}

function Change({ entry }: { entry: AuditEntry }) {
  const { settings: texts } = useTexts()
  const said = useDetail(entry)
  return (
    <li className={styles.change}>
      <span>
        <strong>{texts.optionNames[entry.option] ?? texts.actions[entry.action]}</strong>: {said}
      </span>
      <span className={styles.when}>
        <Time at={entry.at} />
      </span>
      <span className={styles.who}>
        {entry.actor === 'environment' ? texts.environment : entry.actor}
        {entry.retried > 0 && ` · ${texts.ranAgain(entry.retried)}`}
      </span>
    </li>
  )
}

function useDetail({ action, whom, connection, from, to }: AuditEntry): string {
  const { settings: texts } = useTexts()
  const title = useOutcomeTitle()
  const value = (text: string) => texts.optionValues[text] ?? (text || texts.empty)
  const role = (text: string) => texts.roleNames[text] ?? text
  switch (action) {
    case 'option_changed':
      return texts.changeFromTo(value(from), value(to))
    case 'connections_retried':
      return title(from)
    case 'role_changed':
      return `${whom ?? ''}, ${texts.changeFromTo(role(from), role(to))}`
    default:
      return [connection, whom, role(to)].filter(Boolean).join(', ')
  }
}
