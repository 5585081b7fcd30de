// What the doctor says of a thing that it looked at, and how people read it.
import { styleText } from 'node:util'

export type Health = 'ok' | 'warning' | 'failed'

export interface Examination {
  /** stable, for machines */
  id: string
  title: string
  health: Health
  found: string
  /** null where nothing is to be done */
  todo: string | null
}

export type Verdict = Pick<Examination, 'health' | 'found' | 'todo'>

export const ok = (found: string): Verdict => ({ health: 'ok', found, todo: null })
export const warning = (found: string, todo: string): Verdict => ({ health: 'warning', found, todo })
export const failed = (found: string, todo: string): Verdict => ({ health: 'failed', found, todo })

/** The worst of them. */
export function healthOfAll(all: Pick<Examination, 'health'>[]): Health {
  const has = (health: Health) => all.some((one) => one.health === health)
  if (has('failed')) return 'failed'
  return has('warning') ? 'warning' : 'ok'
}

const marks = { ok: ['green', '✓'], warning: ['yellow', '!'], failed: ['red', '✗'] } as const

/** What is to be done stands below what was found. */
export function examinationLines(all: Examination[]): string {
  const width = Math.max(...all.map(({ title }) => title.length))
  const lines = all.flatMap(({ title, health, found, todo }) => {
    const [colour, mark] = marks[health]
    const line = `${styleText(colour, mark)} ${title.padEnd(width)}  ${found}`
    return todo ? [line, `${' '.repeat(width + 4)}${styleText(colour, '→')} ${todo}`] : [line]
  })
  const count = (health: Health) => all.filter((one) => one.health === health).length
  const inWords = `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed`
  return [...lines, '', styleText(marks[healthOfAll(all)][0], inWords)].join('\n')
}
