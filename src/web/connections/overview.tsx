// Why channels are not connected, and how the connects of the last day went.
import { Link } from 'wouter'
import type { Summary } from '../../contract.ts'
import { query } from '../data/http.ts'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { Panel } from '../parts/page.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './connections.module.css'
import { HourChart } from './hour-chart.tsx'

const mostCauses = 7

export function Overview({ summary, goesOn }: { summary: Summary; goesOn: boolean }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.connections
  const title = useOutcomeTitle()
  const causes = summary.byOutcome.toSorted((a, b) => b.count - a.count)
  const most = causes[0]?.count ?? 1
  const rest = causes.slice(mostCauses)

  const list = (some: Summary['byOutcome']) => (
    <ul className={styles.causes}>
      {some.map(({ code, count, fixBy }) => (
        <li key={code}>
          {/* The number counts all of them, so the link leads to all of them. */}
          <Link className={styles.cause} href={`/admin/connections${query({ outcome: code })}`}>
            <span className={styles.causeName}>{title(code)}</span>
            <span className={styles.causeBy}>{texts.fixByNames[fixBy] ?? fixBy}</span>
            <span className={styles.causeCount}>{count.toLocaleString(locale)}</span>
            <meter className={styles.meter} min={0} max={most} value={count} aria-hidden="true" />
          </Link>
        </li>
      ))}
    </ul>
  )

  return (
    <div className={styles.overview}>
      <Panel label={texts.byOutcome}>
        <h2>{texts.byOutcome}</h2>
        {causes.length === 0 ? (
          <p className={styles.muted}>{goesOn ? texts.allConnectedYet : texts.allConnected}</p>
        ) : (
          list(causes.slice(0, mostCauses))
        )}
        {rest.length > 0 && (
          <details className={styles.rest}>
            <summary>{texts.moreCauses(rest.length)}</summary>
            {list(rest)}
          </details>
        )}
      </Panel>
      <Panel label={texts.byHour}>
        <h2>
          {texts.byHour} <span className={styles.small}>{texts.lastDay}</span>
        </h2>
        <HourChart hours={summary.byHour} />
      </Panel>
    </div>
  )
}
