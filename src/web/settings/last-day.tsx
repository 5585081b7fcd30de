// How the connects of the last 24 hours went at the server in effect.
import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { hostOf } from '../channels/naming.ts'
import { useOpenIncidents, useSummary } from '../data/admin.ts'
import { Panel } from '../parts/page.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './settings.module.css'

export function LastDay({ serviceUrl }: { serviceUrl: string }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.settings
  const summary = useSummary()
  const goesOn = (useOpenIncidents().data?.incidents.length ?? 0) > 0
  const title = `${texts.lastDay} ${hostOf(summary.data?.serviceUrl ?? serviceUrl)}`
  const number = (count: number, name: string, tone: string | undefined) => (
    <div className={`${styles.number} ${count > 0 ? tone : ''}`}>
      <strong>{count.toLocaleString(locale)}</strong>
      <span>{name}</span>
    </div>
  )
  return (
    <Panel label={title}>
      <h2 className={styles.title}>{title}</h2>
      {summary.data ? (
        <div className={styles.day}>
          {summary.data.atServiceUrl.connected + summary.data.atServiceUrl.failed === 0 ? (
            <p className={styles.muted}>{texts.noneYet}</p>
          ) : (
            <div className={styles.numbers}>
              {number(summary.data.atServiceUrl.connected, texts.connected, goesOn ? undefined : styles.good)}
              {number(summary.data.atServiceUrl.failed, texts.failed, styles.bad)}
            </div>
          )}
          <Button component={Link} href="/admin/connections" variant="default">
            {texts.seeFailures}
          </Button>
        </div>
      ) : (
        <NotThereYet asked={summary} bars={[64]} />
      )}
    </Panel>
  )
}
