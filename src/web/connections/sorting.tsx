// By what the list goes: the headings of its table, and a field where it shows cards.
import { NativeSelect } from '@mantine/core'
import type { ConnectionSort } from '../../contract.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'
import { sorts, useFilter } from './filter.ts'

const directions: Record<ConnectionSort, 'ascending' | 'descending'> = {
  since: 'ascending',
  '-since': 'descending',
  server: 'ascending',
  outcome: 'ascending',
}

/** One press after the other leads through its orders, and back to failures first. */
export function SortHeader({ name, orders }: { name: string; orders: ConnectionSort[] }) {
  const { connections: texts } = useTexts()
  const { sort, set } = useFilter()
  const at = sort ? orders.indexOf(sort) : -1
  const now = orders[at]
  const next = orders[at + 1] ?? null
  return (
    <th scope="col" aria-sort={now ? directions[now] : 'none'}>
      <button
        type="button"
        className={styles.sort}
        title={next ? texts.sorts[next] : texts.sortDefault}
        onClick={() => set({ sort: next })}
      >
        {name}
        {now && (
          <span className={styles.direction} data-direction={directions[now]}>
            <Icon name="chevron" size={14} />
          </span>
        )}
      </button>
    </th>
  )
}

export function SortField() {
  const { connections: texts } = useTexts()
  const { sort, set } = useFilter()
  return (
    <NativeSelect
      className={styles.sortField}
      label={texts.sort}
      value={sort ?? ''}
      onChange={(event) => set({ sort: event.currentTarget.value })}
      data={[{ value: '', label: texts.sortDefault }, ...sorts.map((value) => ({ value, label: texts.sorts[value] }))]}
    />
  )
}
