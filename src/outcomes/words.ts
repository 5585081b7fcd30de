// Fills the texts of outcomes with the names of what they are about.

/** What the words of an outcome name: filled into the braces of its texts. */
export type OutcomeParams = Partial<
  Record<'server' | 'actualServer' | 'identifier' | 'seenHandle' | 'currentHandle' | 'reference' | 'seconds', string>
>

const nameless: OutcomeParams = {
  server: 'the server',
  actualServer: 'another server',
  currentHandle: 'something else',
  reference: 'not known',
  seconds: 'a while',
}

/** Fills the braces of a text; for a name that is not known stand other words. */
export const fill = (text: string, params: OutcomeParams): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name as keyof OutcomeParams]
    if (!value) return nameless[name as keyof OutcomeParams] ?? 'the account'
    return name === 'seconds' ? inWords(Number(value), 'en') : value.replace(/^https:\/\//, '')
  })

/** Says a number of seconds in the words of a language, the coarser the longer it is. */
export function inWords(seconds: number, locale: string): string {
  const [count, unit] = roughly(seconds)
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  }).format(count)
}

function roughly(seconds: number): [count: number, unit: string] {
  if (seconds < 120) return [seconds, 'second']
  if (seconds < 7200) return [seconds / 60, 'minute']
  return [seconds / 3600, 'hour']
}
