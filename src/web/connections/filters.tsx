// The fields of the filter.
import { NativeSelect } from '@mantine/core'
import { outcomeCodes, outcomes } from '../../outcomes/catalogue.ts'
import { Icon } from '../parts/icons.tsx'
import { clockTime } from '../parts/time.tsx'
import { TypedFilter } from '../parts/typed-filter.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './connections.module.css'
import { useFilter } from './filter.ts'

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
      <TypedFilter
        search
        label={texts.search}
        placeholder={texts.searchHint}
        value={value('q')}
        onFilter={(q) => set({ q }, { replace: true })}
      />
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
      <TypedFilter
        label={texts.server}
        placeholder="bsky.social"
        value={value('server')}
        onFilter={(server) => set({ server }, { replace: true })}
      />
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
