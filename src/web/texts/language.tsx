// Which language the reader gets, and the hooks that give its texts, dates and numbers.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Outcome } from '../../contract.ts'
import type { Finding, FindingWords } from '../../outcomes/findings.ts'
import { en, type Texts } from './en.ts'
import type { OutcomeText, OutcomeTexts } from '../../outcomes/words.ts'
import { outcomeText } from './outcome-text.ts'

export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

export interface Loaded {
  language: Language
  /** the language with the country of the reader, for dates and numbers */
  locale: string
  texts: Texts
  outcomes: OutcomeTexts | null
  /** null: as the API sends them */
  findings: Record<Finding, FindingWords> | null
}

interface LanguageState extends Loaded {
  choose: (language: Language) => void
}

const localeOf = (language: Language) =>
  navigator.languages.find((each) => each.toLowerCase().startsWith(`${language}-`)) ?? language

const english: Loaded = { language: 'en', locale: localeOf('en'), texts: en, outcomes: null, findings: null }
const LanguageContext = createContext<LanguageState>({ ...english, choose: () => undefined })
const storageKey = 'language'

function preferred(): Language {
  try {
    const stored = localStorage.getItem(storageKey)
    if (stored === 'en' || stored === 'de') return stored
  } catch {
    // Without storage the language of the browser decides.
  }
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
}

async function load(language: Language): Promise<Loaded> {
  if (language === 'en') return english
  const [{ de }, { deFindings, deOutcomes }] = await Promise.all([import('./de.ts'), import('../../outcomes/de.ts')])
  return { language, locale: localeOf(language), texts: de, outcomes: deOutcomes, findings: deFindings }
}

/** The texts that the reader wants, for `LanguageProvider`. Offline: English is always there. */
export const loadFirst = (): Promise<Loaded> => load(preferred()).catch(() => english)

/** Gives the texts to everything inside. */
export function LanguageProvider({ first, children }: { first: Loaded; children: ReactNode }) {
  const [wanted, setWanted] = useState(first.language)
  const [loaded, setLoaded] = useState(first)

  useEffect(() => {
    let current = true
    load(wanted).then(
      (next) => {
        if (!current) return
        document.documentElement.lang = next.language
        setLoaded(next)
      },
      // Offline: those of before stay.
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [wanted])

  const state = useMemo<LanguageState>(
    () => ({
      ...loaded,
      choose: (language) => {
        try {
          localStorage.setItem(storageKey, language)
        } catch {
          // The choice then holds for this page alone.
        }
        setWanted(language)
      },
    }),
    [loaded],
  )
  return <LanguageContext value={state}>{children}</LanguageContext>
}

export const useLanguage = () => useContext(LanguageContext)
export const useTexts = () => useContext(LanguageContext).texts

/** @returns gives the words of an outcome */
export function useOutcomeText(): (outcome: Outcome) => OutcomeText {
  const { outcomes } = useLanguage()
  return (outcome) => outcomeText(outcome, { outcomes })
}
