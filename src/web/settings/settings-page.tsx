// /admin/api-integration/bluesky: the options, what they lead to, and who changed them.
import { IncidentNotices } from '../connections/incident-notice.tsx'
import { StaleNotice } from '../connections/stale-notice.tsx'
import { useOpenIncidents, useOptions } from '../data/admin.ts'
import { Page, Panel } from '../parts/page.tsx'
import { NotThereYet } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { Changes } from './changes.tsx'
import { LastDay } from './last-day.tsx'
import { MailPanel } from './mail-panel.tsx'
import { OptionsForm } from './options-form.tsx'

export default function SettingsPage() {
  const { settings: texts } = useTexts()
  const options = useOptions()
  const incident = useOpenIncidents().data?.incidents.find(({ course }) => !course)
  const checked = incident?.mend?.kind === 'check_settings' ? 'bluesky_service-url' : null
  const marked = incident?.mend?.option ?? checked
  return (
    <Page title={texts.title} lead={texts.lead}>
      <StaleNotice />
      <IncidentNotices here="settings" />
      {options.data ? (
        <>
          <Panel label={texts.title}>
            <OptionsForm options={options.data} marked={marked} />
          </Panel>
          <LastDay serviceUrl={options.data['bluesky_service-url'].effective} />
          <MailPanel />
          <Changes />
        </>
      ) : (
        <NotThereYet asked={options} bars={[420, 150, 220]} />
      )}
    </Page>
  )
}
