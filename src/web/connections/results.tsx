// How many connections the list has, and as of when they were counted where that is a while ago.
import type { ConnectionCounts } from '../../contract.ts'
import { Time, useHalfMinutes } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'
import { countOf } from './status-tabs.tsx'

const freshMs = 60_000

export function Results({ counts, statuses }: { counts: ConnectionCounts | undefined; statuses: string[] }) {
  const { connections: texts } = useTexts()
  const now = useHalfMinutes()
  const isOld = counts !== undefined && now - new Date(counts.at).getTime() > freshMs
  return (
    <p>
      <strong role="status">{counts && texts.results(countOf(counts, statuses), counts.more)}</strong>
      {isOld && (
        <span className={styles.hint}>
          {' '}
          {texts.counted} <Time at={counts.at} />
        </span>
      )}
    </p>
  )
}
