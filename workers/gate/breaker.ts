// The circuit breakers of this process, one per server: closed, open after faults in a row, then half-open for one trial at a time.
import type { Logger } from 'pino'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'

const FAULTS_IN_A_ROW = 3
/** How long it is open: the first time, the second, …; after that always the longest. */
const OPEN_MS = [10_000, 30_000, 60_000, 120_000, 300_000]
const LONGEST_OPEN_MS = 600_000
/** A trial that is not over by then is given up; longer than any step may take. */
const TRIAL_MS = 70_000
/** Nothing is remembered of a server longer than that after it was last heard of. */
const FORGET_MS = 3600_000
const MOST_REMEMBERED = 1_000

interface Breaker {
  /** in a row; from `FAULTS_IN_A_ROW` on the breaker is open or half-open */
  faults: number
  /** of the last fault */
  code: OutcomeCode
  at: number
  /** half-open after that; of a closed breaker the time of the last fault */
  openUntil: number
  /** when the trial began that is under way */
  trialAt: number
}

/** Not shared between processes: one whose network is broken must not open the breakers of the others. */
export function createBreakers(log: Pick<Logger, 'info' | 'warn'>) {
  const breakers = new Map<string, Breaker>()

  /** @returns null when it is closed */
  function find(origin: string, now: number): Breaker | null {
    const breaker = breakers.get(origin)
    if (breaker && now >= breaker.openUntil + FORGET_MS) breakers.delete(origin)
    else if (breaker && breaker.faults >= FAULTS_IN_A_ROW) return breaker
    return null
  }

  /** @returns null when a call may go; else it waits for `openUntil`, or where that is past for the end of the trial */
  function mustWait(origin: string, now: number): Pick<Breaker, 'openUntil' | 'code'> | null {
    const breaker = find(origin, now)
    return breaker && (now < breaker.openUntil || now - breaker.trialAt < TRIAL_MS) ? breaker : null
  }

  function fault(origin: string, code: OutcomeCode, startedAt: number, now: number): void {
    const opened = find(origin, now)
    // A call that began before it opened tells nothing new.
    if (opened && startedAt < opened.at) return
    const faults = (breakers.get(origin)?.faults ?? 0) + 1
    const ms = faults < FAULTS_IN_A_ROW ? 0 : (OPEN_MS[faults - FAULTS_IN_A_ROW] ?? LONGEST_OPEN_MS)
    const openMs = Math.round(ms * (0.9 + Math.random() / 5))
    breakers.delete(origin)
    if (breakers.size >= MOST_REMEMBERED) breakers.delete(breakers.keys().next().value ?? '')
    breakers.set(origin, { faults, code, at: now, openUntil: now + openMs, trialAt: -Infinity })
    if (openMs > 0) log.warn({ server: origin, reason: code, openMs }, 'breaker opened')
  }

  return {
    mustWait,

    anyOpen: (now: number): boolean => [...breakers.keys()].some((origin) => mustWait(origin, now) !== null),

    /** A call begins: the trial, where the breaker is half-open. @returns as `mustWait` */
    enter(origin: string, now: number): ReturnType<typeof mustWait> {
      const waits = mustWait(origin, now)
      const halfOpen = waits ? null : find(origin, now)
      if (halfOpen) halfOpen.trialAt = now
      return waits
    },

    /** @param told `nothing` when the server was not asked: a trial leaves its turn to the next @param startedAt when it entered */
    leave(origin: string, told: OutcomeCode | 'answered' | 'nothing', startedAt: number, now: number): void {
      if (told !== 'answered' && told !== 'nothing') return fault(origin, told, startedAt, now)
      const opened = find(origin, now)
      if (told === 'answered') {
        if (opened) log.info({ server: origin }, 'breaker closed')
        breakers.delete(origin)
      } else if (opened?.trialAt === startedAt) opened.trialAt = -Infinity
    },
  }
}
