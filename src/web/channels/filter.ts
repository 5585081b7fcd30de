// Which of many channels are looked at: by a part of their name, by how they stand, by a label.
import { useDeferredValue, useMemo, useState } from 'react'
import type { Channel } from '../../contract.ts'
import { shownHandle } from '../../input/shown.ts'
import { rankOf } from '../../outcomes/ranks.ts'

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

export const noFilter: Filter = { text: '', standing: null, group: null }

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

export function useFilter(channels: Channel[]) {
  const [filter, setFilter] = useState(noFilter)
  // Typing comes before drawing.
  const applied = useDeferredValue(filter)
  const visible = useMemo(() => channels.filter((channel) => fits(channel, applied)), [channels, applied])
  const groups = useMemo(
    () => [...new Set(channels.flatMap((channel) => channel.groups))].toSorted((a, b) => a.localeCompare(b)),
    [channels],
  )
  // The last channel of a label may have gone, and the label with it.
  if (filter.group && !groups.includes(filter.group)) setFilter({ ...filter, group: null })
  return { filter, setFilter, visible, groups }
}
