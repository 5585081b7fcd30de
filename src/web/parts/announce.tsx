// Says what changed to people who listen instead of look.
import { VisuallyHidden } from '@mantine/core'
import { useSyncExternalStore } from 'react'

let message = ''
const listeners = new Set<() => void>()

/** The same words twice in a row are said twice. */
export function announce(text: string): void {
  message = message === text ? `${text}\u00a0` : text
  listeners.forEach((listener) => listener())
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Announcements() {
  const text = useSyncExternalStore(subscribe, () => message)
  return (
    <VisuallyHidden role="status" aria-live="polite" aria-atomic="true">
      {text}
    </VisuallyHidden>
  )
}
