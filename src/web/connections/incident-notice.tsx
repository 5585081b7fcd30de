// The warning that connects fail in a way that is not the users' doing: what came before it, the way out, how that goes, and the end.
import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Link } from 'wouter'
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/naming.ts'
import { useOpenIncidents } from '../data/admin.ts'
import { query } from '../data/http.ts'
import { announce } from '../parts/announce.tsx'
import { Notice } from '../parts/notice.tsx'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { useLanguage } from '../texts/language.tsx'
import { IncidentMend } from './incident-mend.tsx'
import { TimeInWords } from './time-in-words.tsx'
import { useLength, useOptionWords } from './incident-words.ts'

type Here = 'settings' | 'connections'

/** All incidents that go on; where none does, the one that has just ended. */
export function IncidentNotices({ here }: { here: Here }) {
  const { data } = useOpenIncidents()
  if (!data) return null
  return (
    <>
      {data.incidents.map((incident) => (
        <IncidentNotice key={incident.id} incident={incident} here={here} />
      ))}
      {data.ended && <EndedNotice incident={data.ended} />}
    </>
  )
}

/** The incident that was said last: its numbers change every few seconds, and nobody wants to hear all of them. */
let said = ''
function useSaid(which: string, title: string) {
  useEffect(() => {
    if (said === which) return
    said = which
    announce(title)
  }, [which, title])
}

function IncidentNotice({ incident, here }: { incident: Incident; here: Here }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.incident
  const title = texts.title(useOutcomeTitle()(incident.code), hostOf(incident.server))
  const percent = (share: number) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 })
  const link = query({ outcome: incident.code, from: incident.since, server: incident.server })
  const { common } = incident
  useSaid(incident.id, title)
  return (
    <Notice
      tone="bad"
      title={title}
      actions={
        <>
          <Button component={Link} href={`/admin/connections${link}`} variant="default">
            {texts.show}
          </Button>
          {here === 'connections' && (
            <Button component={Link} href="/admin/api-integration/bluesky" variant="default">
              {texts.checkSettings}
            </Button>
          )}
        </>
      }
    >
      <p>
        <TimeInWords
          at={incident.since}
          words={(since) =>
            texts.body(
              percent(incident.failed / Math.max(1, incident.connects)),
              incident.connects,
              since,
              percent(incident.before),
            )
          }
        />
      </p>
      <Before change={incident.change} />
      {common.actualServer && (
        <p>
          {texts.live(
            common.actualServer.count,
            common.sampled,
            common.actualServer.people,
            hostOf(common.actualServer.value),
          )}
        </p>
      )}
      <Common common={common} />
      <IncidentMend incident={incident} />
    </Notice>
  )
}

function Common({ common: { step, answer, sampled } }: Pick<Incident, 'common'>) {
  const { incident: texts, attempts } = useLanguage().texts
  if (!step && !answer) return null
  const said = answer && [answer.status, answer.error].filter(Boolean).join(' ')
  return (
    <p>
      {step && texts.step(step.value === 'connect' ? attempts.connect : attempts.verify, step.count, sampled)}{' '}
      {answer &&
        (said ? texts.answered(said, answer.count, answer.sampled) : texts.notAnswered(answer.count, answer.sampled))}
    </p>
  )
}

function Before({ change }: { change: Incident['change'] }) {
  const texts = useLanguage().texts
  const words = useOptionWords()
  if (!change) return <p>{texts.incident.unexplained}</p>
  const { at, actor, option, from, to } = change
  const who = actor === 'environment' ? texts.settings.environment : actor
  return (
    <p>
      <TimeInWords
        at={at}
        words={(time) =>
          option
            ? texts.incident.changed(who, words.name(option), words.value(from), words.value(to), time)
            : texts.incident.started(time)
        }
      />
    </p>
  )
}

function EndedNotice({ incident }: { incident: Incident }) {
  const { texts } = useLanguage()
  const length = useLength()
  const title = texts.incident.over(useOutcomeTitle()(incident.code), hostOf(incident.server))
  const { course, failed, connects } = incident
  useSaid(`over ${incident.id}`, title)
  return (
    <Notice tone="good" title={title}>
      <p>
        {texts.incident.overBody(length(incident), failed, connects)}{' '}
        {course && texts.incident.progress(course.connected, course.retried, course.toGo)}
      </p>
    </Notice>
  )
}
