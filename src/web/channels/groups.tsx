// The labels of one channel, or of several: put on, taken off.
import { Button, CloseButton, TextInput } from '@mantine/core'
import { useId, useState, type FormEvent } from 'react'
import type { Channel } from '../../contract.ts'
import { cleanGroup, groupKey, MOST_GROUP_LENGTH } from '../../input/groups.ts'
import { isolated } from '../../input/shown.ts'
import { useChangeGroups } from '../data/channels.ts'
import { announce } from '../parts/announce.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './rows.module.css'

interface GroupsProps {
  channels: Channel[]
  /** labels that the person uses, to choose from */
  known: string[]
}

export function Groups({ channels, known }: GroupsProps) {
  const { many: texts } = useTexts()
  const change = useChangeGroups()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const listId = useId()
  const ids = channels.map(({ id }) => id)
  const groups = [...new Set(channels.flatMap((channel) => channel.groups))].toSorted((a, b) => a.localeCompare(b))
  const has = (group: string) => channels.filter((channel) => channel.groups.includes(group)).length

  const add = (event: FormEvent) => {
    event.preventDefault()
    const clean = cleanGroup(typed)
    setWrong(clean === null)
    if (clean === null || change.isPending) return
    // As it is written already.
    const group = known.find((one) => groupKey(one) === groupKey(clean)) ?? clean
    change.mutate(
      { ids, add: [group] },
      {
        onSuccess: () => {
          setTyped('')
          announce(texts.groupAdded(isolated(group), ids.length))
        },
      },
    )
  }
  const remove = (group: string) =>
    change.mutate(
      { ids, remove: [group] },
      { onSuccess: () => announce(texts.groupRemoved(isolated(group), ids.length)) },
    )

  const [refused] = change.data ?? []
  const error = change.error ?? refused
  return (
    <form className={styles.groups} onSubmit={add} noValidate>
      <ul className={styles.groupList} aria-label={texts.groups} hidden={groups.length === 0}>
        {groups.map((group) => (
          <li key={group} className={styles.group}>
            <bdi>{group}</bdi>
            {channels.length > 1 && <span className={styles.share}>{texts.ofAll(has(group), channels.length)}</span>}
            <CloseButton
              size={22}
              aria-label={texts.removeGroup(isolated(group))}
              onClick={() => remove(group)}
              disabled={change.isPending}
            />
          </li>
        ))}
      </ul>
      <div className={styles.addGroup}>
        <TextInput
          size="sm"
          aria-label={texts.addGroup}
          placeholder={texts.addGroup}
          list={listId}
          maxLength={MOST_GROUP_LENGTH * 2}
          autoComplete="off"
          value={typed}
          error={wrong && texts.groupWrong(MOST_GROUP_LENGTH)}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setWrong(false)
          }}
        />
        <datalist id={listId}>
          {known.map((group) => (
            <option key={group}>{group}</option>
          ))}
        </datalist>
        <Button type="submit" variant="default" loading={change.isPending}>
          {texts.add}
        </Button>
      </div>
      {error && <ErrorNotice error={error} />}
    </form>
  )
}
