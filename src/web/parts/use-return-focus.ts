// Gives the focus back when a dialog goes that is only there while it is open.
import { useEffect } from 'react'

/** Back to what had it before; where that is gone too, to the heading of the page. */
export function useReturnFocus(): void {
  useEffect(() => {
    const before = document.activeElement
    return () => {
      const there = before instanceof HTMLElement && before !== document.body && before.isConnected
      const target = there ? before : document.querySelector<HTMLElement>('h1')
      target?.focus({ preventScroll: true })
    }
  }, [])
}
