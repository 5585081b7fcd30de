// The circuit breakers of this process, one per server: closed, open after faults in a row, then half-open until a trial of our own is answered.
import type { Logger } from 'pino'
import type { OpenBreaker } from '../../src/db/processes.ts'
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { OutcomeParams } from '../../src/outcomes/words.ts'
import type { Visit } from './visit.ts'

const FAULTS_IN_A_ROW = 3
/** A server that answers is not down: what a user or an identity that met its faults before meets again counts for less. */
const MET_AGAIN = 0.25
/** Each answer before lets it have one fault more, up to that: a busy server has a few in a row by chance. */
const MOST_CREDIT = 10
/** How long it is open: the first time, the second, …; after that always the longest. */
const OPEN_MS = [10_000, 30_000, 60_000, 120_000, 300_000]
const LONGEST_OPEN_MS = 600_000
const MOST_REMEMBERED = 1_000

interface Breaker {
  /** in a row: calls without an answer; answers that were faults, as far as they count */
  silent: number
  faulty: number
  /** users and identities that met those faults */
  met: Set<string>
  /** answers since it opened last */
  credit: number
  /** how often it opened since the last answer */
  opened: number
  /** when it opened last, and why */
  openedAt: number
  code: OutcomeCode
  names: OutcomeParams
  /** half-open after that; null while it is closed */
  openUntil: number | null
  /** the trial is under way */
  trying: boolean
}

/** `names`: of what the server, or something in front of it, showed */
export type Fault = { code: OutcomeCode; names?: OutcomeParams }
type Open = { openUntil: number } & Required<Fault>
/** @param code why it opened */
export type IsUp = (origin: string, code: OutcomeCode) => Promise<boolean>

const unheard = { silent: 0, faulty: 0, credit: 0, opened: 0, openedAt: -Infinity, openUntil: null, trying: false }

/**
 * Not shared between processes: one whose network is broken must not open the breakers of the others.
 * @param isUp the trial
 */
export function createBreakers(log: Pick<Logger, 'info' | 'warn'>, isUp: IsUp) {
  const breakers = new Map<string, Breaker>()

  /** Found or new, as the one heard of last: the first to be forgotten is the one not heard of for longest. */
  function hear(origin: string): Breaker {
    const breaker = breakers.get(origin) ?? { ...unheard, met: new Set(), code: 'pds_unreachable', names: {} }
    breakers.delete(origin)
    if (breakers.size >= MOST_REMEMBERED) breakers.delete(breakers.keys().next().value ?? '')
    breakers.set(origin, breaker)
    return breaker
  }

  function open(origin: string, breaker: Breaker, now: number): Open {
    const { opened, code, names } = breaker
    const openMs = Math.round((OPEN_MS[opened] ?? LONGEST_OPEN_MS) * (0.9 + Math.random() / 5))
    const openUntil = now + openMs
    Object.assign(breaker, { opened: opened + 1, openedAt: now, openUntil, credit: 0 })
    log.warn({ server: origin, reason: code, openMs }, 'breaker opened')
    return { openUntil, code, names }
  }

  function close(origin: string, breaker: Breaker): void {
    if (breaker.openUntil !== null) log.info({ server: origin }, 'breaker closed')
    Object.assign(breaker, { silent: 0, faulty: 0, met: new Set(), openUntil: null })
  }

  /** @returns null when a call may go; else it waits for `openUntil`, or where that is past for the end of the trial */
  function mustWait(origin: string, now: number): Open | null {
    const breaker = breakers.get(origin)
    if (!breaker?.openUntil || (now >= breaker.openUntil && !breaker.trying)) return null
    const { openUntil, code, names } = breaker
    return { openUntil, code, names }
  }

  return {
    mustWait,

    anyOpen: (now: number): boolean => [...breakers.keys()].some((origin) => mustWait(origin, now) !== null),

    /** Those that nobody has tried since are open still. */
    listOpen: (): OpenBreaker[] =>
      [...breakers].flatMap(([server, { openUntil }]) =>
        openUntil === null ? [] : [{ server, openUntil: new Date(openUntil) }],
      ),

    /** A call begins. Where the breaker is half-open, the trial comes first. @returns as `mustWait` */
    async enter(origin: string, now: number): Promise<Open | null> {
      const waits = mustWait(origin, now)
      const breaker = breakers.get(origin)
      if (waits || !breaker?.openUntil) return waits
      const startedAt = performance.now()
      breaker.trying = true
      const up = await isUp(origin, breaker.code).catch(() => false)
      breaker.trying = false
      if (!up) return open(origin, breaker, now + Math.ceil(performance.now() - startedAt))
      close(origin, breaker)
      return null
    },

    answered(origin: string): void {
      const breaker = hear(origin)
      close(origin, breaker)
      Object.assign(breaker, { opened: 0, credit: Math.min(breaker.credit + 1, MOST_CREDIT) })
    },

    /** @param startedAt when the call entered */
    fault({ origin, userId, identity }: Visit, { code, names = {} }: Fault, startedAt: number, now: number): void {
      const breaker = hear(origin)
      const { met, openUntil, openedAt, credit } = breaker
      // A call that began before it opened tells nothing new.
      if (openUntil !== null || startedAt < openedAt) return
      const { serverFault } = outcomes[code]
      const metAgain = serverFault === 'answered' && (met.has(userId) || met.has(identity))
      if (serverFault === 'unanswered') breaker.silent++
      else breaker.faulty += metAgain ? MET_AGAIN : 1
      met.add(userId).add(identity)
      Object.assign(breaker, { code, names })
      const many = breaker.silent >= FAULTS_IN_A_ROW || breaker.faulty >= FAULTS_IN_A_ROW + credit
      if (many) open(origin, breaker, now)
    },
  }
}
