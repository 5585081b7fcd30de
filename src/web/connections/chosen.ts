// Which rows of the page are chosen: one by one, all, or from one to another.
import { useRef, useState } from 'react'

export interface Chosen {
  /** of those that are on the page, in its order */
  ids: string[]
  /** @param through with all between it and the one before */
  toggle: (id: string, through: boolean) => void
  chooseAll: (yes: boolean) => void
}

/** @param page ids of what is on it: what leaves it, to another page or status, is not acted on unseen */
export function useChosen(page: string[]): Chosen {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const last = useRef<string | null>(null)
  const toggle = (id: string, through: boolean) => {
    const [from, to] = [page.indexOf(through ? (last.current ?? id) : id), page.indexOf(id)].toSorted((a, b) => a - b)
    const range = from === undefined || from < 0 || to === undefined ? [id] : page.slice(from, to + 1)
    const after = new Set(page.filter((each) => chosen.has(each)))
    const isAdded = !after.has(id)
    for (const each of range) {
      if (isAdded) after.add(each)
      else after.delete(each)
    }
    last.current = id
    setChosen(after)
  }
  return {
    ids: page.filter((id) => chosen.has(id)),
    toggle,
    chooseAll: (yes) => setChosen(new Set(yes ? page : [])),
  }
}
