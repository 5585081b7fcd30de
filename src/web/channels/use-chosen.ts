// Which channels of a list are chosen, by mouse or by key.
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { Channel } from '../../contract.ts'

const boxesIn = (list: Element | null) => [...(list?.querySelectorAll<HTMLInputElement>('input[data-channel]') ?? [])]

/** @param visible what is not shown is not chosen: nobody acts on what they do not see */
export function useChosen(visible: Channel[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const order = useRef<string[]>([])
  const last = useRef<string | null>(null)
  useEffect(() => {
    order.current = visible.map(({ id }) => id)
  }, [visible])

  const choose = useCallback((id: string, chosen: boolean, extend: boolean) => {
    const from = order.current.indexOf(last.current ?? '')
    const to = order.current.indexOf(id)
    const range =
      extend && from >= 0 && to >= 0 ? order.current.slice(Math.min(from, to), Math.max(from, to) + 1) : [id]
    last.current = id
    setIds((before) => {
      const next = new Set(before)
      for (const one of range) {
        if (chosen) next.add(one)
        else next.delete(one)
      }
      return next
    })
  }, [])
  const chooseAll = useCallback(() => setIds(new Set(order.current)), [])
  const clear = useCallback(() => setIds(new Set()), [])

  /** Arrows go from box to box, with Shift they choose; Ctrl+A chooses all, Escape none. */
  const onKey = useCallback(
    (event: KeyboardEvent<HTMLInputElement>) => {
      const box = event.currentTarget
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step) {
        const boxes = boxesIn(box.closest('ul'))
        const next = boxes[boxes.indexOf(box) + step]
        next?.focus()
        if (event.shiftKey) for (const one of [box, next]) if (one) choose(one.dataset.channel ?? '', true, false)
      } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) chooseAll()
      else if (event.key === 'Escape') clear()
      else return
      event.preventDefault()
    },
    [choose, chooseAll, clear],
  )
  return { ids, chosen: visible.filter(({ id }) => ids.has(id)), choose, chooseAll, clear, onKey }
}
