// How MongoDB and Redis are, in a word each: asked by a small write, told once at every change, waited for with a growing pause.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ConfigError, type Config } from './config.ts'
import type { StoreWord } from './contract.ts'
import { isOfMongodb, wordOfMongodb } from './db/fault.ts'
import { MigrationError } from './db/migrations.ts'
import { withDeadline } from './deadline.ts'
import { isOfRedis, wordOfRedis } from './redis.ts'
import { shownRedis } from './redis-url.ts'
import { withoutCredentials } from './without-credentials.ts'

export interface Store {
  readonly word: StoreWord
  /** when that began */
  readonly since: Date
  /** Calls `open` until it comes back with something. @param within throws what it threw, once that time is over */
  arrive<T>(open: () => Promise<T>, within?: number): Promise<T>
  /** From now on `probe` says how it is. @param probe a small write */
  watch(probe: () => Promise<unknown>): void
  /** Asks it, unless it was asked less than a second ago, or as is said. */
  look(freshMs?: number): Promise<StoreWord>
  /** Resolves when it is ok. */
  back(): Promise<void>
  /** Something broke off that needed it: it is asked how it is, and where it is well, that is said, once a minute. */
  report(error: unknown, message: string, fields?: object): void
  close(): void
}

export interface Stores {
  mongodb: Store
  redis: Store
  /** @param listener called whenever a word changes, or one does not come at the start @returns stop calling it */
  onChange(listener: () => void): () => void
  /** The store that an error comes from, or comes through its library. */
  of(error: unknown): Store | null
  /** As `report` of the store that the error comes from; of neither, it is said as it is, once a minute. */
  report(error: unknown, message: string, fields?: object): void
  close(): void
}

const FRESH_MS = 1_000
/** An answer that takes longer is none: who asks for /readyz waits no longer, and what is said within three seconds leans on it. */
const PROBE_MS = 2_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
/** Nobody has to ask: a store is looked at so often anyway. */
const ROUND_MS = 10_000
/** Connections come back one by one: what still breaks off by then belongs to the fault that is over. */
const ECHO_MS = 10_000
const SAID_AGAIN_MS = 60_000

const sentences: Record<StoreWord, string> = {
  ok: 'is back',
  away: 'cannot be reached',
  silent: 'does not answer',
  read_only: 'takes no writes',
  full: 'is full',
  refused: 'refuses the credentials',
  waiting: 'is not there yet: waiting for it',
}

/** What one is, in words. */
export const sentenceOf = (name: string, word: StoreWord): string => `${name} ${sentences[word]}`

type Say = (error: unknown, message: string, fields?: object) => void

export function createStores({ mongo, redis }: Pick<Config, 'mongo' | 'redis'>, log: Logger): Stores {
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const say = createSay(log)
  const told = { log, say, changed }
  const stores = {
    mongodb: createStore({ name: 'MongoDB', address: withoutCredentials(mongo.url), wordOf: wordOfMongodb }, told),
    redis: createStore({ name: 'Redis', address: shownRedis(redis.address), wordOf: wordOfRedis }, told),
  }
  const of = (error: unknown) => {
    if (!(error instanceof Error)) return null
    if (isOfMongodb(error)) return stores.mongodb
    return isOfRedis(error) ? stores.redis : null
  }
  return {
    ...stores,
    of,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    report(error, message, fields) {
      const store = of(error)
      if (store) store.report(error, message, fields)
      else say(error, message, fields)
    },
    close() {
      stores.mongodb.close()
      stores.redis.close()
    },
  }
}

/** The same once a minute at most, with how often it was. */
function createSay(log: Logger): Say {
  const said = new Map<string, { reason: string; at: number; times: number }>()
  return (error, message, fields = {}) => {
    const reason = (error as Error).message
    const now = Date.now()
    const last = said.get(message)
    if (last && last.reason === reason && now - last.at < SAID_AGAIN_MS) {
      last.times++
      return
    }
    said.set(message, { reason, at: now, times: 0 })
    log.warn({ ...fields, reason, ...(last?.times ? { timesBefore: last.times } : {}) }, message)
  }
}

interface Kind {
  name: string
  address: string
  wordOf(error: Error): StoreWord
}

interface Told {
  log: Logger
  say: Say
  changed(): void
}

function createStore({ name, address, wordOf }: Kind, { log, say, changed }: Told): Store {
  let word: StoreWord = 'waiting'
  let since = new Date()
  let faults = 0
  let saidWaiting = false
  let pauseMs = FIRST_PAUSE_MS
  let probe: (() => Promise<unknown>) | undefined
  let looking: Promise<StoreWord> | undefined
  let lookedAt = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let come = Promise.withResolvers<void>()

  function nextPause(): number {
    const pause = pauseMs
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    return pause
  }

  const told = (state: StoreWord) => ({ store: name, state, address })

  function become(next: StoreWord, reason?: string): void {
    if (next === word || closed) return
    const fields = told(next)
    const sentence = sentenceOf(name, next)
    if (next === 'ok') {
      // One that was there at once is not worth a word.
      if (faults > 0) log.info({ ...fields, was: word, forMs: Date.now() - since.getTime(), faults }, sentence)
      pauseMs = FIRST_PAUSE_MS
      faults = 0
      come.resolve()
    } else {
      log.warn({ ...fields, reason }, sentence)
      if (word === 'ok') come = Promise.withResolvers()
    }
    if (next === 'ok' || word === 'ok') since = new Date()
    word = next
    changed()
  }

  function failed(error: Error): void {
    faults++
    const next = wordOf(error)
    const notYet = word === 'waiting' && (next === 'away' || next === 'silent')
    if (!notYet) return become(next, error.message)
    if (saidWaiting) return
    saidWaiting = true
    log.warn({ ...told(word), reason: error.message }, sentenceOf(name, word))
    changed()
  }

  async function ask(): Promise<StoreWord> {
    try {
      await withDeadline(Promise.resolve(probe?.()), PROBE_MS)
      become('ok')
    } catch (error) {
      failed(error as Error)
    }
    lookedAt = Date.now()
    lookIn(word === 'ok' ? ROUND_MS : nextPause())
    return word
  }

  function lookIn(ms: number): void {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(() => void look(0), ms).unref()
  }

  function look(freshMs = FRESH_MS): Promise<StoreWord> {
    if (looking) return looking
    if (!probe || closed || Date.now() - lookedAt < freshMs) return Promise.resolve(word)
    looking = ask().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    get word() {
      return word
    },
    get since() {
      return since
    },
    async arrive(open, within = Infinity) {
      const until = Date.now() + within
      while (true) {
        try {
          const opened = await open()
          become('ok')
          return opened
        } catch (error) {
          // What is no fault of the store gets no better by waiting.
          if (
            Date.now() >= until ||
            !(error instanceof Error) ||
            error instanceof ConfigError ||
            error instanceof MigrationError
          )
            throw error
          failed(error)
          await sleep(nextPause())
        }
      }
    },
    watch(small) {
      probe = small
      lookIn(ROUND_MS)
    },
    look,
    back: () => come.promise,
    report(error, message, fields) {
      faults++
      void look(FIRST_PAUSE_MS).then((now) => {
        const isEcho = Date.now() - since.getTime() < ECHO_MS
        if (now === 'ok' && !isEcho) {
          faults = 0
          say(error, message, fields)
        }
      })
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
