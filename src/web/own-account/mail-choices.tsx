// Which mails one gets.
import { Switch } from '@mantine/core'
import type { Subscriptions } from '../../contract.ts'
import { useChooseMails, useSubscriptions } from '../data/account.ts'
import type { Me } from '../../contract.ts'
import { Panel } from '../parts/page.tsx'
import { ErrorNotice, NotThereYet } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'

export function MailChoices({ me }: { me: Me }) {
  const { ownAccount: texts } = useTexts()
  const subscriptions = useSubscriptions()
  const choose = useChooseMails()
  const wanted = choose.isPending ? choose.variables : {}
  const shown: Subscriptions | undefined = subscriptions.data && { ...subscriptions.data, ...wanted }
  const choice = (topic: keyof Subscriptions, label: string, description: string) => (
    <Switch
      size="md"
      label={label}
      description={description}
      checked={shown?.[topic] === true}
      onChange={({ currentTarget }) => choose.mutate({ [topic]: currentTarget.checked })}
    />
  )
  return (
    <Panel label={texts.mailsTitle}>
      <div className={styles.part}>
        <h2>{texts.mailsTitle}</h2>
        <p className={styles.muted}>{me.emailVerified ? texts.mailsLead(me.email) : texts.mailsUnproven(me.email)}</p>
        {choose.error && <ErrorNotice error={choose.error} />}
        {shown ? (
          <>
            {choice('channels', texts.mailsChannels, texts.mailsChannelsHint)}
            {shown.incidents !== null && choice('incidents', texts.mailsIncidents, texts.mailsIncidentsHint)}
          </>
        ) : (
          <NotThereYet asked={subscriptions} bars={[44]} />
        )}
      </div>
    </Panel>
  )
}
