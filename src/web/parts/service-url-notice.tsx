// Tells every admin that somebody changed where passwords go, until each has seen it or a week is over.
import { useState } from 'react'
import { hostOf } from '../channels/naming.ts'
import { useServiceUrlChanges } from '../data/admin.ts'
import { useTexts } from '../texts/language.tsx'
import { Notice } from './notice.tsx'
import { focusTitle } from './page.tsx'
import { Time } from './time.tsx'
import styles from './shell.module.css'

const WEEK_MS = 7 * 24 * 3600_000
/** In this browser: whoever uses somebody's session elsewhere dismisses nothing here. */
const keyOf = (userId: string) => `service-url-seen:${userId}`

/** Ids of the audit list go up with time: all up to the last one that was dismissed are. */
export function ServiceUrlNotice({ userId }: { userId: string }) {
  const { settings: texts } = useTexts()
  const { data } = useServiceUrlChanges()
  const [seen, setSeen] = useState(() => localStorage.getItem(keyOf(userId)) ?? '')
  const [since] = useState(() => new Date(Date.now() - WEEK_MS).toISOString())
  const changes = data?.entries.filter(({ id, at }) => id > seen && at > since) ?? []
  const [newest] = changes
  if (!newest) return null
  const dismiss = () => {
    localStorage.setItem(keyOf(userId), newest.id)
    setSeen(newest.id)
    focusTitle()
  }
  return (
    <div className={styles.told}>
      <Notice tone="warn" onClose={dismiss}>
        {changes.map(({ id, actor, from, to, at }) => (
          <p key={id}>
            {texts.serviceUrlChanged(
              actor === 'environment' ? texts.environment : actor,
              hostOf(from) || texts.empty,
              hostOf(to) || texts.empty,
            )}{' '}
            (<Time at={at} exact />)
          </p>
        ))}
      </Notice>
    </div>
  )
}
