// What an admin who needs a second factor sees instead of every page, until it is set up.
import { refreshMe } from '../data/session.ts'
import { Page, Panel } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { SetUp } from './set-up.tsx'

export default function SecondFactorPage() {
  const { secondFactor: texts } = useTexts()
  return (
    <Page title={texts.neededTitle} lead={texts.neededLead}>
      <Panel label={texts.title}>
        <SetUp onDone={() => void refreshMe()} />
      </Panel>
    </Page>
  )
}
