// Which of many channels are looked at: by a part of their name, by how they stand, by a label.
import { useDeferredValue, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { Channel } from '../../contract.ts'
import { shownHandle } from '../../input/shown.ts'
import { rankOf } from '../../outcomes/ranks.ts'
import { useTyped } from '../parts/use-typed.ts'

/** As the list ranks them. */
export const standings = {
  needs: rankOf('action_required'),
  waiting: rankOf('retrying'),
  moving: rankOf('connecting'),
  connected: rankOf('connected'),
}
export type Standing = keyof typeof standings

export interface Filter {
  text: string
  standing: Standing | null
  /** empty: those without any */
  group: string | null
}

const MOST_TYPED = 254

const plain = (text: string) => text.normalize('NFKC').toLocaleLowerCase('en').trim()

function fits(channel: Channel, { text, standing, group }: Filter): boolean {
  if (standing && rankOf(channel.status) !== standings[standing]) return false
  if (group !== null && !(group === '' ? channel.groups.length === 0 : channel.groups.includes(group))) return false
  const part = plain(text).replace(/^@/, '')
  if (part === '') return true
  const { displayName, handle, identifier, did } = channel
  const names = [displayName, handle && shownHandle(handle), handle, shownHandle(identifier), identifier, did]
  return names.some((name) => name && plain(name).includes(part))
}

const isStanding = (text: string | null): text is Standing => text !== null && Object.hasOwn(standings, text)

/** An address may be typed or cut off: what it does not say is not looked for. */
function read(params: URLSearchParams): Filter {
  const standing = params.get('state')
  return {
    text: params.get('q')?.slice(0, MOST_TYPED) ?? '',
    standing: isStanding(standing) ? standing : null,
    group: params.get('group'),
  }
}

const names = { text: 'q', standing: 'state', group: 'group' } as const

/** The filter is in the address: a reload keeps it, and the back button takes it back. */
export function useFilter(channels: Channel[], isLoading: boolean) {
  const [params, setParams] = useSearchParams()
  const inAddress = useMemo(() => read(params), [params])
  const set = (change: Partial<Filter>, options: { replace?: boolean } = {}) =>
    setParams((before) => {
      const after = new URLSearchParams(before)
      for (const key of ['text', 'standing', 'group'] as const) {
        const value = change[key]
        if (value === undefined) continue
        // No label is one to look for, no text is none.
        if (value === null || (key === 'text' && value === '')) after.delete(names[key])
        else after.set(names[key], value)
      }
      return after
    }, options)
  const [text, setText] = useTyped(inAddress.text, (typed) => set({ text: typed }, { replace: true }))
  const groups = useMemo(
    () => [...new Set(channels.flatMap((channel) => channel.groups))].toSorted((a, b) => a.localeCompare(b)),
    [channels],
  )
  // The last channel of a label may have gone, and the label with it.
  const isGone = inAddress.group && !isLoading && !groups.includes(inAddress.group)
  const group = isGone ? null : inAddress.group
  const { standing } = inAddress
  // Typing comes before drawing.
  const applied = useDeferredValue(useMemo(() => ({ text, standing, group }), [text, standing, group]))
  const visible = useMemo(() => channels.filter((channel) => fits(channel, applied)), [channels, applied])
  return {
    filter: { text, standing, group },
    setText,
    set,
    clear: () => {
      setText('')
      set({ text: '', standing: null, group: null })
    },
    visible,
    groups,
  }
}
