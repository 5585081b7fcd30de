// Tells every admin that somebody changed where passwords go, until each has seen it or a week is over.
import { useState } from 'react'
import { hostOf } from '../channels/naming.ts'
import { useDestinationChanges } from '../data/admin.ts'
import { useTexts } from '../texts/language.tsx'
import { Notice } from './notice.tsx'
import { focusTitle } from './page.tsx'
import { Time } from './time.tsx'
import styles from './shell.module.css'

const WEEK_MS = 7 * 24 * 3600_000
/** In this browser: whoever uses somebody's session elsewhere dismisses nothing here. */
const keyOf = (userId: string) => `service-url-seen:${userId}`

/** Ids of the audit list go up with time: all up to the last one that was dismissed are. */
export function DestinationNotice({ userId }: { userId: string }) {
  const { settings: texts } = useTexts()
  const { data } = useDestinationChanges()
  const [seen, setSeen] = useState(() => localStorage.getItem(keyOf(userId)) ?? '')
  const [since] = useState(() => new Date(Date.now() - WEEK_MS).toISOString())
  const changes = data?.entries.filter(({ id, at }) => id > seen && at > since) ?? []
  const [newest] = changes
  if (!newest) return null
  const value = (text: string) => texts.optionValues[text] ?? (hostOf(text) || texts.empty)
  const dismiss = () => {
    localStorage.setItem(keyOf(userId), newest.id)
    setSeen(newest.id)
    focusTitle()
  }
  return (
    <div className={styles.told}>
      <Notice tone="warn" onClose={dismiss}>
        {changes.map(({ id, actor, option, from, to, at }) => (
          <p key={id}>
            {texts.destinationChanged(
              actor === 'environment' ? texts.environment : actor,
              texts.optionNames[option] ?? option,
              value(from),
              value(to),
            )}{' '}
            (<Time at={at} exact />)
          </p>
        ))}
      </Notice>
    </div>
  )
}
