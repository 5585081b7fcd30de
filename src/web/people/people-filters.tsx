// The fields that narrow the list of people.
import { NativeSelect, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { personStates, roles } from '../../input/account.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './people.module.css'
import { usePeopleFilter } from './use-people-filter.ts'

const typingPauseMs = 350

export function PeopleFilters() {
  const { people: texts } = useTexts()
  const { filter, set } = usePeopleFilter()
  return (
    <div className={styles.filters} role="search" aria-label={texts.filters}>
      <SearchField />
      <NativeSelect
        size="sm"
        label={texts.role}
        value={filter.role ?? ''}
        onChange={(event) => set({ role: event.currentTarget.value })}
        data={[{ value: '', label: texts.any }, ...roles.map((value) => ({ value, label: texts.roles[value] }))]}
      />
      <NativeSelect
        size="sm"
        label={texts.state}
        value={filter.state ?? ''}
        onChange={(event) => set({ state: event.currentTarget.value })}
        data={[
          { value: '', label: texts.any },
          ...personStates.map((value) => ({ value, label: texts.states[value] })),
        ]}
      />
    </div>
  )
}

/** Searches when the typing pauses, without a step in the history for each letter. */
function SearchField() {
  const { people: texts } = useTexts()
  const { filter, set } = usePeopleFilter()
  const inAddress = filter.q ?? ''
  const [text, setText] = useState(inAddress)
  const sent = useRef(inAddress)

  useEffect(() => {
    if (inAddress === sent.current) return
    // The address was changed by somebody else: the back button, or a link.
    sent.current = inAddress
    setText(inAddress)
  }, [inAddress])

  useEffect(() => {
    const wanted = text.trim()
    if (wanted === sent.current) return
    const timer = window.setTimeout(() => {
      sent.current = wanted
      set({ q: wanted }, { replace: true })
    }, typingPauseMs)
    return () => window.clearTimeout(timer)
  }, [text, set])

  return (
    <TextInput
      size="sm"
      type="search"
      label={texts.search}
      placeholder={texts.searchHint}
      leftSection={<Icon name="search" size={16} />}
      maxLength={254}
      spellCheck={false}
      autoComplete="off"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  )
}
