// The languages that people are spoken to in, and which of them a request asks for.

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value)

/** @param header Accept-Language; our pages send what is chosen on them. @returns null where it names none of ours */
export function wantedLanguage(header: string | null | undefined): Language | null {
  const wanted = header?.split(',').map((entry) => entry.trim().slice(0, 2).toLowerCase())
  return wanted?.find(isLanguage) ?? null
}
