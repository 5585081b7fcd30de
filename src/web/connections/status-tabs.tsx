// How many channels are in which status; each is a link to the list of them.
import { Link } from 'wouter'
import type { Summary } from '../../contract.ts'
import { useLanguage } from '../texts/language.tsx'
import styles from './connections.module.css'
import { notConnected, statuses, useFilter, withParams } from './filter.ts'

export function StatusTabs({ counts }: { counts: Summary['byStatus'] | undefined }) {
  const { texts, locale } = useLanguage()
  const { params } = useFilter()
  const current = params.get('status') ?? notConnected
  const count = (some: string[]) =>
    counts?.filter(({ status }) => some.includes(status)).reduce((sum, each) => sum + each.count, 0)
  const tab = (value: string, name: string, number: number | undefined) => (
    <li key={value}>
      <Link
        className={styles.tab}
        href={withParams(params, { status: value === notConnected ? null : value })}
        aria-current={current === value ? 'true' : undefined}
      >
        {name} <span className={styles.count}>{number?.toLocaleString(locale) ?? '…'}</span>
      </Link>
    </li>
  )
  return (
    <ul className={styles.tabs} aria-label={texts.connections.byStatus}>
      {tab(notConnected, texts.connections.notConnected, count(notConnected.split(',')))}
      {statuses.map((status) => tab(status, texts.status[status], count([status])))}
      {tab(
        'all',
        texts.connections.all,
        counts?.reduce((sum, each) => sum + each.count, 0),
      )}
    </ul>
  )
}
