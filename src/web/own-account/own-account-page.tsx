// /app/account: address, password, second factor, sessions, mails, data and the end of one's own account.
import type { Me } from '../../contract.ts'
import { Page } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { ChangeEmail } from './change-email.tsx'
import { ChangePassword } from './change-password.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { MailChoices } from './mail-choices.tsx'
import { OwnData } from './own-data.tsx'
import { SecondFactorPanel } from './second-factor-panel.tsx'
import { Sessions } from './sessions.tsx'

export default function OwnAccountPage({ me }: { me: Me }) {
  const { ownAccount: texts } = useTexts()
  return (
    <Page title={texts.title} lead={texts.lead(me.email)}>
      <SecondFactorPanel me={me} />
      <ChangeEmail me={me} />
      <ChangePassword />
      <Sessions />
      {me.mail && <MailChoices me={me} />}
      <OwnData />
      <DeleteAccount me={me} />
    </Page>
  )
}
