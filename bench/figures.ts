// What benches measure with: processor time of a process, and what a row of values comes to.
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** Of one tick of the processor time that Linux counts. */
const TICK_MS = 10

/** Processor time that a process has used, all its threads, in milliseconds. */
export function cpuOf(pid: number | undefined): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold spaces.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return TICK_MS * (Number(fields[11]) + Number(fields[12]))
}

export const at = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN

export const median = (values: number[]): number => at(values, 0.5)

/** For the end of each line: nothing that was measured here means much without it. */
export const machine = (): string =>
  `${cpus().length} cores, ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`
