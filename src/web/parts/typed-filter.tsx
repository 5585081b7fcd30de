// A field of a filter that one types into: it filters when the typing pauses.
import { TextInput } from '@mantine/core'
import { Icon } from './icons.tsx'
import { useTyped } from './use-typed.ts'

interface TypedFilterProps {
  label: string
  placeholder: string
  search?: boolean
  /** as it stands in the address of the page */
  value: string
  onFilter: (text: string) => void
}

export function TypedFilter({ label, placeholder, search = false, value, onFilter }: TypedFilterProps) {
  const [text, setText] = useTyped(value, onFilter)
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
