// One connection in full: what is wrong, who can do what about it, and every attempt with the server's answer.
import { Button, Drawer, Stack } from '@mantine/core'
import { useRef } from 'react'
import { Link } from 'wouter'
import type { ChannelStatus, ConnectionWithAttempts } from '../../contract.ts'
import { shownHandle } from '../../input/shown.ts'
import { ChannelFault } from '../channels/channel-problem.tsx'
import { accountOf, checkedAt, hostOf } from '../channels/naming.ts'
import { isGone, useAct, useConnection, useRetryOne } from '../data/admin.ts'
import { ApiError, query } from '../data/http.ts'
import { Attempts } from '../parts/attempts.tsx'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icons.tsx'
import { Notice, type Tone } from '../parts/notice.tsx'
import { NotThereYet, State, useErrorText } from '../parts/states.tsx'
import { StatusPill } from '../parts/status-pill.tsx'
import { Time } from '../parts/time.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { Disconnect } from './disconnect.tsx'
import styles from './connections.module.css'
import { useReturnFocus } from '../parts/use-return-focus.ts'

export function ConnectionDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const texts = useTexts()
  const connection = useConnection(id)
  const errorText = useErrorText()
  useReturnFocus()
  const content = () => {
    if (connection.error && isGone(connection.error)) {
      return <State icon="search" tone="calm" title={errorText(connection.error)} />
    }
    if (connection.data) return <Detail connection={connection.data} onGone={onClose} />
    return <NotThereYet asked={connection} bars={[140, 160, 120]} />
  }
  const account = connection.data && accountOf(connection.data)
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={560}
      title={<bdi className={styles.drawerTitle}>{account ?? texts.connections.table}</bdi>}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      {content()}
    </Drawer>
  )
}

function toneOf(status: ChannelStatus): Tone {
  switch (status) {
    case 'connected':
      return 'good'
    case 'retrying':
      return 'warn'
    default:
      return 'bad'
  }
}

function Detail({ connection, onGone }: { connection: ConnectionWithAttempts; onGone: () => void }) {
  const { connections: texts, channels } = useTexts()
  const outcomeText = useOutcomeText()
  const { outcome, fault, brokenSince, lastVerifiedAt, nextCheckAt } = connection
  const status = useRef<HTMLDivElement>(null)
  const words = outcome && outcomeText(outcome)
  // The advice ends in what happens by itself then, which it no longer does.
  const advice = outcome?.givenUp ? null : (words?.adminFix ?? connection.adminFix)
  const good = connection.status === 'connected'
  const checked = good ? checkedAt(connection) : null
  return (
    <Stack gap="lg">
      <div ref={status} role="status" tabIndex={-1} data-quiet-focus>
        <StatusPill status={connection.status} />
      </div>
      {connection.askedAt && (
        <Notice tone="info" icon="mail">
          <p>
            {texts.asksForHelp(connection.user.email)} (<Time at={connection.askedAt} />)
          </p>
        </Notice>
      )}
      {outcome && words && (
        <Notice tone={toneOf(connection.status)} title={words.title}>
          <p>{words.cause}</p>
          {!good && (
            <>
              {advice && (
                <p>
                  <strong>{texts.forAdmin}:</strong> {advice}
                </p>
              )}
              {connection.sameServer && (
                <p>
                  {texts.sameServer(
                    connection.sameServer.people,
                    connection.sameServer.more,
                    hostOf(outcome.params['actualServer'] ?? ''),
                  )}
                </p>
              )}
              <p>
                <strong>{texts.forUser}:</strong> {words.fix}
              </p>
            </>
          )}
        </Notice>
      )}
      {fault && <ChannelFault fault={fault} />}
      {/* The button goes as soon as it has worked. */}
      {!good && <Retry connection={connection} onRetried={() => status.current?.focus()} />}
      <Facts
        facts={[
          [
            texts.user,
            <span key="user" className={styles.both}>
              <span>{connection.user.email}</span>
              <Link href={`/admin/connections${query({ status: 'all', user: connection.user.id })}`}>
                {texts.allOfUser}
              </Link>
            </span>,
          ],
          [texts.fixBy, good || !outcome ? null : texts.fixByNames[outcome.givenUp ? 'user' : outcome.fixBy]],
          [texts.since, <Time key="since" at={connection.since} />],
          [texts.seen, <Seen key="seen" connection={connection} />],
          [texts.nextTry, connection.nextTryAt && <Time at={connection.nextTryAt} exact />],
          [channels.checked, checked && <Time at={checked} />],
          [
            channels.faultSince,
            fault && (
              <span key="fault" className={styles.both}>
                <Time at={fault.since} exact />
                <code>{fault.code}</code>
              </span>
            ),
          ],
          [channels.notConnectedSince, brokenSince && <Time at={brokenSince} exact />],
          [channels.lastWell, checked !== lastVerifiedAt && lastVerifiedAt && <Time at={lastVerifiedAt} exact />],
          [channels.nextCheck, nextCheckAt && <Time at={nextCheckAt} exact />],
          [channels.identifier, <bdi key="identifier">{shownHandle(connection.identifier)}</bdi>],
          [channels.server, hostOf(connection.serviceUrl)],
          [channels.pds, connection.pdsUrl && hostOf(connection.pdsUrl)],
          [texts.livesAt, outcome?.params['actualServer'] && hostOf(outcome.params['actualServer'])],
          [channels.did, connection.did],
          [texts.code, outcome && <code>{outcome.code}</code>],
          [texts.reference, outcome?.params['reference'] && <code>{outcome.params['reference']}</code>],
        ]}
      />
      <Attempts attempts={connection.attempts} />
      <Disconnect connection={connection} onDone={onGone} />
    </Stack>
  )
}

function Seen({ connection: { id, seen } }: { connection: ConnectionWithAttempts }) {
  const { connections: texts } = useTexts()
  const act = useAct()
  const errorText = useErrorText()
  return (
    <span className={styles.both}>
      {seen && <span>{seen.by}</span>}
      {seen && <Time at={seen.at} exact />}
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => act.mutate({ act: seen ? 'unsee' : 'see', ids: [id] })}
        loading={act.isPending}
      >
        {seen ? texts.unsee : texts.see}
      </Button>
      {act.error && <span role="alert">{errorText(act.error)}</span>}
    </span>
  )
}

function Retry({ connection, onRetried }: { connection: ConnectionWithAttempts; onRetried: () => void }) {
  const { connections: texts } = useTexts()
  const errorText = useErrorText()
  const retry = useRetryOne(connection.id)
  const { status } = connection
  if (status === 'connecting' || status === 'verifying') return retry.isSuccess && <p>{texts.retried}</p>
  if (connection.retry === 'needs_user') return <p className={styles.hint}>{texts.needsUser}</p>
  if (connection.retry !== 'possible') return null
  const cannot = retry.error instanceof ApiError && retry.error.code === 'channel_not_connected'
  return (
    <Stack gap="sm">
      <div className={styles.retry}>
        <Button
          leftSection={<Icon name="refresh" />}
          onClick={() => retry.mutate(undefined, { onSuccess: onRetried })}
          loading={retry.isPending}
        >
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
