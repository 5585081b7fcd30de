// The fields of the filter.
import { NativeSelect, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { outcomeCodes, outcomes } from '../../outcomes/catalogue.ts'
import { Icon } from '../parts/icons.tsx'
import { clockTime } from '../parts/time.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './connections.module.css'
import { useFilter } from './filter.ts'

const typingPauseMs = 350

export function Filters() {
  const { texts: all, locale, outcomes: translations } = useLanguage()
  const texts = all.connections
  const { params, set } = useFilter()
  const value = (key: string) => params.get(key) ?? ''
  const from = params.get('from')
  const causes = outcomeCodes
    .map((code) => ({
      value: code as string,
      label: (translations ?? outcomes)[code].title,
      good: outcomes[code].good,
    }))
    .filter(({ value, good }) => !good || value === params.get('outcome'))
    .toSorted((a, b) => a.label.localeCompare(b.label, locale))

  return (
    <div className={styles.filters} role="search" aria-label={texts.filters}>
      <TypedField name="q" label={texts.search} placeholder={texts.searchHint} search />
      <NativeSelect
        label={texts.outcome}
        value={value('outcome')}
        onChange={(event) => set({ outcome: event.currentTarget.value })}
        data={[{ value: '', label: texts.any }, ...causes.map(({ value, label }) => ({ value, label }))]}
      />
      <NativeSelect
        label={texts.fixBy}
        value={value('fixBy')}
        onChange={(event) => set({ fixBy: event.currentTarget.value })}
        data={[
          { value: '', label: texts.any },
          ...Object.entries(texts.fixByNames).map(([value, label]) => ({ value, label })),
        ]}
      />
      <TypedField name="server" label={texts.server} placeholder="bsky.social" />
      <NativeSelect
        label={texts.period}
        value={from ? 'from' : value('period')}
        onChange={(event) => set({ period: event.currentTarget.value, from: null, to: null })}
        data={[
          { value: '', label: texts.periodAny },
          ...(from ? [{ value: 'from', label: texts.periodFrom(clockTime(locale, new Date(from))) }] : []),
          { value: 'hour', label: texts.periodHour },
          { value: 'day', label: texts.periodDay },
          { value: 'week', label: texts.periodWeek },
        ]}
      />
      {params.get('asked') && <Chip name={texts.askedForHelp} onClear={() => set({ asked: null })} />}
      {params.get('unseen') && <Chip name={texts.unseen} onClear={() => set({ unseen: null })} />}
    </div>
  )
}

function Chip({ name, onClear }: { name: string; onClear: () => void }) {
  const { texts } = useLanguage()
  return (
    <p className={styles.chip}>
      {name}
      <button type="button" onClick={onClear} aria-label={texts.connections.clear}>
        <Icon name="close" size={15} />
      </button>
    </p>
  )
}

interface TypedProps {
  name: 'q' | 'server'
  label: string
  placeholder: string
  search?: boolean
}

/** Filters when the typing pauses, without a step in the history for each letter. */
function TypedField({ name, label, placeholder, search = false }: TypedProps) {
  const { params, set } = useFilter()
  const inAddress = params.get(name) ?? ''
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
      set({ [name]: wanted }, { replace: true })
    }, typingPauseMs)
    return () => window.clearTimeout(timer)
  }, [text, name, set])

  return (
    <TextInput
      size="sm"
      label={label}
      type={search ? 'search' : 'text'}
      placeholder={placeholder}
      value={text}
      maxLength={254}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setText(event.currentTarget.value)}
      {...(search ? { leftSection: <Icon name="search" size={16} /> } : {})}
    />
  )
}
