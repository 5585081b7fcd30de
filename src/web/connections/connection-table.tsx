// The list of connections: a table where there is room, cards where there is not.
import { Checkbox } from '@mantine/core'
import type { MouseEvent } from 'react'
import { Link } from 'wouter'
import type { Connection } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { accountOf, hostOf } from '../channels/naming.ts'
import { query } from '../data/http.ts'
import { StatusPill } from '../parts/status-pill.tsx'
import { Time } from '../parts/time.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import type { Chosen } from './chosen.ts'
import styles from './connections.module.css'
import { useFilter, withParams } from './filter.ts'
import { SortHeader } from './sorting.tsx'

interface TableProps {
  connections: Connection[]
  chosen: Chosen
}

export function ConnectionTable({ connections, chosen }: TableProps) {
  const { connections: texts } = useTexts()
  const all = chosen.ids.length === connections.length
  return (
    <table className={styles.table} aria-label={texts.table}>
      <thead>
        <tr>
          <td className={styles.choose}>
            <Checkbox
              size="xs"
              aria-label={texts.chooseAll}
              checked={all}
              indeterminate={!all && chosen.ids.length > 0}
              onChange={() => chosen.chooseAll(!all)}
            />
          </td>
          <th scope="col">{texts.account}</th>
          <SortHeader name={texts.server} orders={['server']} />
          <th scope="col">{texts.user}</th>
          <SortHeader name={texts.cause} orders={['outcome']} />
          <th scope="col">{texts.fixBy}</th>
          <SortHeader name={texts.since} orders={['-since', 'since']} />
          <th scope="col">{texts.nextTry}</th>
        </tr>
      </thead>
      <tbody>
        {connections.map((connection) => (
          <Row key={connection.id} connection={connection} chosen={chosen} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ connection, chosen }: { connection: Connection; chosen: Chosen }) {
  const { connections: texts } = useTexts()
  const outcomeText = useOutcomeText()
  const { params } = useFilter()
  const { id, outcome, nextTryAt, user, seen } = connection
  const account = accountOf(connection)
  const broken = outcome && connection.status !== 'connected'
  const isChosen = chosen.ids.includes(id)
  return (
    <tr className={styles.row} data-chosen={isChosen || undefined}>
      <td className={styles.choose}>
        <Checkbox
          size="xs"
          aria-label={texts.choose(isolated(account))}
          checked={isChosen}
          // A change does not tell of the shift key, a click does, by mouse and by keyboard.
          onClick={(event: MouseEvent) => chosen.toggle(id, event.shiftKey)}
          readOnly
        />
      </td>
      <td className={styles.account}>
        <Link
          href={withParams(params, { open: id })}
          state={{ opened: true }}
          aria-label={texts.open(isolated(account))}
        >
          <bdi>{account}</bdi>
        </Link>
      </td>
      <td className={styles.server}>{hostOf(connection.serviceUrl)}</td>
      <td className={styles.user} title={user.email}>
        <Link href={`/admin/connections${query({ status: 'all', user: user.id })}`}>{user.email || user.id}</Link>
      </td>
      <td className={styles.why}>
        <StatusPill status={connection.status} />
        {broken && <span>{outcomeText(outcome).title}</span>}
        {connection.askedAt && <span className={styles.asked}>{texts.askedForHelp}</span>}
        {seen && (
          <span className={styles.sub} title={seen.by}>
            {texts.seen}
          </span>
        )}
      </td>
      <td className={`${styles.by} ${broken ? '' : styles.none}`}>
        {broken ? texts.fixByNames[outcome.fixBy] : texts.never}
      </td>
      <td className={styles.time}>
        <Time at={connection.since} />
      </td>
      <td className={`${styles.time} ${nextTryAt ? '' : styles.none}`} data-name={texts.nextTry}>
        {nextTryAt ? <Time at={nextTryAt} exact /> : texts.never}
      </td>
    </tr>
  )
}
