// Which servers are put aside or slow, and what went wrong last, as the logs of the processes here tell it.
import type { LogLine } from './log-lines.ts'

export interface ServerState {
  server: string
  /** processes that leave it alone, until then; empty: none does */
  putAside: { name: string; pid: number; until: Date; reason: string }[]
  /** what was answered lately */
  calls: number
  medianMs: number | null
  /** of those jobs, how many came to no good end */
  failed: number
}

export interface Trouble {
  name: string
  time: Date
  level: string
  line: LogLine
}

const LATELY_MS = 15 * 60_000
/** A call that takes longer is felt by whoever waits. */
export const SLOW_MS = 3_000

interface Answer {
  durationMs?: number
}

/** The worst first: those that are put aside, then by how long they take. @param alive the processes that run */
export function readServers(lines: LogLine[], alive: ReadonlySet<number>, now = new Date()): ServerState[] {
  const since = now.getTime() - LATELY_MS
  const byServer = new Map<string, { durations: number[]; failed: number; breakers: Map<number, LogLine> }>()
  const of = (server: string) => {
    const known = byServer.get(server) ?? { durations: [], failed: 0, breakers: new Map<number, LogLine>() }
    byServer.set(server, known)
    return known
  }
  for (const line of lines) {
    const { server, msg, pid, answer, end } = line.fields
    if (typeof server !== 'string') continue
    const isBreaker = msg === 'breaker opened' || msg === 'breaker closed'
    if (isBreaker && alive.has(Number(pid))) of(server).breakers.set(Number(pid), line)
    const took = (answer as Answer | null | undefined)?.durationMs
    if (msg !== 'job' || line.time.getTime() < since || took === undefined) continue
    of(server).durations.push(took)
    if (end === 'settled') of(server).failed++
  }
  const states = [...byServer].map(([server, { durations, failed, breakers }]): ServerState => ({
    server,
    putAside: [...breakers].flatMap(([pid, { name, time, fields }]) => {
      if (fields['msg'] !== 'breaker opened') return []
      const until = new Date(time.getTime() + Number(fields['openMs']))
      return [{ name, pid, until, reason: String(fields['reason']) }]
    }),
    calls: durations.length,
    medianMs: median(durations),
    failed,
  }))
  const heard = states.filter(({ putAside, calls }) => putAside.length > 0 || calls > 0)
  return heard.toSorted((a, b) => b.putAside.length - a.putAside.length || (b.medianMs ?? 0) - (a.medianMs ?? 0))
}

function median(numbers: number[]): number | null {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null
}

/** The newest last. */
export function readTroubles(lines: LogLine[], most: number): Trouble[] {
  const bad = lines.filter(({ fields }) => ['warn', 'error', 'fatal'].includes(String(fields['level'])))
  const newest = bad.toSorted((a, b) => a.time.getTime() - b.time.getTime()).slice(-most)
  return newest.map((line) => ({ name: line.name, time: line.time, level: String(line.fields['level']), line }))
}
