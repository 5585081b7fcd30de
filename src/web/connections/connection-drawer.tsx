// One connection in full: what is wrong, who can do what about it, and every attempt with the server's answer.
import { Button, Drawer, Stack } from '@mantine/core'
import { Link } from 'wouter'
import type { ConnectionWithAttempts } from '../../contract.ts'
import { hostOf } from '../channels/main-action.ts'
import { useConnection, useRetryOne } from '../data/admin.ts'
import { ApiError } from '../data/http.ts'
import { Attempts } from '../parts/attempts.tsx'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { Bars, NotThereYet, useErrorText } from '../parts/states.tsx'
import { StatusPill } from '../parts/status-pill.tsx'
import { Time } from '../parts/time.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'

export function ConnectionDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const texts = useTexts()
  const connection = useConnection(id)
  const account = connection.data && (connection.data.handle ?? connection.data.identifier)
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={560}
      title={<span className={styles.drawerTitle}>{account ?? texts.connections.table}</span>}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      {connection.data ? (
        <Detail connection={connection.data} />
      ) : (
        <NotThereYet asked={connection}>
          <Bars heights={[140, 160, 120]} />
        </NotThereYet>
      )}
    </Drawer>
  )
}

function Detail({ connection }: { connection: ConnectionWithAttempts }) {
  const { connections: texts, channels } = useTexts()
  const outcomeText = useOutcomeText()
  const { outcome } = connection
  const words = outcome && outcomeText(outcome)
  const advice = words?.adminFix ?? connection.adminFix
  const good = connection.status === 'connected'
  return (
    <Stack gap="lg">
      <div>
        <StatusPill status={connection.status} />
      </div>
      {outcome && words && (
        <Notice tone={good ? 'good' : connection.status === 'retrying' ? 'warn' : 'bad'} title={words.title}>
          <p>{words.cause}</p>
          {!good && (
            <>
              {advice && (
                <p>
                  <strong>{texts.forAdmin}:</strong> {advice}
                </p>
              )}
              <p>
                <strong>{texts.forUser}:</strong> {words.fix}
              </p>
            </>
          )}
        </Notice>
      )}
      {!good && <Retry connection={connection} />}
      <Facts
        facts={[
          [
            texts.user,
            <Link key="user" href={`/admin/connections?status=all&user=${encodeURIComponent(connection.user.email)}`}>
              {connection.user.email}
            </Link>,
          ],
          [texts.fixBy, good || !outcome ? null : texts.fixByNames[outcome.fixBy]],
          [texts.since, <Time key="since" at={connection.since} />],
          [texts.nextTry, connection.nextTryAt && <Time at={connection.nextTryAt} exact />],
          [channels.checked, connection.lastVerifiedAt && <Time at={connection.lastVerifiedAt} />],
          [channels.identifier, connection.identifier],
          [channels.server, hostOf(connection.serviceUrl)],
          [channels.pds, connection.pdsUrl && hostOf(connection.pdsUrl)],
          [channels.did, connection.did],
          [texts.code, outcome && <code>{outcome.code}</code>],
        ]}
      />
      <Attempts attempts={connection.attempts} />
    </Stack>
  )
}

function Retry({ connection }: { connection: ConnectionWithAttempts }) {
  const { connections: texts } = useTexts()
  const errorText = useErrorText()
  const retry = useRetryOne(connection.id)
  const moving = connection.status === 'connecting' || connection.status === 'verifying'
  if (moving) return retry.isSuccess && <p role="status">{texts.retried}</p>
  const cannot = retry.error instanceof ApiError && retry.error.code === 'channel_not_connected'
  return (
    <Stack gap="sm">
      <div className={styles.retry}>
        <Button leftSection={<Icon name="refresh" />} onClick={() => retry.mutate()} loading={retry.isPending}>
          {texts.retry}
        </Button>
        <span>{texts.retryHint}</span>
      </div>
      {retry.error && (
        <Notice tone="bad" role="alert">
          <p>{cannot ? texts.needsUser : errorText(retry.error)}</p>
        </Notice>
      )}
    </Stack>
  )
}
