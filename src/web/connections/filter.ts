// The filter of the list as it stands in the address of the page, and as the API wants it.
import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { Filter } from '../data/admin.ts'
import { useHalfMinutes } from '../parts/time.tsx'

export const notConnected = 'action_required,failed,retrying'

export const periods = { hour: 3_600_000, day: 24 * 3_600_000, week: 7 * 24 * 3_600_000 } as const
export type Period = keyof typeof periods
const stepMs = 300_000

type Key = keyof Filter | 'period' | 'cursor' | 'open'
const plainKeys = ['outcome', 'fixBy', 'server', 'user', 'q', 'from', 'to'] as const
const filterKeys = [...plainKeys, 'status', 'period'] as const

const isPeriod = (text: string | null): text is Period => text !== null && text in periods

/** The filter is in the address, so that it can be shared, and the back button takes it back. */
export function useFilter() {
  const [params, setParams] = useSearchParams()
  const now = useHalfMinutes()
  // In steps, so that the list is not another one every half minute.
  const steadyNow = Math.floor(now / stepMs) * stepMs

  const filter = useMemo(() => {
    const period = params.get('period')
    const status = params.get('status') ?? notConnected
    const result: Filter = status === 'all' ? {} : { status }
    for (const key of plainKeys) {
      const value = params.get(key)
      if (value) result[key] = value
    }
    if (isPeriod(period)) result.from = new Date(steadyNow - periods[period]).toISOString()
    return result
  }, [params, steadyNow])

  /** Changes parts of the address; another filter starts at its first page. */
  const set = (change: Partial<Record<Key, string | null>>, options: { replace?: boolean; state?: unknown } = {}) =>
    setParams((before) => {
      const after = new URLSearchParams(before)
      if (!('cursor' in change) && !('open' in change)) after.delete('cursor')
      for (const [key, value] of Object.entries(change)) {
        if (value) after.set(key, value)
        else after.delete(key)
      }
      return after
    }, options)

  return {
    filter,
    params,
    set,
    isSet: filterKeys.some((key) => params.has(key)),
    clear: () => set(Object.fromEntries(filterKeys.map((key) => [key, null]))),
  }
}

/** The address of this page with parts changed, for links. */
export function withParams(params: URLSearchParams, change: Partial<Record<Key, string | null>>): string {
  const after = new URLSearchParams(params)
  if (!('open' in change)) after.delete('cursor')
  for (const [key, value] of Object.entries(change)) {
    if (value) after.set(key, value)
    else after.delete(key)
  }
  const text = String(after)
  return `/admin/connections${text ? `?${text}` : ''}`
}
