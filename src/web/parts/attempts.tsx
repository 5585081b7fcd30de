// The attempts of a channel, newest first, with what the server answered.
import type { AdminAttempt, Attempt } from '../../contract.ts'
import { useLanguage, useTexts } from '../texts/language.tsx'
import styles from './attempts.module.css'
import { Icon } from './icons.tsx'
import { isGood, useOutcomeTitle } from './outcome-title.ts'
import { duration, Time } from './time.tsx'

type Answer = NonNullable<(Attempt | AdminAttempt)['answer']>
/** The detail is told to admins alone. */
const serverError = (answer: Answer) =>
  [answer.status, answer.error, 'detail' in answer && answer.detail].filter(Boolean).join(' ')

function ServerAnswer({ answer }: { answer: Answer }) {
  const { attempts: texts } = useTexts()
  const said = <code>{serverError(answer) || texts.noAnswer}</code>
  return (
    <span className={styles.answer}>
      {texts.answer}: {answer.wanted && `${texts.refusedAsItShould} – `}
      {said} ({answer.call})
    </span>
  )
}

export function Attempts({ attempts }: { attempts: (Attempt | AdminAttempt)[] }) {
  const { texts, locale } = useLanguage()
  const title = useOutcomeTitle()
  return (
    <section aria-label={texts.attempts.title}>
      <h3>{texts.attempts.title}</h3>
      {attempts.length === 0 && <p className={styles.none}>{texts.attempts.none}</p>}
      <ol className={styles.list}>
        {attempts.map((attempt) => {
          const good = isGood(attempt.outcome)
          return (
            <li key={attempt.id} className={styles.attempt} data-good={good || undefined}>
              <Icon name={good ? 'checkCircle' : 'alert'} />
              <span className={styles.what}>
                {texts.attempts[attempt.step]}: <strong>{title(attempt.outcome)}</strong>
                {attempt.answer && <ServerAnswer answer={attempt.answer} />}
              </span>
              <span className={styles.when}>
                <Time at={attempt.startedAt} exact />
                <span>{duration(locale, attempt.durationMs)}</span>
              </span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}
