// The words of an outcome in the language of the reader.
import type { OutcomeCode } from '../../bluesky/outcomes.ts'
import type { Outcome } from '../../contract.ts'

export interface OutcomeText {
  title: string
  cause: string
  fix: string
  adminFix?: string
}
export type OutcomeTexts = Record<OutcomeCode, OutcomeText>

const host = (origin: string) => origin.replace(/^https?:\/\//, '')

function fill(text: string, params: Record<string, string>, nameless: (name: string) => string): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => (params[name] ? host(params[name]) : nameless(name)))
}

/**
 * The texts of `outcome`: as the API sent them, or out of `translations`, which a newer API may have outgrown.
 * `nameless` says what stands where a name is not known.
 */
export function outcomeText(
  outcome: Outcome,
  translations: OutcomeTexts | null,
  nameless: (name: string) => string,
): OutcomeText {
  const translated = translations?.[outcome.code as OutcomeCode]
  if (!translated) return { title: outcome.title, cause: outcome.cause, fix: outcome.fix }
  const filled = (text: string) => fill(text, outcome.params, nameless)
  return {
    title: filled(translated.title),
    cause: filled(translated.cause),
    fix: filled(translated.fix),
    ...(translated.adminFix ? { adminFix: filled(translated.adminFix) } : {}),
  }
}
