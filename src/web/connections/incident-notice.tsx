// The warning that connects fail in a way that is not the users' doing.
import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Link } from 'wouter'
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/naming.ts'
import { query } from '../data/http.ts'
import { announce } from '../parts/announce.tsx'
import { Notice } from '../parts/notice.tsx'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { useLanguage } from '../texts/language.tsx'
import { TimeInWords } from './time-in-words.tsx'

/** The incident that was said last: its numbers change every few seconds, and nobody wants to hear all of them. */
let said = ''

export function IncidentNotice({ incident, here }: { incident: Incident; here: 'settings' | 'connections' }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.incident
  const title = texts.title(useOutcomeTitle()(incident.code), hostOf(incident.server))
  const percent = (share: number) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 })
  const link = query({ outcome: incident.code, from: incident.since, server: incident.server })
  const which = `${incident.code} ${incident.since}`
  useEffect(() => {
    if (said === which) return
    said = which
    announce(title)
  }, [which, title])
  return (
    <Notice
      tone="bad"
      title={title}
      actions={
        <>
          <Button
            component={Link}
            href={`/admin/connections${link}`}
            color="red"
            variant={here === 'settings' ? 'default' : 'filled'}
          >
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
    </Notice>
  )
}
