// One channel of many, in a line: who it is, how it stands, the one thing that helps; it opens to all that a card has.
import { ActionIcon, Avatar, VisuallyHidden } from '@mantine/core'
import { memo, useId, useState, type KeyboardEvent, type MouseEvent } from 'react'
import { isolated } from '../../input/shown.ts'
import { isInStep } from '../data/channels.ts'
import { Icon } from '../parts/icons.tsx'
import { StatusPill } from '../parts/status-pill.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { ChannelBody } from './channel-body.tsx'
import { cardId, type ChannelProps } from './channel-card.tsx'
import { ChannelMenu } from './channel-menu.tsx'
import { MainButton } from './channel-problem.tsx'
import { Groups } from './groups.tsx'
import { accountOf, atHandle, nameOf } from './naming.ts'
import styles from './rows.module.css'
import { useActs, usePlace } from './use-acts.tsx'

/** More of them would take the line from the name. */
const GROUPS_SHOWN = 2

interface RowProps extends ChannelProps {
  chosen: boolean
  /** @param extend from the one that was chosen last up to this one */
  onChoose: (id: string, chosen: boolean, extend: boolean) => void
  /** a key was pressed on the box */
  onKey: (event: KeyboardEvent<HTMLInputElement>) => void
  /** labels of all channels */
  groups: string[]
}

export const ChannelRow = memo(function ChannelRow({
  channel,
  onConnect,
  takeFocus,
  chosen,
  onChoose,
  onKey,
  groups,
}: RowProps) {
  const { many: texts } = useTexts()
  const outcomeText = useOutcomeText()
  const [open, setOpen] = useState(false)
  const row = usePlace(takeFocus)
  const acts = useActs(channel, row)
  const id = useId()
  const name = nameOf(channel)
  const account = accountOf(channel)
  const { outcome, status, button } = channel
  const isWell = status === 'connected' || isInStep(channel)
  // What has to wait, or was asked for already, says so where the row opens.
  const hasAction = !isWell && button !== 'wait' && !(button === 'ask_admin' && channel.askedAt)
  // Why it was not begun stands inside.
  const [refusal, setRefusal] = useState(acts.refusal)
  if (refusal !== acts.refusal) {
    setRefusal(acts.refusal)
    if (acts.refusal) setOpen(true)
  }

  return (
    <article ref={row} id={cardId(channel.id)} className={styles.row} tabIndex={-1} aria-labelledby={`${id}-name`}>
      <div className={styles.line} data-chosen={chosen || undefined}>
        <label className={styles.choose}>
          <input
            type="checkbox"
            checked={chosen}
            data-channel={channel.id}
            onClick={(event: MouseEvent<HTMLInputElement>) =>
              onChoose(channel.id, event.currentTarget.checked, event.shiftKey)
            }
            onKeyDown={onKey}
            readOnly
          />
          <VisuallyHidden>{texts.choose(isolated(name))}</VisuallyHidden>
        </label>
        <Avatar
          src={channel.avatar}
          alt=""
          name={name}
          size={30}
          color="blue"
          imageProps={{ referrerPolicy: 'no-referrer', loading: 'lazy' }}
        />
        <p className={styles.who} title={`${name} ${atHandle(account)}`}>
          <bdi id={`${id}-name`} className={styles.name}>
            {name}
          </bdi>
          {account !== name && <bdi className={styles.handle}>{atHandle(account)}</bdi>}
        </p>
        <p className={styles.labels}>
          {channel.groups.slice(0, GROUPS_SHOWN).map((group) => (
            <bdi key={group} className={styles.label}>
              {group}
            </bdi>
          ))}
          {channel.groups.length > GROUPS_SHOWN && <span>+{channel.groups.length - GROUPS_SHOWN}</span>}
        </p>
        <div className={styles.standing}>
          <StatusPill status={status} />
          {!isWell && outcome && <span className={styles.reason}>{outcomeText(outcome).title}</span>}
        </div>
        <div className={styles.action} data-open={open || undefined}>
          {hasAction && !open && (
            <MainButton
              channel={channel}
              onConnect={onConnect}
              onStart={acts.beginHere}
              starting={acts.starting}
              onRemove={acts.remove}
            />
          )}
          {open && <ChannelMenu channel={channel} acts={acts} onConnect={onConnect} />}
        </div>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={34}
          radius="md"
          aria-expanded={open}
          aria-label={texts.open(isolated(name))}
          onClick={() => setOpen(!open)}
        >
          <span className={styles.chevron} data-open={open || undefined}>
            <Icon name="chevron" />
          </span>
        </ActionIcon>
      </div>
      {open && (
        <div className={styles.opened}>
          <ChannelBody channel={channel} acts={acts} onConnect={onConnect}>
            <Groups channels={[channel]} known={groups} />
          </ChannelBody>
        </div>
      )}
      {acts.question}
    </article>
  )
})
