// A sentence with a time of day in it, which shows the full date on hover.
import { Time } from '../parts/time.tsx'

const placeholder = '\u0000'

export function TimeInWords({ at, words }: { at: string; words: (time: string) => string }) {
  const [before, after] = words(placeholder).split(placeholder)
  return (
    <>
      {before}
      <Time at={at} exact />
      {after}
    </>
  )
}
