// The words of an outcome in the language of the reader.
import type { OutcomeCode } from '../../outcomes/catalogue.ts'
import type { Outcome } from '../../contract.ts'
import { inWords } from '../../outcomes/words.ts'

export interface OutcomeText {
  title: string
  cause: string
  fix: string
  adminFix?: string
}
export interface OutcomeTexts extends Record<OutcomeCode, OutcomeText> {
  /** what to do where it is not tried by itself any more */
  givenUp: Record<Outcome['step'], string>
}

const host = (origin: string) => origin.replace(/^https?:\/\//, '')

interface Words {
  /** null: as the API sent them */
  outcomes: OutcomeTexts | null
  locale: string
  /** what stands where a name is not known */
  nameless: (name: string) => string
}

/** The texts of `outcome`: as the API sent them, or translated, which a newer API may have outgrown. */
export function outcomeText(outcome: Outcome, { outcomes, locale, nameless }: Words): OutcomeText {
  const translated = outcomes?.[outcome.code as OutcomeCode]
  if (!translated) return { title: outcome.title, cause: outcome.cause, fix: outcome.fix }
  const valueOf = (name: string) => {
    const value = outcome.params[name]
    if (!value) return nameless(name)
    return name === 'seconds' ? inWords(Number(value), locale) : host(value)
  }
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => valueOf(name))
  return {
    title: filled(translated.title),
    cause: filled(translated.cause),
    fix: outcome.givenUp ? outcomes.givenUp[outcome.step] : filled(translated.fix),
    ...(translated.adminFix ? { adminFix: filled(translated.adminFix) } : {}),
  }
}
