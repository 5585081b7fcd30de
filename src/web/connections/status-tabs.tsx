// How many channels of the filter are in which status; each is a link to the list of them.
import { Link } from 'wouter'
import type { ConnectionCounts } from '../../contract.ts'
import { useLanguage } from '../texts/language.tsx'
import styles from './connections.module.css'
import { notConnected, statuses, useFilter, withParams } from './filter.ts'

export function StatusTabs({ counts }: { counts: ConnectionCounts | undefined }) {
  const { texts, locale } = useLanguage()
  const { params } = useFilter()
  const current = params.get('status') ?? notConnected
  const shown = (some: string[]) =>
    counts ? `${countOf(counts, some).toLocaleString(locale)}${counts.more ? '+' : ''}` : '…'
  const tab = (value: string, name: string, some: string[]) => (
    <li key={value}>
      <Link
        className={styles.tab}
        href={withParams(params, { status: value === notConnected ? null : value })}
        aria-current={current === value ? 'true' : undefined}
      >
        {name} <span className={styles.count}>{shown(some)}</span>
      </Link>
    </li>
  )
  return (
    <ul className={styles.tabs} aria-label={texts.connections.byStatus}>
      {tab(notConnected, texts.connections.notConnected, notConnected.split(','))}
      {statuses.map((status) => tab(status, texts.status[status], [status]))}
      {tab('all', texts.connections.all, statuses)}
    </ul>
  )
}

/** How many are in one of these statuses. */
export const countOf = ({ byStatus }: ConnectionCounts, some: string[]) =>
  byStatus.filter(({ status }) => some.includes(status)).reduce((sum, { count }) => sum + count, 0)
