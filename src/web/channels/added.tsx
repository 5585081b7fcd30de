// What was submitted while the dialog stayed open, and how it goes.
import { Anchor } from '@mantine/core'
import type { Channel } from '../../contract.ts'
import { isInStep } from '../data/channels.ts'
import { StatusPill } from '../parts/status-pill.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import styles from './connect-dialog.module.css'
import { nameOf } from './naming.ts'

/** @param onAgain for one that its owner can mend here */
export function Added({ channels, onAgain }: { channels: Channel[]; onAgain: (channel: Channel) => void }) {
  const { dialog: texts } = useTexts()
  const outcomeText = useOutcomeText()
  return (
    <ul className={styles.added} aria-label={texts.addedList}>
      {channels.map((channel) => {
        const isUnwell = !isInStep(channel) && channel.status !== 'connected' && channel.outcome
        return (
          <li key={channel.id}>
            <bdi>{nameOf(channel)}</bdi>
            <StatusPill status={channel.status} />
            {isUnwell && (
              <span className={styles.reason}>
                {outcomeText(isUnwell).title}{' '}
                {isUnwell.fixBy === 'user' && (
                  <Anchor component="button" type="button" size="sm" onClick={() => onAgain(channel)}>
                    {texts.enterAgain}
                  </Anchor>
                )}
              </span>
            )}
          </li>
        )
      })}
    </ul>
  )
}
