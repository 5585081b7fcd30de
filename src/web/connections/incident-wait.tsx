// Those that wait for a server, and how that stands: who has put it aside, when it is tried next, what the last look found.
import type { Incident, RetryCourse } from '../../contract.ts'
import { Time, useSeconds } from '../parts/time.tsx'
import { useLanguage, useTexts } from '../texts/language.tsx'
import { TimeInWords } from './time-in-words.tsx'

interface DueProps {
  at: string | null
  /** null: the time has come */
  words: (time: string | null) => string
}

function Due({ at, words }: DueProps) {
  const now = useSeconds()
  return at && Date.parse(at) > now ? <TimeInWords at={at} words={words} /> : words(null)
}

export function Waiting({ waiting, nextTryAt }: Pick<RetryCourse, 'waiting' | 'nextTryAt'>) {
  const { incident: texts } = useTexts()
  return waiting > 0 && <Due at={nextTryAt} words={(time) => texts.waiting(waiting, time)} />
}

/** @param waiting false: said elsewhere */
export function ServerWaitedFor({ incident, waiting }: { incident: Incident; waiting: boolean }) {
  const { texts, findings } = useLanguage()
  const { comeback, look } = incident
  return (
    <>
      {comeback && (
        <p>
          {waiting && (
            <>
              <Waiting {...comeback} />{' '}
            </>
          )}
          {comeback.breakers > 0 ? (
            <Due at={comeback.triedAt} words={(time) => texts.incident.aside(comeback.breakers, time)} />
          ) : (
            texts.incident.notAside
          )}
        </p>
      )}
      {look && (
        <p>
          {texts.incident.look} <Time at={look.lookedAt} />: {findings?.[look.finding].title ?? look.title}.
        </p>
      )}
    </>
  )
}
