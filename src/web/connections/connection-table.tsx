// The list of connections: a table where there is room, cards where there is not.
import { Link } from 'wouter'
import type { Connection } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { accountOf, hostOf } from '../channels/naming.ts'
import { StatusPill } from '../parts/status-pill.tsx'
import { Time } from '../parts/time.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'
import { useFilter, withParams } from './filter.ts'

export function ConnectionTable({ connections }: { connections: Connection[] }) {
  const { connections: texts } = useTexts()
  const columns = [texts.account, texts.user, texts.cause, texts.fixBy, texts.since, texts.nextTry]
  return (
    <table className={styles.table} aria-label={texts.table}>
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {connections.map((connection) => (
          <Row key={connection.id} connection={connection} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ connection }: { connection: Connection }) {
  const { connections: texts } = useTexts()
  const outcomeText = useOutcomeText()
  const { params } = useFilter()
  const { outcome, nextTryAt } = connection
  const account = accountOf(connection)
  const broken = outcome && connection.status !== 'connected'
  return (
    <tr className={styles.row}>
      <td className={styles.account}>
        <Link
          href={withParams(params, { open: connection.id })}
          state={{ opened: true }}
          aria-label={texts.open(isolated(account))}
        >
          <bdi>{account}</bdi>
        </Link>
        <span className={styles.sub}>{hostOf(connection.serviceUrl)}</span>
      </td>
      <td className={styles.user} title={connection.user.email}>
        {connection.user.email}
      </td>
      <td className={styles.why}>
        <StatusPill status={connection.status} />
        {broken && <span>{outcomeText(outcome).title}</span>}
        {connection.askedAt && <span className={styles.asked}>{texts.askedForHelp}</span>}
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
