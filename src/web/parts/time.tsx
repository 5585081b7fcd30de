// Times in the reader's zone and language, and clocks that tick.
import { useSyncExternalStore } from 'react'
import { useLanguage } from '../texts/language.tsx'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** One ticking clock per rate for all who look at it, so that they move together. */
function clock(everyMs: number) {
  const listeners = new Set<() => void>()
  let now = Date.now()
  let timer: number | undefined
  const tick = () => {
    now = Date.now()
    listeners.forEach((listener) => listener())
  }
  const subscribe = (listener: () => void) => {
    if (listeners.size === 0) {
      now = Date.now()
      timer = window.setInterval(tick, everyMs)
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) window.clearInterval(timer)
    }
  }
  const get = () => now
  return () => useSyncExternalStore(subscribe, get)
}

export const useSeconds = clock(1_000)
export const useHalfMinutes = clock(30_000)

export const fullTime = (locale: string, at: Date) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' }).format(at)

/** `14:05` today, else with the day. */
export function clockTime(locale: string, at: Date, now = new Date()): string {
  const sameDay = at.toDateString() === now.toDateString()
  return new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(sameDay ? {} : { day: 'numeric', month: 'short' }),
  }).format(at)
}

function ago(locale: string, at: Date, now: number, justNow: string): string {
  const pastMs = now - at.getTime()
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  if (pastMs < minuteMs) return justNow
  if (pastMs < hourMs) return relative.format(-Math.floor(pastMs / minuteMs), 'minute')
  if (pastMs < dayMs) return relative.format(-Math.floor(pastMs / hourMs), 'hour')
  if (pastMs < 7 * dayMs) return relative.format(-Math.floor(pastMs / dayMs), 'day')
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at)
}

/** How long ago, with the full date on hover. `exact` shows the time of day instead. */
export function Time({ at, exact = false }: { at: string; exact?: boolean }) {
  const { locale, texts } = useLanguage()
  const now = useHalfMinutes()
  const date = new Date(at)
  return (
    <time dateTime={at} title={fullTime(locale, date)}>
      {exact ? clockTime(locale, date) : ago(locale, date, now, texts.time.justNow)}
    </time>
  )
}

/** `4:32`, or `1:04:32`; null when the time has come. */
export function timeLeft(at: string, now: number): string | null {
  const seconds = Math.ceil((new Date(at).getTime() - now) / 1_000)
  if (seconds <= 0) return null
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** `0.4 s`, `12 s` */
export const duration = (locale: string, ms: number) =>
  ms < 100
    ? `${ms.toLocaleString(locale)} ms`
    : `${(ms / 1_000).toLocaleString(locale, { maximumFractionDigits: ms < 10_000 ? 1 : 0 })} s`
