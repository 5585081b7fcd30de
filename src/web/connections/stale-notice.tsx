// Says that what an admin looks at is no longer kept up to date, and from when it is.
import { useEffect } from 'react'
import { useStaleSince } from '../data/admin.ts'
import { announce } from '../parts/announce.tsx'
import { Notice } from '../parts/notice.tsx'
import { useOnline } from '../parts/states.tsx'
import { clockTime } from '../parts/time.tsx'
import { useLanguage } from '../texts/language.tsx'
import { TimeInWords } from './time-in-words.tsx'

export function StaleNotice() {
  const { texts, locale } = useLanguage()
  // Offline is said on every page.
  const online = useOnline()
  const staleSince = useStaleSince()
  const at = online ? staleSince : null
  const words = texts.states.stale
  useEffect(() => {
    if (at !== null) announce(words(clockTime(locale, new Date(at))))
  }, [at, words, locale])
  if (at === null) return null
  return (
    <Notice tone="warn" icon="offline">
      <p>
        <TimeInWords at={new Date(at).toISOString()} words={words} />
      </p>
    </Notice>
  )
}
