// What can be done to a channel where it is shown: begin its next step, and ask whether it is to be removed.
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { useStart } from '../data/channels.ts'
import { announce } from '../parts/announce.tsx'
import { focusTitle } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { nameOf } from './naming.ts'
import { RemoveDialog } from './remove-dialog.tsx'

export type Acts = ReturnType<typeof useActs>

/** @param place keeps the focus when the button that was pressed goes */
export function useActs(channel: Channel, place: RefObject<HTMLElement | null>) {
  const { channels: texts } = useTexts()
  const start = useStart(channel.id)
  const [refused, setRefused] = useState<{ error: Error; seen: number }>()
  /** what opened the question, and takes the focus back */
  const [removing, setRemoving] = useState<HTMLElement | null>(null)
  const name = nameOf(channel)

  const begin = (what: 'verify' | 'retry') => {
    setRefused(undefined)
    start.mutate(what, {
      onSuccess: () => announce(what === 'verify' ? texts.checking(isolated(name)) : texts.trying(isolated(name))),
      onError: (error) => setRefused({ error, seen: channel.revision }),
    })
  }
  const close = () => {
    setRemoving(null)
    removing?.focus()
  }
  return {
    begin,
    /** by a button that goes as soon as it begins */
    beginHere: (what: 'verify' | 'retry') => {
      place.current?.focus()
      begin(what)
    },
    starting: start.isPending,
    // What was refused to an earlier state says nothing of this one.
    refusal: refused?.seen === channel.revision ? refused.error : null,
    /** @param from takes the focus back */
    remove: (from: HTMLElement | null) => setRemoving(from),
    question: removing && <RemoveDialog channel={channel} onClose={close} />,
  }
}

/** The place of a channel on the page. @param takeFocus above 0: it takes the focus, again each time the number changes */
export function usePlace(takeFocus: number) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    if (takeFocus) place.current?.focus()
  }, [takeFocus])

  // The page keeps the focus when the channel goes.
  useLayoutEffect(() => {
    const here = place.current
    return () => {
      if (here?.contains(document.activeElement)) focusTitle()
    }
  }, [])
  return place
}
