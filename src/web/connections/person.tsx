// Whose connections the list is narrowed to, with how they stand.
import { Button } from '@mantine/core'
import type { Connection, ConnectionCounts } from '../../contract.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'
import { notConnected, statuses, useFilter } from './filter.ts'
import { countOf } from './status-tabs.tsx'

interface PersonProps {
  /** id or e-mail, as the filter has it */
  user: string
  connections: Connection[] | undefined
  counts: ConnectionCounts | undefined
}

export function Person({ user, connections, counts }: PersonProps) {
  const { connections: texts } = useTexts()
  const { set } = useFilter()
  const email = connections?.[0]?.user.email
  return (
    <div className={styles.person} role="group" aria-label={texts.userFilter(email || user)}>
      <Icon name="user" size={22} />
      <div>
        <h2>{email || user}</h2>
        {counts && (
          <p>
            {texts.personCounts(
              countOf(counts, statuses),
              countOf(counts, ['connected']),
              countOf(counts, notConnected.split(',')),
              counts.more,
            )}
          </p>
        )}
      </div>
      <Button variant="default" size="compact-md" onClick={() => set({ user: null })}>
        {texts.allUsers}
      </Button>
    </div>
  )
}
