// A field of a filter that one types into: it filters when the typing pauses, without a step in the history for each letter.
import { TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Icon } from './icons.tsx'

const typingPauseMs = 350

interface TypedFilterProps {
  label: string
  placeholder: string
  search?: boolean
  /** as it stands in the address of the page */
  value: string
  onFilter: (text: string) => void
}

export function TypedFilter({ label, placeholder, search = false, value, onFilter }: TypedFilterProps) {
  const [text, setText] = useState(value)
  const sent = useRef(value)
  const filter = useRef(onFilter)
  useEffect(() => {
    filter.current = onFilter
  })

  useEffect(() => {
    if (value === sent.current) return
    // The address was changed by somebody else: the back button, or a link.
    sent.current = value
    setText(value)
  }, [value])

  useEffect(() => {
    const wanted = text.trim()
    if (wanted === sent.current) return
    const timer = window.setTimeout(() => {
      sent.current = wanted
      filter.current(wanted)
    }, typingPauseMs)
    return () => window.clearTimeout(timer)
  }, [text])

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
