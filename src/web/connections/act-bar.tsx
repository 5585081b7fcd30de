// What can be done with the connections that are chosen, and what came of it.
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { ActBody, ActResults, Connection } from '../../contract.ts'
import { useAct } from '../data/admin.ts'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import type { Chosen } from './chosen.ts'
import styles from './connections.module.css'

interface ActBarProps {
  chosen: Chosen
  /** of the page */
  connections: Connection[]
}

export function ActBar({ chosen, connections }: ActBarProps) {
  const { connections: texts, cancel, close } = useTexts()
  const [asking, setAsking] = useState(false)
  const act = useAct()
  const { ids } = chosen
  const start = (what: ActBody['act']) =>
    act.mutate(
      { act: what, ids },
      {
        onSuccess: () => {
          setAsking(false)
          chosen.chooseAll(false)
        },
      },
    )
  const ask = () => {
    act.reset()
    setAsking(true)
  }
  const isOn = (what: ActBody['act']) => act.isPending && act.variables.act === what
  const those = connections.filter(({ id }) => ids.includes(id))
  return (
    <>
      {act.data && (
        <Came
          key={act.submittedAt}
          results={act.data}
          act={act.variables.act}
          onUndo={(seen) => act.mutate({ act: 'unsee', ids: seen })}
          onClose={act.reset}
        />
      )}
      {act.error && !asking && <ErrorNotice error={act.error} />}
      {ids.length > 0 && (
        <div className={styles.acts} role="group" aria-label={texts.chosen(ids.length)}>
          <strong role="status">{texts.chosen(ids.length)}</strong>
          <Button size="compact-md" variant="default" onClick={() => start('retry')} loading={isOn('retry')}>
            {texts.retry}
          </Button>
          {those.some(({ seen }) => !seen) && (
            <Button size="compact-md" variant="default" onClick={() => start('see')} loading={isOn('see')}>
              {texts.see}
            </Button>
          )}
          {those.some(({ seen }) => seen) && (
            <Button size="compact-md" variant="default" onClick={() => start('unsee')} loading={isOn('unsee')}>
              {texts.unsee}
            </Button>
          )}
          <Button
            size="compact-md"
            variant="default"
            leftSection={<Icon name="trash" size={16} />}
            onClick={ask}
            disabled={act.isPending}
          >
            {texts.disconnect}
          </Button>
          <Button size="compact-md" variant="subtle" onClick={() => chosen.chooseAll(false)}>
            {texts.chooseNone}
          </Button>
        </div>
      )}
      <Modal
        opened={asking}
        onClose={() => act.isPending || setAsking(false)}
        title={texts.removeTitle(ids.length)}
        closeButtonProps={{ 'aria-label': close }}
      >
        <Stack gap="md">
          <p>{texts.removeBody}</p>
          {act.error && <ErrorNotice error={act.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setAsking(false)} disabled={act.isPending} data-autofocus>
              {cancel}
            </Button>
            <Button color="red" onClick={() => start('remove')} loading={act.isPending} disabled={ids.length === 0}>
              {texts.removeAll(ids.length)}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

interface CameProps {
  results: ActResults
  act: ActBody['act']
  /** @param seen those that were marked */
  onUndo: (seen: string[]) => void
  onClose: () => void
}

/** The buttons are gone with what was chosen, so it takes the focus. */
function Came({ results: { results }, act, onUndo, onClose }: CameProps) {
  const { connections: texts, problems } = useTexts()
  const words = useRef<HTMLDivElement>(null)
  useEffect(() => words.current?.focus(), [])
  const changed = results.filter((each) => each.done).map(({ id }) => id)
  const done = changed.length
  const reasons = new Map<string, number>()
  for (const { problem } of results) {
    if (!problem) continue
    const reason =
      problem.code === 'channel_not_connected' ? texts.needsUser : (problems[problem.code] ?? problem.detail)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const idle = results.filter((each) => !each.done && !each.problem).length
  return (
    <div ref={words} tabIndex={-1} data-quiet-focus className={styles.came}>
      <Notice
        tone={done > 0 && reasons.size === 0 ? 'good' : 'warn'}
        role="status"
        onClose={onClose}
        actions={
          act === 'see' &&
          done > 0 && (
            <Button size="compact-sm" variant="default" onClick={() => onUndo(changed)}>
              {texts.undo}
            </Button>
          )
        }
      >
        <p>{texts.acted[act](done)}</p>
        {idle > 0 && <p>{texts.actedIdle(idle)}</p>}
        {[...reasons].map(([reason, count]) => (
          <p key={reason}>{texts.actedNot(count, reason)}</p>
        ))}
      </Notice>
    </div>
  )
}
