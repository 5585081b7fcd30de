// The title of an outcome by its code. Only parts that are loaded when needed use it: the catalogue comes along.
import { outcomes, type OutcomeCode } from '../../outcomes/catalogue.ts'
import { useLanguage } from '../texts/language.tsx'

const isCode = (code: string): code is OutcomeCode => code in outcomes

export const isGood = (code: string): boolean => isCode(code) && outcomes[code].good === true

/** @returns gives the title in the reader's language; a code that these pages do not know stays as it is */
export function useOutcomeTitle(): (code: string) => string {
  const { outcomes: translations } = useLanguage()
  return (code) => (isCode(code) ? (translations ?? outcomes)[code].title : code)
}
