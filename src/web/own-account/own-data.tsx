// All that is kept of somebody, as a file.
import { Button } from '@mantine/core'
import { exportAddress } from '../data/account.ts'
import { Icon } from '../parts/icons.tsx'
import { Panel } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './own-account.module.css'

export function OwnData() {
  const { ownAccount: texts } = useTexts()
  return (
    <Panel label={texts.exportTitle}>
      <div className={styles.part}>
        <h2>{texts.exportTitle}</h2>
        <p className={styles.muted}>{texts.exportLead}</p>
        <div className={styles.buttons}>
          <Button component="a" href={exportAddress} download variant="default" leftSection={<Icon name="download" />}>
            {texts.exportButton}
          </Button>
        </div>
      </div>
    </Panel>
  )
}
