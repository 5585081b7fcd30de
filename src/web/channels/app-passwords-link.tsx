// Leads to where people delete app passwords themselves.
import { Anchor } from '@mantine/core'
import { useTexts } from '../texts/language.tsx'
import { appPasswordsPage } from './naming.ts'
import styles from './channels.module.css'

export function AppPasswordsLink() {
  const texts = useTexts()
  return (
    <Anchor href={appPasswordsPage} target="_blank" rel="noreferrer" size="sm">
      {texts.channels.appPasswordsLink}
      <span className={styles.hidden}> {texts.opensNewTab}</span>
    </Anchor>
  )
}
