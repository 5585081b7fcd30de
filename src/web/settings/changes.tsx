// What administrators did last: who, to whom, when, and of options from what to what.
import { Button } from '@mantine/core'
import type { AuditEntry, ChannelStatus } from '../../contract.ts'
import { isolated, shownHandle } from '../../input/shown.ts'
import { hostOf } from '../channels/naming.ts'
import { useAudit } from '../data/admin.ts'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { Panel } from '../parts/page.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { clockTime, Time } from '../parts/time.tsx'
import { useLanguage, useTexts } from '../texts/language.tsx'
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
      {entries && entries.length > 0 && <ChangeList entries={entries} />}
      {audit.hasNextPage && (
        <Button variant="default" onClick={() => audit.fetchNextPage()} loading={audit.isFetchingNextPage}>
          {texts.showMore}
        </Button>
      )}
    </Panel>
  )
}

export function ChangeList({ entries }: { entries: AuditEntry[] }) {
  return (
    <ul className={styles.changes}>
      {entries.map((entry) => (
        <Change key={entry.id} entry={entry} />
      ))}
    </ul>
  )
}

function Change({ entry }: { entry: AuditEntry }) {
  const { settings: texts } = useTexts()
  const said = useDetail(entry)
  const actors: Record<string, string> = { environment: texts.environment, 'command line': texts.commandLine }
  return (
    <li className={styles.change}>
      <span>
        <strong>{texts.optionNames[entry.option] ?? texts.actions[entry.action]}</strong>: {said}
      </span>
      <span className={styles.when}>
        <Time at={entry.at} />
      </span>
      <span className={styles.who}>
        {actors[entry.actor] ?? entry.actor}
        {entry.retried > 0 && ` · ${texts.ranAgain(entry.retried)}`}
      </span>
    </li>
  )
}

/** Says the filter of a retry of many, which is kept as the query of an address. */
function useFilterWords(): (query: string) => string {
  const { texts, locale } = useLanguage()
  const { connections, status } = texts
  const title = useOutcomeTitle()
  const time = (text: string) => clockTime(locale, new Date(text))
  const words: Record<string, (value: string) => string> = {
    status: (value) => status[value as ChannelStatus] ?? value,
    outcome: title,
    fixBy: (value) => connections.fixByNames[value] ?? value,
    server: hostOf,
    asked: () => connections.askedForHelp,
    unseen: () => connections.unseen,
    from: (value) => connections.periodFrom(time(value)),
    to: (value) => connections.periodTo(time(value)),
  }
  return (query) => {
    const parts = [...new URLSearchParams(query)].map(([name, value]) => {
      const each = words[name]
      return each ? value.split(',').map(each).join(', ') : value || title(name)
    })
    return parts.join(' · ') || connections.all
  }
}

function useDetail({ action, whom, connection, from, to }: AuditEntry): string {
  const { settings: texts } = useTexts()
  const filterWords = useFilterWords()
  const value = (text: string) => texts.optionValues[text] ?? (hostOf(text) || texts.empty)
  const role = (text: string) => texts.roleNames[text] ?? text
  switch (action) {
    case 'option_changed':
      return texts.changeFromTo(value(from), value(to))
    case 'connections_retried':
      return filterWords(from)
    case 'role_changed':
      return `${whom ?? ''}, ${texts.changeFromTo(role(from), role(to))}`
    default:
      return [connection && isolated(shownHandle(connection)), whom, role(to)].filter(Boolean).join(', ')
  }
}
