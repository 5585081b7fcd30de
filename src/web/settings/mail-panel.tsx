// Whether the program sends e-mail, and what that needs.
import { useMe } from '../data/session.ts'
import { Panel } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './settings.module.css'

export function MailPanel() {
  const { settings: texts } = useTexts()
  const isOn = useMe().data?.mail === true
  return (
    <Panel label={texts.mailTitle}>
      <h2 className={styles.title}>{texts.mailTitle}</h2>
      <p className={styles.muted}>{isOn ? texts.mailOn : texts.mailOff}</p>
    </Panel>
  )
}
