// The fields that narrow the list of people.
import { NativeSelect } from '@mantine/core'
import { personStates, roles } from '../../input/account.ts'
import { TypedFilter } from '../parts/typed-filter.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './people.module.css'
import { usePeopleFilter } from './use-people-filter.ts'

export function PeopleFilters() {
  const { people: texts } = useTexts()
  const { filter, set } = usePeopleFilter()
  return (
    <div className={styles.filters} role="search" aria-label={texts.filters}>
      <TypedFilter
        search
        label={texts.search}
        placeholder={texts.searchHint}
        value={filter.q ?? ''}
        onFilter={(q) => set({ q }, { replace: true })}
      />
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
