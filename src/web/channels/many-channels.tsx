// The list of somebody who has many channels: rows to search, to filter, to label, and to check or remove together.
import { Button, CloseButton, Modal, TextInput, VisuallyHidden } from '@mantine/core'
import { useEffect, useEffectEvent, useId, useState, type ReactNode } from 'react'
import type { Channel } from '../../contract.ts'
import { rankOf } from '../../outcomes/ranks.ts'
import { useMany } from '../data/many.ts'
import { usePaused } from '../data/session.ts'
import { Icon } from '../parts/icons.tsx'
import { State } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { ChannelRow } from './channel-row.tsx'
import type { OpenDialog } from './channels-page.tsx'
import { standings, useFilter, type Filter, type Standing } from './filter.ts'
import { Groups } from './groups.tsx'
import { ManyProgress } from './many-progress.tsx'
import { RemoveManyDialog } from './remove-many-dialog.tsx'
import styles from './rows.module.css'
import { useChosen } from './use-chosen.ts'

/** Of more, those that are out of sight are drawn when they come into it. */
const DRAWN_AT_ONCE = 60

interface ManyProps {
  channels: Channel[]
  /** there are more, which are on their way */
  isLoading: boolean
  onConnect: OpenDialog
  /** the channel that takes the focus, again each time the number changes */
  focused: { id: string; times: number }
}

export function ManyChannels({ channels, isLoading, onConnect, focused }: ManyProps) {
  const { many: texts, channels: words, cancel, close } = useTexts()
  const paused = usePaused()
  const { filter, setText, set, clear, visible, groups } = useFilter(channels, isLoading)
  const chosen = useChosen(visible)
  const keysId = useId()
  const many = useMany()
  const [asking, setAsking] = useState<'remove' | 'groups' | null>(null)
  const reveal = useEffectEvent((id: string) => {
    // What is to be seen is not to be hidden by what was looked for before.
    if (!visible.some((channel) => channel.id === id)) clear()
  })
  useEffect(() => {
    if (focused.times > 0) reveal(focused.id)
  }, [focused])
  const count = chosen.chosen.length
  const isBusy = many.run !== null && !many.run.isOver

  return (
    <section className={styles.many} aria-label={words.list}>
      <Filters
        channels={channels}
        isLoading={isLoading}
        filter={filter}
        groups={groups}
        onType={setText}
        onChange={set}
      />
      {many.run && (
        <ManyProgress
          run={many.run}
          channels={channels}
          onStop={many.stop}
          onClose={many.putAway}
          onGoOn={many.start}
        />
      )}
      <div className={styles.frame}>
        <div className={styles.bar} data-chosen={count > 0 || undefined}>
          <label className={styles.choose}>
            <input
              type="checkbox"
              checked={count > 0 && count === visible.length}
              ref={(box) => {
                if (box) box.indeterminate = count > 0 && count < visible.length
              }}
              onChange={(event) => (event.currentTarget.checked ? chosen.chooseAll() : chosen.clear())}
              disabled={visible.length === 0}
              title={texts.keys}
            />
            <VisuallyHidden>{texts.chooseAll(visible.length)}</VisuallyHidden>
          </label>
          <VisuallyHidden id={keysId}>{texts.keys}</VisuallyHidden>
          <p role="status">
            {count > 0 ? texts.chosen(count) : texts.shown(visible.length, channels.length)}
            {isLoading && ` · ${texts.loadingMore}`}
          </p>
          {count > 0 && (
            <div className={styles.acts}>
              <Act onClick={() => many.start('verify', chosen.chosen)} disabled={paused || isBusy} icon="refresh">
                {texts.check}
              </Act>
              <Act onClick={() => setAsking('groups')} icon="tag">
                {texts.groups}
              </Act>
              <Act onClick={() => setAsking('remove')} disabled={isBusy} icon="trash">
                {words.remove}
              </Act>
              <Button variant="subtle" color="gray" size="compact-sm" onClick={chosen.clear}>
                {texts.clear}
              </Button>
            </div>
          )}
        </div>
        {visible.length === 0 ? (
          <State
            icon="search"
            tone="calm"
            title={texts.noneFits}
            actions={
              <Button variant="default" onClick={clear}>
                {texts.showAll}
              </Button>
            }
          />
        ) : (
          <ul
            className={styles.rows}
            data-long={visible.length > DRAWN_AT_ONCE || undefined}
            aria-label={words.list}
            aria-describedby={keysId}
          >
            {visible.map((channel) => (
              <li key={channel.id}>
                <ChannelRow
                  channel={channel}
                  onConnect={onConnect}
                  takeFocus={focused.id === channel.id ? focused.times : 0}
                  chosen={chosen.ids.has(channel.id)}
                  onChoose={chosen.choose}
                  onKey={chosen.onKey}
                  groups={groups}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
      {asking === 'remove' && (
        <RemoveManyDialog
          channels={chosen.chosen}
          onClose={() => setAsking(null)}
          onRemove={() => {
            setAsking(null)
            many.start('remove', chosen.chosen)
            chosen.clear()
          }}
        />
      )}
      <Modal
        opened={asking === 'groups'}
        onClose={() => setAsking(null)}
        title={texts.groupsOf(count)}
        closeButtonProps={{ 'aria-label': close }}
      >
        <Groups channels={chosen.chosen} known={groups} />
        <div className={styles.end}>
          <Button variant="default" onClick={() => setAsking(null)}>
            {count > 0 ? texts.done : cancel}
          </Button>
        </div>
      </Modal>
    </section>
  )
}

interface ActProps {
  icon: 'refresh' | 'tag' | 'trash'
  onClick: () => void
  disabled?: boolean
  children: ReactNode
}

function Act({ icon, onClick, disabled = false, children }: ActProps) {
  return (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<Icon name={icon} size={16} />}
      onClick={onClick}
      disabled={disabled}
    >
      {children}
    </Button>
  )
}

interface FiltersProps {
  channels: Channel[]
  isLoading: boolean
  filter: Filter
  groups: string[]
  onType: (text: string) => void
  onChange: (change: Partial<Filter>) => void
}

function Filters({ channels, isLoading, filter, groups, onType, onChange }: FiltersProps) {
  const { many: texts, close } = useTexts()
  const chip = (name: string, isOn: boolean, next: Partial<Filter>, count?: number) => (
    <button key={name} type="button" className={styles.chip} aria-pressed={isOn} onClick={() => onChange(next)}>
      <bdi>{name}</bdi>
      {/* Before all are there a number would be wrong. */}
      {count !== undefined && !isLoading && <span className={styles.count}>{count}</span>}
    </button>
  )
  const inStanding = (standing: Standing) =>
    channels.filter(({ status }) => rankOf(status) === standings[standing]).length
  const inGroup = (group: string) => channels.filter((channel) => channel.groups.includes(group)).length
  return (
    <div className={styles.filters}>
      <TextInput
        type="search"
        aria-label={texts.search}
        placeholder={texts.search}
        leftSection={<Icon name="search" />}
        rightSection={filter.text && <CloseButton aria-label={close} onClick={() => onType('')} />}
        autoComplete="off"
        spellCheck={false}
        value={filter.text}
        onChange={(event) => onType(event.currentTarget.value)}
      />
      <div className={styles.chips} role="group" aria-label={texts.byState}>
        {chip(texts.all, filter.standing === null, { standing: null }, channels.length)}
        {(Object.keys(standings) as Standing[]).map((standing) => {
          const isOn = filter.standing === standing
          const count = inStanding(standing)
          if (count === 0 && !isOn && !isLoading) return null
          return chip(texts.standings[standing], isOn, { standing: isOn ? null : standing }, count)
        })}
      </div>
      {groups.length > 0 && (
        <div className={styles.chips} role="group" aria-label={texts.byGroup}>
          <Icon name="tag" size={16} />
          {groups.map((group) => {
            const isOn = filter.group === group
            return chip(group, isOn, { group: isOn ? null : group }, inGroup(group))
          })}
          {chip(texts.ungrouped, filter.group === '', { group: filter.group === '' ? null : '' })}
        </div>
      )}
    </div>
  )
}
