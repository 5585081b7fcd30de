// The filter of the list as it stands in the address of the page, and as the API wants it.
import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { outcomes } from '../../outcomes/catalogue.ts'
import type { ChannelStatus, ConnectionSort } from '../../contract.ts'
import type { Filter } from '../data/admin.ts'
import { useHalfMinutes } from '../parts/time.tsx'
import { en } from '../texts/en.ts'

/** What the list shows, failures first. */
export const statuses: ChannelStatus[] = [
  'action_required',
  'failed',
  'retrying',
  'connecting',
  'verifying',
  'connected',
]
export const notConnected = 'action_required,failed,retrying'

export const periods = { hour: 3_600_000, day: 24 * 3_600_000, week: 7 * 24 * 3_600_000 } as const
export type Period = keyof typeof periods
const stepMs = 300_000

/** The orders of the list beside the usual one, failures first. */
export const sorts = ['since', '-since', 'server', 'outcome'] as const satisfies ConnectionSort[]

type Key = keyof Filter | 'period' | 'sort' | 'cursor' | 'open'
const plainKeys = ['outcome', 'fixBy', 'server', 'user', 'asked', 'unseen', 'q', 'from', 'to'] as const
const filterKeys = [...plainKeys, 'status', 'period'] as const

const isPeriod = (text: string | null): text is Period => text !== null && Object.hasOwn(periods, text)

const isSort = (text: string | null): text is ConnectionSort => sorts.some((sort) => sort === text)

const eachIn = (known: readonly string[]) => (text: string) =>
  text.split(',').every((part) => known.includes(part)) ? text : null
const upTo = (length: number) => (text: string) => (text.length <= length ? text : null)
const time = (text: string) => {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : null
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null
}

/** What the API takes of each part of the address; null for what it would refuse. */
const readers: Record<Key, (text: string) => string | null> = {
  status: (text) => (text === 'all' ? text : eachIn(statuses)(text)),
  outcome: eachIn(Object.keys(outcomes)),
  fixBy: eachIn(Object.keys(en.connections.fixByNames)),
  server: upTo(300),
  user: upTo(254),
  asked: eachIn(['true']),
  unseen: eachIn(['true']),
  q: upTo(254),
  from: time,
  to: time,
  period: (text) => (isPeriod(text) ? text : null),
  sort: (text) => (isSort(text) ? text : null),
  cursor: upTo(700),
  open: (text) => text,
}

/** An address may be cut off, typed or of another version: what nobody can read of it is left out. */
function readable(params: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams()
  for (const [key, read] of Object.entries(readers)) {
    const text = params.get(key)
    const value = text && read(text)
    if (value) result.set(key, value)
  }
  return result
}

function changed(params: URLSearchParams, change: Partial<Record<Key, string | null>>): URLSearchParams {
  const after = readable(params)
  // Another filter starts at its first page.
  if (!('cursor' in change) && !('open' in change)) after.delete('cursor')
  for (const [key, value] of Object.entries(change)) {
    if (value) after.set(key, value)
    else after.delete(key)
  }
  return after
}

/** The filter is in the address, so that it can be shared, and the back button takes it back. */
export function useFilter() {
  const [address, setParams] = useSearchParams()
  const params = useMemo(() => readable(address), [address])
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

  /** Changes parts of the address. */
  const set = (change: Partial<Record<Key, string | null>>, options: { replace?: boolean; state?: unknown } = {}) =>
    setParams((before) => changed(before, change), options)

  const sort = params.get('sort')
  return {
    filter,
    sort: isSort(sort) ? sort : null,
    params,
    set,
    isSet: filterKeys.some((key) => params.has(key)),
    clear: () => set(Object.fromEntries(filterKeys.map((key) => [key, null]))),
  }
}

/** The address of this page with parts changed, for links. */
export function withParams(params: URLSearchParams, change: Partial<Record<Key, string | null>>): string {
  const text = String(changed(params, change))
  return `/admin/connections${text ? `?${text}` : ''}`
}
