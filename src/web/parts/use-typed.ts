// What somebody types, which stands in the address of the page when the typing pauses: without a step in the history for each letter.
import { useEffect, useEffectEvent, useRef, useState } from 'react'

const typingPauseMs = 350

/**
 * @param value as it stands in the address
 * @param onPause hears of what is to stand there
 * @returns what is in the field
 */
export function useTyped(value: string, onPause: (text: string) => void) {
  const [text, setText] = useState(value)
  const sent = useRef(value)
  const pause = useEffectEvent(onPause)

  useEffect(() => {
    if (value === sent.current) return
    // The address was changed by somebody else: the back button, or a link.
    sent.current = value
    setText(value)
  }, [value])

  useEffect(() => {
    const wanted = text.trim()
    if (wanted === sent.current) return
    const timer = window.setTimeout(() => {
      sent.current = wanted
      pause(wanted)
    }, typingPauseMs)
    return () => window.clearTimeout(timer)
  }, [text])

  return [text, setText] as const
}
