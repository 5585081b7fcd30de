// The warning that connects fail in a way that is not the users' doing.
import { Button } from '@mantine/core'
import { Link } from 'wouter'
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/main-action.ts'
import { query } from '../data/http.ts'
import { Notice } from '../parts/notice.tsx'
import { useOutcomeTitle } from '../parts/outcome-title.ts'
import { clockTime, useHalfMinutes } from '../parts/time.tsx'
import { useLanguage } from '../texts/language.tsx'

export function IncidentNotice({ incident, here }: { incident: Incident; here: 'settings' | 'connections' }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.incident
  const now = useHalfMinutes()
  const title = useOutcomeTitle()(incident.code)
  const percent = (share: number) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 })
  const since = clockTime(locale, new Date(incident.since), new Date(now))
  const link = query({ outcome: incident.code, from: incident.since, server: incident.server })
  return (
    <Notice
      tone="bad"
      role="alert"
      title={texts.title(title, hostOf(incident.server))}
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
        {texts.body(
          percent(incident.failed / Math.max(1, incident.connects)),
          incident.connects,
          since,
          percent(incident.before),
        )}
      </p>
    </Notice>
  )
}
