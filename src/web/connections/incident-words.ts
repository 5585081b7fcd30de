// How long an incident lasted, and options with their values, in words.
import type { Incident } from '../../contract.ts'
import { hostOf } from '../channels/naming.ts'
import { useLanguage, useTexts } from '../texts/language.tsx'

const MINUTE_MS = 60_000

export function useLength(): (incident: Pick<Incident, 'since' | 'closedAt'>) => string {
  const { locale } = useLanguage()
  const say = (value: number, unit: 'second' | 'minute' | 'hour') =>
    Math.round(value).toLocaleString(locale, { style: 'unit', unit, unitDisplay: 'long' })
  return ({ since, closedAt }) => {
    const ms = Date.parse(closedAt ?? since) - Date.parse(since)
    if (ms < 2 * MINUTE_MS) return say(ms / 1000, 'second')
    return ms < 120 * MINUTE_MS ? say(ms / MINUTE_MS, 'minute') : say(ms / (60 * MINUTE_MS), 'hour')
  }
}

export function useOptionWords() {
  const { settings: texts } = useTexts()
  return {
    name: (option: string) => texts.optionNames[option] ?? option,
    value: (text: string) => texts.optionValues[text] ?? (hostOf(text) || texts.empty),
  }
}
