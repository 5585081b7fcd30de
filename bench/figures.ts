// What a measurement found, beside what is wanted: said at once, and kept for the table of `npm run bench`.
import { appendFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

export interface Figure {
  what: string
  measured: number
  unit?: string
  /** absent where it is there to compare */
  goal?: { atMost: number } | { atLeast: number }
}

/** The file that `npm run bench` reads. */
const { BENCH_FIGURES } = process.env

export function tell(figure: Figure): void {
  console.log(inWords(figure).join(': '))
  if (BENCH_FIGURES) appendFileSync(BENCH_FIGURES, `${JSON.stringify({ ...figure, load: loadavg()[0] })}\n`)
}

/** @returns what, goal, measured, and whether that is met */
export function inWords({ what, measured, unit = '', goal }: Figure): [string, string, string, string] {
  const shown = `${inDigits(measured)}${unit && ` ${unit}`}`
  if (!goal) return [what, '–', shown, '–']
  const [sign, wanted] = 'atMost' in goal ? ['≤', goal.atMost] : ['≥', goal.atLeast]
  return [what, `${sign} ${inDigits(wanted)}${unit && ` ${unit}`}`, shown, isMet(measured, goal) ? 'yes' : 'no']
}

const isMet = (measured: number, goal: NonNullable<Figure['goal']>) =>
  'atMost' in goal ? measured <= goal.atMost : measured >= goal.atLeast

const inDigits = (n: number) => n.toLocaleString('en', { maximumFractionDigits: Math.abs(n) < 10 ? 2 : 0 })

export const machine = () => `${cpus().length} cores, ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`

/** @param share of 1 */
export function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN
}
