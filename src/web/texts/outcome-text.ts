// The words of an outcome in the language of the reader.
import type { Outcome } from '../../contract.ts'
import { inSentences } from '../../input/shown.ts'
import { fill, type OutcomeText, type OutcomeTexts } from '../../outcomes/words.ts'

interface Words {
  /** null: as the API sent them */
  outcomes: OutcomeTexts | null
}

/** The texts of `outcome`: as the API sent them, or translated, which a newer API may have outgrown. */
export function outcomeText(outcome: Outcome, { outcomes }: Words): OutcomeText {
  const translated = outcomes?.[outcome.code]
  if (!translated) return { title: outcome.title, cause: outcome.cause, fix: outcome.fix }
  const params = inSentences(outcome.params)
  const filled = (text: string) => fill(text, params, outcomes.phrases)
  return {
    title: filled(translated.title),
    cause: filled(translated.cause),
    fix: outcome.givenUp ? outcomes.givenUp[outcome.step] : filled(translated.fix),
    ...(translated.adminFix ? { adminFix: filled(translated.adminFix) } : {}),
  }
}
