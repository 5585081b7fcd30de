// What a worker found at the Service URL in effect, or that it is being looked at.
import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Look } from '../../contract.ts'
import { namesIn } from '../../outcomes/findings.ts'
import { useLookAgain, useOpenIncidents } from '../data/admin.ts'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLanguage, useTexts } from '../texts/language.tsx'
import styles from './settings.module.css'

interface LookProps {
  /** that is in effect */
  origin: string
  look: Look | null
  /** what stands in the field */
  typed: string
  onUse: (origin: string) => void
}

export function ServiceUrlLook({ origin, look, typed, onUse }: LookProps) {
  const { settings: texts } = useTexts()
  const again = useLookAgain()
  return (
    <div className={styles.look}>
      <div role="status" className={styles.found}>
        {look ? <Found origin={origin} look={look} typed={typed} onUse={onUse} /> : <Looking />}
      </div>
      <div className={styles.lookedAt}>
        {look && (
          <span>
            {texts.lookedAt} <Time at={look.lookedAt} exact />
          </span>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Icon name="refresh" size={16} />}
          loading={again.isPending || !look}
          onClick={() => again.mutate()}
        >
          {texts.lookAgain}
        </Button>
      </div>
      {again.error && <ErrorNotice error={again.error} />}
    </div>
  )
}

function Found({ origin, look, typed, onUse }: LookProps & { look: Look }) {
  const { texts, findings, locale } = useLanguage()
  const translated = findings?.[look.finding]
  const { suggestion, tone } = look
  // A server that answers is no good news while connects fail.
  const goesOn = (useOpenIncidents().data?.incidents.length ?? 0) > 0
  return (
    <Notice tone={goesOn && tone === 'good' ? 'calm' : tone} title={translated?.title ?? look.title}>
      <p>{translated?.text(namesIn(origin, look, { locale, nameless: texts.settings.anotherAddress })) ?? look.text}</p>
      {suggestion && suggestion !== typed && (
        <button type="button" className={styles.suggest} onClick={() => onUse(suggestion)}>
          {texts.settings.didYouMean(suggestion)}
        </button>
      )}
    </Notice>
  )
}

/** A silent server takes less. */
const LONG_MS = 20_000

function Looking() {
  const { settings: texts } = useTexts()
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Notice tone="calm" icon="clock" title={texts.looking}>
      {long && <p>{texts.lookingLong}</p>}
    </Notice>
  )
}
